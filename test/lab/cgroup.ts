// A cgroup of its own for a guest that runs systemd: systemd wants a hierarchy that it may write, and must not see the machine's.
// The machine's mounts are not used: the hierarchy is mounted in a private mount namespace for the moment in which it is needed.
import { spawnSync } from 'node:child_process';

/** Mounts the hierarchy (version 2 has only one) in a mount namespace that ends with the command. */
function withHierarchy(script: string, ...args: readonly string[]): readonly string[] {
  const mount =
    'set -eu\nmount -t tmpfs tmpfs /mnt\nmkdir /mnt/cgroup\nmount -t cgroup2 cgroup2 /mnt/cgroup\n';
  return ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', mount + script, 'cgroup', ...args];
}

/** The command line that runs `argv` in the new cgroup `name`, as the root of a cgroup namespace. */
export function inCgroup(name: string, argv: readonly string[]): readonly string[] {
  // 0 is the writing process. The namespace's root is the cgroup in which its first process is.
  const script = `mkdir /mnt/cgroup/$1
echo 0 > /mnt/cgroup/$1/cgroup.procs
umount -l /mnt
shift
exec unshare --cgroup "$@"`;
  return withHierarchy(script, name, ...argv);
}

/** Removes the cgroups that begin with `prefix` and their children; those with living processes stay. */
export function removeCgroups(prefix: string): void {
  const script =
    'find /mnt/cgroup -depth -mindepth 1 -type d -path "/mnt/cgroup/$1*" -exec rmdir {} + 2> /dev/null || :';
  spawnSync('unshare', withHierarchy(script, prefix).slice(1), { timeout: 5000 });
}

/** Names of the cgroups of the lab that begin with `prefix`. */
export function listCgroups(prefix: string): readonly string[] {
  const script = 'cd /mnt/cgroup && ls -d "$1"* 2> /dev/null || :';
  const { stdout } = spawnSync('unshare', withHierarchy(script, prefix).slice(1), {
    timeout: 5000,
    encoding: 'utf8',
  });
  return (stdout ?? '').split('\n').filter(line => line !== '');
}
