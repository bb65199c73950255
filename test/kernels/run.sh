#!/bin/sh
# `npm run kernels`: the lab on the kernels of other Debian releases, in QEMU. See --help.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root" || exit 1
. test/setup.sh
. test/vm/image.sh
. test/kernels/image.sh

# What a kernel decides: the look-ups of the routing scheme, every kind of packet, and a life of a machine.
usual='routing-kernel traffic-networkd networkd/bookworm/static'

usage() {
  cat << TEXT
Usage: npm run kernels [-- [KERNEL...] [--test NAME]... [--minutes N]]

The lab of this project on other kernels than this machine's: each boots in QEMU with an emulated processor (TCG; no
KVM is needed) and runs the tests there, one kernel after the other, on a userland that is the same for all. The VM
has no network device, and its clock does not run while the processor of this machine is busy with something else.
Needs root on Debian (x86_64), 4 GB of memory, and up to 25 minutes for each kernel.

  KERNEL           a Debian release, whose cloud kernel is taken in the version that the mirror has:
                   $(kernel_names | xargs)
                   (unless told: $(default_kernels | xargs))
  --test NAME      test files of the lab and columns of the matrix whose name contains it, in the place of
                   $usual
  --minutes N      after which a VM is ended (60)
  --help           this text

Environment
  MATRIX_CYCLES      cycles of attach, change and detach in a column (3)
  TRAFFIC_MACHINES   which machines of the traffic tests (exclusive): $(sed -n "s/^  machine('\([a-z]*\)'.*/\1/p; /^  machine($/{n;s/^ *'\([a-z]*\)',$/\1/p}" test/lab/traffic/machines.ts | xargs)
  ENI_AGENT_CACHE    folder for the disks, 1 GB (default: ~/.cache/eni-agent)
TEXT
}

wanted=
picks=
minutes=60
machines=${TRAFFIC_MACHINES:-exclusive}
cycles=${MATRIX_CYCLES:-3}
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage && exit 0 ;;
    --test)
      case ${2:-} in
        '' | *[!A-Za-z0-9./_-]*) echo "no test has a name like \"${2:-}\"" >&2 && exit 64 ;;
      esac
      picks="$picks $2"
      shift
      ;;
    --minutes)
      case ${2:-} in
        '' | 0* | *[!0-9]*) echo "--minutes is \"${2:-}\": a number, please" >&2 && exit 64 ;;
      esac
      minutes=$2
      shift
      ;;
    -*) echo "unknown option $1" >&2 && usage >&2 && exit 64 ;;
    *)
      if ! kernel_names | grep -qxF -- "$1"; then
        echo "no kernel is called \"$1\"; there are: $(kernel_names | xargs)" >&2 && exit 64
      fi
      wanted="$wanted $1"
      ;;
  esac
  shift
done
case $machines in
  *[!a-z\ ]*) echo "TRAFFIC_MACHINES is \"$machines\": names of machines, please" >&2 && exit 64 ;;
esac
case $cycles in
  '' | *[!0-9]*) echo "MATRIX_CYCLES is \"$cycles\": a number, please" >&2 && exit 64 ;;
esac
wanted=${wanted:-$(default_kernels | tr '\n' ' ')}
picks=$(echo "${picks:-$usual}" | xargs)

# boot KERNEL: runs the tests on it, shows what they say as they say it, and leaves their results in $scratch/vm-KERNEL.
boot() {
  out=$scratch/vm-$1
  mkdir "$out"
  truncate -s 16M "$out/disk"
  boots=$kernels/$1
  set -- -drive "if=virtio,format=raw,readonly=on,file=$kernels/userland.ext4" -drive "if=virtio,format=raw,file=$out/disk"
  for disk in "$boots/modules.ext4" "$scratch"/*.ext4; do
    set -- "$@" -drive "if=virtio,format=raw,readonly=on,file=$disk"
  done
  # -icount: the clock counts instructions, so that nothing is late because it is emulated; sleep=off: where nothing is to be done it leaps to the next
  # timer, so that waiting costs nothing. Nehalem, mitigations: as in test/vm/qemu.ts. tsc=reliable: with -icount it is.
  timeout --foreground "${minutes}m" qemu-system-x86_64 -nodefaults -no-user-config -display none -M q35 -nic none -no-reboot \
    -accel tcg,thread=single,tb-size=512 -icount shift=0,sleep=off -cpu Nehalem -smp 1 -m 3072 "$@" -device virtio-rng-pci \
    -kernel "$boots/vmlinux" -initrd "$boots/initrd" -append 'root=/dev/vda ro console=ttyS0 panic=-1 quiet mitigations=off tsc=reliable' \
    -chardev stdio,id=console,signal=off -serial chardev:console < /dev/null 2>&1 | sed -u 's/\r$//'
  tar -C "$out" -xf "$out/disk" 2> /dev/null
  rm -f "$out/disk"
  [ -e "$out/code" ] || echo "the VM ended before its tests did"
}

make_scratch
setup_node || exit 1
obstacle=$(lab_obstacle vm)
[ -n "$obstacle" ] || obstacle=$(vm_obstacle)
if [ -n "$obstacle" ]; then
  echo "no kernel can be tried here: $obstacle" >&2
  exit 1
fi
n_lab=0 n_matrix=0 trees='' formats='' groups=''
# shellcheck disable=SC2086 # a list of words
variables=$(node test/needs/set-up.ts every lab,matrix $picks) || exit 1
eval "$variables"
if [ $((n_lab + n_matrix)) -eq 0 ]; then
  echo "no test of the lab and no column of the matrix has such a name: $picks" >&2
  exit 64
fi
if [ -n "$formats$groups$promtool" ]; then
  echo "the VM has the programs of the lab only; these tests need more: $formats $groups $promtool" >&2
  exit 64
fi
# shellcheck disable=SC2086 # lists of words
setup_packages lab vm && setup_trees $trees && setup_bundle && setup_kernels $wanted || exit 1
quietly "mke2fs: the disks of the checkout and of the guests" project_disk "$picks" "$trees" || exit 1

failed=0
report=
for kernel in $wanted; do
  version=$(cat "$kernels/$kernel/version")
  begun=$(date +%s)
  say "$kernel: $version boots"
  boot "$kernel"
  result=$scratch/vm-$kernel/result.json
  # Without a result file (the VM has ended before) it is one failure.
  counts=$(node test/results.ts counts "$result" 2> /dev/null) || counts="0 1"
  [ ! -e "$result" ] || node test/results.ts summary "$result"
  # A run whose tests have all passed and that ends with an error is none.
  code=$(cat "$scratch/vm-$kernel/code" 2> /dev/null) || code=none
  if [ "$code" != 0 ] && [ "${counts#* }" = 0 ]; then counts="${counts% *} 1"; fi
  [ ! -e "$scratch/vm-$kernel/failures.txt" ] || cat "$scratch/vm-$kernel/failures.txt"
  failed=$((failed + ${counts#* }))
  report="$report$kernel ($version): ${counts% *} passed, ${counts#* } failed, $((($(date +%s) - begun) / 60)) minutes
"
done
say "done"
printf '%s' "$report"
[ "$failed" -eq 0 ]
