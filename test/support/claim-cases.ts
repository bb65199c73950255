// Host states and the question whose a link is. Files are put on a small disk and read as the agent reads them, so that a file which nobody
// looks into is found out as well.
import { readFileSync } from 'node:fs';
import { parseMac } from '../../agent/model/address.ts';
import type { BackendName, HostFacts } from '../../agent/model/host.ts';
import type { LinkIdentity } from '../../agent/model/link-identity.ts';
import { readAllNetworkFiles } from '../../agent/system/facts/files.ts';
import { selectBackend } from '../../renderers/detect/select.ts';
import { renderers } from '../../renderers/registry.ts';
import type { Claim } from '../../renderers/renderer.ts';
import { smallHost } from '../unit/hosts/small-host.ts';
import { runCli } from './cli-machine.ts';

export interface ClaimCase {
  readonly name: string;
  /** Beside the files of the host, or instead of them. */
  readonly files: Readonly<Record<string, string>>;
  /** What is else of the link than its name and its MAC. */
  readonly link?: Partial<LinkIdentity>;
  readonly facts?: Partial<HostFacts>;
  /** `claimed`: somebody configures it. `image`: only a catch-all of the image does. `free`: nobody does. */
  readonly expect: 'claimed' | 'free' | 'image';
  /** `PATH` or `PATH:LINE` of the first claim. */
  readonly at?: string;
}

export const caseMac = parseMac('00:16:3e:00:00:02')!;

/** @param host name of a file in test/fixtures/hosts, whose facts are the rest of the machine */
export async function claimsIn(host: string, name: string, one: ClaimCase): Promise<readonly Claim[]> {
  const fixture = new URL(`../fixtures/hosts/${host}.json`, import.meta.url);
  const { facts } = JSON.parse(readFileSync(fixture, 'utf8')) as { facts: HostFacts };
  const { files, unread } = await readAllNetworkFiles(smallHost({ ...facts.files, ...one.files }).system);
  const machine = { ...facts, ...one.facts, files, unreadFiles: unread };
  const { backend } = selectBackend(machine);
  if (backend === undefined) throw new Error(`${host} has no backend`);
  const link: LinkIdentity = {
    name,
    altNames: [],
    mac: caseMac,
    permanentMac: caseMac,
    driver: undefined,
    kind: undefined,
    properties: undefined,
    ...one.link,
  };
  return renderers[backend].claims(link, machine);
}

/** What the claims come to, in the words of a case. */
export function verdict(claims: readonly Claim[]): ClaimCase['expect'] {
  if (claims.length === 0) return 'free';
  return claims.every(claim => claim.of === 'image') ? 'image' : 'claimed';
}

export function place({ path, line }: Claim): string {
  return line === undefined ? path : `${path}:${line}`;
}

/** The same case as a person would ask it of a mounted image: `eni-agent owner LINK --root /mnt --backend NAME --mac MAC --json`. */
export async function ownerBelow(backend: BackendName, name: string, one: ClaimCase): Promise<string> {
  const files = Object.entries(one.files).map(([path, text]) => [`/mnt${path}`, text] as const);
  const words = ['owner', name, '--root', '/mnt', '--backend', backend, '--mac', caseMac, '--json'];
  const { out, err } = await runCli(
    words,
    { '/mnt/etc/os-release': '', ...Object.fromEntries(files) },
    false,
  );
  if (err !== '') throw new Error(err);
  const { owner } = JSON.parse(out) as { owner: string };
  return owner === 'other' ? 'claimed' : owner === 'none' ? 'free' : owner;
}
