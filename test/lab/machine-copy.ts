// A throw-away copy of this machine's own root: its programs, with changes that go to memory and vanish with the command. For tools whose
// effect on a system is wanted but not on this one. No network: a network namespace of its own, without any link.
import { type RunOptions, run } from './command.ts';

// An overlay may not have its upper layer inside its lower one, which is everything here: so that is a tmpfs.
const script = `set -eu
copy=$1 command=$2
mount -t tmpfs tmpfs "$copy"
mkdir "$copy/upper" "$copy/work" "$copy/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$copy/upper,workdir=$copy/work" "$copy/root"
mount -t proc proc "$copy/root/proc"
mount --bind /dev "$copy/root/dev"
mount -t tmpfs tmpfs "$copy/root/run"
[ -z "$3" ] || { mkdir -p "$copy/root/srv/shared"; mount --bind "$3" "$copy/root/srv/shared"; }
exec chroot "$copy/root" sh -euc "$command"`;

/**
 * Runs a shell text in such a copy. `folder` is an empty folder to mount it on; `shared`, if given, is a folder of the machine that it sees, and
 * can write to, as /srv/shared. Never throws for an exit code.
 */
export function runInCopy(folder: string, command: string, shared = '', options: RunOptions = {}) {
  const namespaces = [
    'unshare',
    '--mount',
    '--net',
    '--pid',
    '--fork',
    '--kill-child',
    '--propagation',
    'private',
  ];
  return run([...namespaces, 'sh', '-c', script, 'copy', folder, command, shared], options);
}
