// The shell text that becomes process 1 of a guest. It runs in new mount, pid, host name and network namespaces, so that all
// it mounts and starts is gone the moment it ends, whatever ends it. Source of the shape: what a container runtime does.

/** Where the agent is bound inside the guest, read-only. */
export const agentPaths = { node: '/opt/eni-agent/node', bundle: '/opt/eni-agent/eni-agent.cjs' };

/** What becomes process 1: `none` sleeps for ever and reaps children, `systemd` is the tree's own. */
export type Init = 'none' | 'systemd';

/**
 * Script for `sh -c SCRIPT init TREE DISK NAME NODE BUNDLE INIT`. DISK holds `upper`, `work` and `root`; an empty BUNDLE leaves the
 * agent out. Prints `ready HOSTPID` before it becomes process 1. With INIT `systemd` it has to run in a cgroup namespace of its own
 * (cgroup.ts): systemd gets that part of the hierarchy, and nothing of the machine's.
 */
export const initScript = `set -eu
tree=$1 disk=$2 name=$3 node=$4 bundle=$5 init=$6
root=$disk/root
# /proc is still the machine's, so this is our pid as the machine sees it (a builtin reads it: no child in between).
read -r hostpid rest < /proc/self/stat
# volatile (Linux 5.10): nothing waits for the disk. dpkg and journald sync after each file, and this one does not outlive the test.
layers="lowerdir=$tree,upperdir=$disk/upper,workdir=$disk/work"
# In a user namespace (test/arm64) an overlay may not write its marks to trusted.*, and there are no nodes of its own.
read -r inside outside ids < /proc/self/uid_map
[ "$ids" = 4294967295 ] || layers=$layers,userxattr
mount -t overlay overlay -o "$layers,volatile" "$root" 2> /dev/null || mount -t overlay overlay -o "$layers" "$root"
mount -t proc proc "$root/proc"
# Only the network's own sysctls are writable: the others belong to the whole machine.
mount --bind "$root/proc/sys/net" "$disk/net"
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
mount --bind "$disk/net" "$root/proc/sys/net"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
# Nodes of its own: what an init does to their modes (systemd: /dev/console) must not reach the machine's.
while read -r device major minor; do
  if [ "$ids" = 4294967295 ]; then mknod -m 666 "$root/dev/$device" c "$major" "$minor"
  elif [ -e "/dev/$device" ]; then : > "$root/dev/$device" && mount --bind "/dev/$device" "$root/dev/$device"; fi
done << END
null 1 3
zero 1 5
full 1 7
random 1 8
urandom 1 9
tty 5 0
console 1 3
END
ln -s /proc/self/fd "$root/dev/fd"
if [ -e "$root/proc/sysrq-trigger" ]; then mount --bind "$root/dev/null" "$root/proc/sysrq-trigger"; fi
# As on a real machine: /run and /tmp do not survive a reboot. ifupdown needs /run/network (its service makes it).
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mkdir -p "$root/run/network" "$root/run/lock"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
if [ -n "$bundle" ]; then
  mkdir -p "$root/opt/eni-agent"
  : > "$root/opt/eni-agent/node"
  : > "$root/opt/eni-agent/eni-agent.cjs"
  mount --bind "$node" "$root/opt/eni-agent/node"
  mount -o remount,bind,ro "$root/opt/eni-agent/node"
  mount --bind "$bundle" "$root/opt/eni-agent/eni-agent.cjs"
  mount -o remount,bind,ro "$root/opt/eni-agent/eni-agent.cjs"
fi
if [ "$init" = systemd ]; then
  # A hierarchy of version 2, also where the machine mounts version 1: the systemd of Debian 11 to 13 takes it.
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
  mkdir "$root/dev/pts" "$root/dev/shm"
  mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts"
  ln -s pts/ptmx "$root/dev/ptmx"
  mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
fi
hostname "$name"
cd "$root"
mkdir -p run/machine
pivot_root . run/machine
echo "ready $hostpid"
exec < /dev/null > /dev/null 2>&1
umount -l /run/machine
rmdir /run/machine
if [ "$init" = systemd ]; then
  # What a virtual machine could not do to its host either: load modules, set the clock, read the kernel's log.
  exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin container=eni-agent-lab \
    setpriv --bounding-set -sys_module,-sys_time,-sys_rawio,-syslog,-wake_alarm,-audit_control,-audit_read /lib/systemd/systemd
fi
exec /bin/sh -c 'trap "exit 0" TERM; while :; do sleep 3600 & wait $!; done'
`;
