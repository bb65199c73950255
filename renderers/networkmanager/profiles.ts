// Which keyfiles NetworkManager loads as profiles, and which of them count. Source: nm_keyfile_utils_ignore_filename, nms-keyfile-plugin.c
// and nms-keyfile-storage.c of NetworkManager 1.10 to 1.58. Reads facts.files only.
import type { HostFacts } from '../../agent/model/host.ts';
import { oncePer } from '../../agent/model/value.ts';
import { type Keyfile, readKeyfile, stringOf } from './read-keyfile.ts';

export interface Profile {
  readonly path: string;
  readonly text: string;
  readonly keyfile: Keyfile;
}

/** The folders, the most important one first: a profile in memory (/run) stands before the file that it was made of. */
const folders = ['/run', '/etc', '/usr/lib'].map(root => `${root}/NetworkManager/system-connections`);

interface Stored extends Profile {
  /** Which profile it is: its UUID, not its name. */
  readonly id: string;
  readonly rank: number;
  /** `UUID.nmmeta`, a link to /dev/null: the profile of that UUID was deleted, and the file of the package stays. */
  readonly isTombstone: boolean;
}

/** The profiles that count. Of several files with one UUID in one folder the newest does, which is not known here: all of them. */
export function effectiveProfiles({ files }: HostFacts): readonly Profile[] {
  return profilesIn(files);
}

const profilesIn = oncePer((files: HostFacts['files']): readonly Profile[] => {
  const stored = Object.entries(files).flatMap(([path, text]) => storedAs(path, text) ?? []);
  return stored.filter(one => {
    if (one.isTombstone) return false;
    return !stored.some(
      other =>
        other.id === one.id && (other.rank < one.rank || (other.rank === one.rank && other.isTombstone)),
    );
  });
});

function storedAs(path: string, text: string): Stored | undefined {
  const rank = folders.findIndex(folder => path.startsWith(`${folder}/`));
  if (rank < 0) return undefined;
  const name = path.slice(folders[rank]!.length + 1);
  const dead = /^([0-9a-f-]{36})\.nmmeta$/.exec(name)?.[1];
  if (dead !== undefined) {
    // Empty: what is read by way of a link to /dev/null.
    const isTombstone = rank < 2 && (text === '' || /^loaded-path=\/dev\/null$/m.test(text));
    const none = { path, text, keyfile: new Map(), id: dead, rank };
    return isTombstone ? { ...none, isTombstone } : undefined;
  }
  if (isIgnored(name, folders[rank]!)) return undefined;
  const keyfile = readKeyfile(text);
  // Without a UUID it is made of the name, as if the file were in /etc.
  const id = stringOf(keyfile.get('connection')?.get('uuid'))?.toLowerCase() ?? `name ${name}`;
  return { path, text, keyfile, id, rank, isTombstone: false };
}

/**
 * In /etc any name is one of a profile, also `eth1.nmconnection.bak`, `.rpmsave` and `.old`; not the temporary files of mkstemp, so that
 * `.rpmnew` and `.backup` are passed over by the number of their letters. Elsewhere the extension decides. Hidden files are not in the facts.
 */
function isIgnored(name: string, folder: string): boolean {
  if (folder !== folders[1]) return !/.\.nmconnection$/.test(name);
  return name.endsWith('~') || /\.[a-zA-Z0-9]{6}$/.test(name) || /.\.(pem|der)$/i.test(name);
}

/**
 * "Wired connection N": what NetworkManager makes up by itself for a NIC without a profile, in /run and with this key (1.42, 1.52). It
 * has the lowest priority and goes when ours takes the link.
 */
export function isGenerated(text: string): boolean {
  return /^nm-generated=true$/m.test(text);
}
