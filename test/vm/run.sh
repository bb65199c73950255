#!/bin/sh
# `npm run vm`: the package on real machines, in QEMU. See --help.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root" || exit 1
. test/setup.sh
. test/vm/image.sh

usage() {
  cat << TEXT
Usage: npm run vm [-- [STORY...] [--power-cuts N] [--seed N]]

The package on virtual machines with an emulated processor (QEMU with TCG; no KVM is needed), in a VPC of network
namespaces; nothing of this machine's own network is touched. Two machines at a time; some 35 minutes on two idle
processors, half of them for 20 power cuts. Needs root on Debian (x86_64) and 3 GB of memory.

A STORY is a part of a name, e.g. trixie; all of them unless told:

  story-bookworm-netplan    from apt install over hot-plug, reboot and upgrade to purge: Debian 12, netplan
  story-bookworm-ifupdown   the same with ifupdown
  story-trixie-netplan      the same with Debian 13
  user-data                 cloud-init installs the package at the first boot
  power-cut-ifupdown        the machine loses its power in the middle of an apply, boots and converges
  power-cut-netplan         the same with Debian 13 and netplan

  --power-cuts N   cuts in all (20); 0 leaves them out
  --seed N         of the moments of the cuts, as a run that failed has printed it
  --help           this text

Environment
  ENI_AGENT_PACKAGES   folder with the deb to install, instead of building it
  ENI_AGENT_CACHE      folder for the images, 1 GB each (default: ~/.cache/eni-agent)
TEXT
}

stories=
picks=
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage && exit 0 ;;
    --power-cuts | --seed)
      case ${2:-} in
        '' | *[!0-9]*) echo "$1 is \"${2:-}\": a number, please" >&2 && exit 64 ;;
      esac
      if [ "$1" = --seed ]; then export VM_SEED="$2"; else export VM_POWER_CUTS="$2"; fi
      shift
      ;;
    -*) echo "unknown option $1" >&2 && usage >&2 && exit 64 ;;
    *)
      if ! find test/vm -name '*.test.ts' | grep -qF -- "$1"; then
        echo "no story is called \"$1\"" >&2 && usage >&2 && exit 64
      fi
      stories="$stories $1"
      ;;
  esac
  shift
done

make_scratch
setup_node || exit 1
obstacle=$(lab_obstacle vm packaging)
[ -n "$obstacle" ] || obstacle=$(vm_obstacle)
if [ -n "$obstacle" ]; then
  echo "the VM test cannot run here: $obstacle" >&2
  exit 1
fi
# Test files whose name contains one of the words; all of them unless told.
# shellcheck disable=SC2086 # a list of words
for story in ${stories:-test/vm/}; do
  picks="$picks $(find test/vm -name '*.test.ts' | grep -F -- "$story" | tr '\n' ' ')"
done
# shellcheck disable=SC2086 # a list of words
variables=$(node test/needs/set-up.ts every vm $picks) || exit 1
eval "$variables"
# shellcheck disable=SC2154,SC2086 # images is one of the variables, a list of words
setup_vm $images || exit 1
if [ -z "${ENI_AGENT_PACKAGES:-}" ]; then
  ENI_AGENT_PACKAGES=$root/dist/packages
  quietly "npm run package: deb" sh packaging/run.sh --format deb --variant plain --arch amd64 || exit 1
fi
say "ready: the machines start"
lab_used=yes
ENI_AGENT_VM_RESULTS=$scratch ENI_AGENT_TESTS=every ENI_AGENT_PICKS=$picks
export ENI_AGENT_PACKAGES ENI_AGENT_VM_RESULTS ENI_AGENT_TESTS ENI_AGENT_PICKS
# shellcheck disable=SC2154 # vm_workers is of test/vm/image.sh
vitest run --project vm --maxWorkers="$vm_workers" --reporter=verbose
code=$?
say "figures"
cat "$scratch/report.txt" 2> /dev/null
exit "$code"
