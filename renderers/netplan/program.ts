// Which program of netplan makes networkd's files out of YAML on this machine.
import type { HostFacts } from '../../agent/model/host.ts';
import { versionAtLeast } from '../formats/version-order.ts';

/** netplan 1.2 and later. Its `generate` is a systemd generator only: with --root-dir it aborts (exit 134 in a shell) and writes nothing. */
const configure = '/usr/libexec/netplan/configure';
/** 0.106 to 1.1. */
const generate = '/usr/libexec/netplan/generate';
/** Before 0.106. */
const oldGenerate = '/lib/netplan/generate';

/** All that are looked for. The one that is there decides, not the version: a distribution may take the split into an older one. */
export const netplanPrograms = [configure, generate, '/usr/lib/netplan/generate', oldGenerate] as const;

/**
 * The program that reads YAML below `--root-dir DIR` and writes DIR/run/systemd/network, and nothing else. Where none of them was seen (an
 * image that is not booted), the one that this version has. netplan 1.2 split the generator in two:
 * https://github.com/canonical/netplan/pull/552
 */
export function netplanProgram({ paths, versions }: Pick<HostFacts, 'paths' | 'versions'>): string {
  return netplanPrograms.find(path => paths.includes(path)) ?? netplanProgramsOf(versions.netplan)[0];
}

/** What a version installs; the one that is to be called comes first. Of an unknown one, what most systems have. */
export function netplanProgramsOf(version: string | undefined): readonly [string, ...string[]] {
  if (versionAtLeast(version, '0.106') === false) return [oldGenerate];
  return versionAtLeast(version, '1.2') === true ? [configure, generate] : [generate];
}
