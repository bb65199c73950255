// The disk that a cloud gives a new VM: cloud-init's NoCloud data, on an ISO labelled `cidata`. The packages that the test installs lie on it
// too, so that no network is needed for them.
// https://docs.cloud-init.io/en/latest/reference/datasources/nocloud.html
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { runOk } from '../lab/command.ts';

export interface Seed {
  /** Text of user-data; an empty #cloud-config unless told. */
  readonly userData?: string;
  /** Files to put beside it. */
  readonly files?: readonly string[];
  /** More files, by name. */
  readonly texts?: Readonly<Record<string, string>>;
}

export async function makeSeed(
  iso: string,
  { userData = '#cloud-config\n{}\n', files = [], texts = {} }: Seed,
): Promise<void> {
  const folder = `${iso}.d`;
  mkdirSync(folder);
  writeFileSync(join(folder, 'user-data'), userData);
  writeFileSync(join(folder, 'meta-data'), 'instance-id: i-0lab0000000000001\nlocal-hostname: vm\n');
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text);
  for (const file of files) copyFileSync(file, join(folder, basename(file)));
  await runOk(['genisoimage', '-quiet', '-V', 'cidata', '-J', '-r', '-o', iso, folder]);
  rmSync(folder, { recursive: true });
}
