// By what services can recognise a link of the running machine: what the kernel told, and what udev knows of it beside.
import type { KernelLink } from '../../model/kernel-state.ts';
import type { LinkIdentity } from '../../model/link-identity.ts';
import type { System } from '../system.ts';
import { readQuietly } from './probes.ts';

export async function identifyLink(system: System, link: KernelLink): Promise<LinkIdentity> {
  const { name, altNames, mac, driver, kind } = link;
  // sd-device(3): the record of a network link by its index. Its lines `E:KEY=VALUE` are the properties.
  const record = await readQuietly(system, `/run/udev/data/n${link.index}`);
  return {
    name,
    altNames,
    mac,
    permanentMac: link.permanentMac ?? mac,
    driver,
    kind,
    properties: record === undefined ? undefined : parseUdevRecord(record),
  };
}

export function parseUdevRecord(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...text.matchAll(/^E:([^=\n]+)=(.*)$/gm)].map(([, key = '', value = '']) => [key, value]),
  );
}
