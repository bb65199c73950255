// Name and version of the distribution, for messages and for nothing else: what a backend can do is decided by the
// versions of its tools. Format: os-release(5); CentOS 6 and SLES 11 are older than it and have a file of their own.
import type { HostFacts } from '../../model/host.ts';
import type { System } from '../system.ts';
import { readQuietly } from './probes.ts';

type Os = HostFacts['os'];

const nothing: Os = { id: '', versionId: '', prettyName: '' };

/** Reads the first of the known files that exists; empty strings if there is none. */
export async function readOs(system: System): Promise<Os> {
  for (const path of ['/etc/os-release', '/usr/lib/os-release']) {
    const text = await readQuietly(system, path);
    if (text !== undefined) return parseOsRelease(text);
  }
  // CentOS / RHEL 6 (`CentOS release 6.10 (Final)`) and Amazon Linux 1 have only this one.
  const redhat = await readQuietly(system, '/etc/redhat-release');
  if (redhat !== undefined) return parseRedhatRelease(redhat);
  // SLES 11: `VERSION = 11` and `PATCHLEVEL = 4` below the name.
  const suse = await readQuietly(system, '/etc/SuSE-release');
  return suse === undefined ? nothing : parseSuseRelease(suse);
}

/** Parses os-release(5): shell assignments; quotes are taken off, nothing is expanded. */
export function parseOsRelease(text: string): Os {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^\s*([A-Z_]+)=(?:"([^"]*)"|'([^']*)'|(\S*))\s*$/.exec(line);
    if (match?.[1] !== undefined) values.set(match[1], match[2] ?? match[3] ?? match[4] ?? '');
  }
  return {
    id: word(values.get('ID')),
    versionId: word(values.get('VERSION_ID')),
    prettyName: printable(values.get('PRETTY_NAME')),
  };
}

function parseRedhatRelease(text: string): Os {
  const line = printable(text.split('\n')[0]);
  return {
    id: /^red hat/i.test(line) ? 'rhel' : word(line.split(' ')[0]?.toLowerCase()),
    versionId: /release (\d+(?:\.\d+)*)/.exec(line)?.[1] ?? '',
    prettyName: line,
  };
}

function parseSuseRelease(text: string): Os {
  const version = /^VERSION\s*=\s*(\d+(?:\.\d+)?)/m.exec(text)?.[1] ?? '';
  const patchLevel = /^PATCHLEVEL\s*=\s*(\d+)/m.exec(text)?.[1];
  const name = printable(text.split('\n')[0]);
  return {
    id: /enterprise/i.test(name) ? 'sles' : 'opensuse',
    versionId: patchLevel === undefined ? version : `${version}.${patchLevel}`,
    prettyName: name,
  };
}

function word(text: string | undefined): string {
  return /^[A-Za-z0-9._-]{1,64}$/.test(text ?? '') ? (text ?? '') : '';
}

function printable(text: string | undefined): string {
  return (text ?? '')
    .replace(/[\u0000-\u001f\u007f]/g, ' ')
    .trim()
    .slice(0, 128);
}
