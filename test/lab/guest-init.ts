// The shell text that becomes process 1 of a guest. It runs in new mount, pid, host name and network namespaces, so that all
// it mounts and starts is gone the moment it ends, whatever ends it. Source of the shape: what a container runtime does.

/** Where the agent is bound inside the guest, read-only. */
export const agentPaths = { node: '/opt/eni-agent/node', bundle: '/opt/eni-agent/eni-agent.cjs' };

/**
 * Script for `sh -c SCRIPT init TREE DISK NAME NODE BUNDLE`. DISK holds `upper`, `work` and `root`; an empty BUNDLE leaves the
 * agent out. Prints `ready HOSTPID` and then sleeps for ever, reaping children.
 */
export const initScript = `set -eu
tree=$1 disk=$2 name=$3 node=$4 bundle=$5
root=$disk/root
# /proc is still the machine's, so this is our pid as the machine sees it (a builtin reads it: no child in between).
read -r hostpid rest < /proc/self/stat
mount -t overlay overlay -o "lowerdir=$tree,upperdir=$disk/upper,workdir=$disk/work" "$root"
mount -t proc proc "$root/proc"
# Only the network's own sysctls are writable: the others belong to the whole machine.
mount --bind "$root/proc/sys/net" "$disk/net"
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
mount --bind "$disk/net" "$root/proc/sys/net"
if [ -e "$root/proc/sysrq-trigger" ]; then mount --bind /dev/null "$root/proc/sysrq-trigger"; fi
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in null zero full random urandom tty; do
  : > "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
ln -s /proc/self/fd "$root/dev/fd"
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
hostname "$name"
cd "$root"
mkdir -p run/machine
pivot_root . run/machine
echo "ready $hostpid"
exec < /dev/null > /dev/null 2>&1
umount -l /run/machine
rmdir /run/machine
exec /bin/sh -c 'trap "exit 0" TERM; while :; do sleep 3600 & wait $!; done'
`;
