# enter.sh NETWORK QEMU COMMAND...: what `emulated` (set-up.sh) starts in a user namespace: makes the other namespaces, and registers QEMU there.
# Once the ids of the user namespace are mapped, each program that is started is root in it, with all rights.
set -eu
if [ "$1" = inside ]; then
  network=$2 qemu=$3
  shift 3
  # A binfmt_misc of this user namespace (Linux 6.7): the machine's has nothing of it.
  mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
  # ELF of 64 bits, little-endian, a program or a shared object, for the processor 183. F: the interpreter is opened now, so that it works in
  # each root tree; P: a program learns by which name it was started.
  [ -z "$qemu" ] || printf '%s' \
    ':arm64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:'"$qemu:PF" \
    > /proc/sys/fs/binfmt_misc/register
  if [ "$network" = none ]; then
    # Names of network namespaces, and what a guest writes: they go with the namespaces.
    mount -t tmpfs -o mode=755 tmpfs /run
    mount -t tmpfs -o mode=1777 tmpfs "$TMPDIR"
  fi
  exec "$@"
fi
tries=0
until read -r mapped < /proc/self/uid_map; do
  tries=$((tries + 1))
  [ $tries -lt 100 ]
  sleep 0.05
done
more=
[ "$1" = host ] || more='--net --ipc --uts'
# The shell that waits for this may be killed: then the kernel kills unshare(1), its child, and with that all processes of the namespace.
# shellcheck disable=SC2086 # a list of words
exec setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --mount-proc $more sh "$0" inside "$@"
