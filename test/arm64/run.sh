#!/bin/sh
# `npm run arm64`: the packages of arm64, in a Debian of arm64 with an emulated processor. See --help.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root" || exit 1
. test/setup.sh
. test/arm64/set-up.sh

usage() {
  cat << TEXT
Usage: npm run arm64 [-- VARIANT...]

The debs of arm64 in guests of the lab whose programs are those of arm64 (Debian 12, ifupdown), on QEMU's user emulation:
installation, a pass, the daemon with an ENI that is plugged in, removal and purge. 5 minutes, 10 the first time.
Needs root on Debian (x86_64) and Linux 6.7 or later. The emulation is registered in a user namespace of the test's
own: the machine's list of interpreters (binfmt_misc) is not touched, nor is its network.

  plain    the deb for systems of today; its daemon is started as the unit of systemd has it
  legacy   the deb with a C library of its own; its daemon is started by its init script
  --help   this text

Environment
  ENI_AGENT_PACKAGES   folder with the debs to install, instead of building them
  ENI_AGENT_CACHE      folder for QEMU and the guests' tree (default: ~/.cache/eni-agent)
TEXT
}

variants=
for argument in "$@"; do
  case $argument in
    --help | -h) usage && exit 0 ;;
    plain | legacy) variants="$variants $argument" ;;
    -*) echo "unknown option $argument" >&2 && usage >&2 && exit 64 ;;
    *) echo "no variant is called \"$argument\"" >&2 && usage >&2 && exit 64 ;;
  esac
done
: "${variants:=plain legacy}"

make_scratch
obstacle=$(lab_obstacle packaging)
[ -n "$obstacle" ] || obstacle=$(arm64_obstacle)
if [ -n "$obstacle" ]; then
  echo "the test of arm64 cannot run here: $obstacle" >&2
  exit 1
fi
setup_node && setup_packages lab packaging && setup_qemu && setup_arm64_tree || exit 1
if [ -z "${ENI_AGENT_PACKAGES:-}" ]; then
  ENI_AGENT_PACKAGES=$root/dist/packages
  # shellcheck disable=SC2046,SC2086 # words
  quietly "npm run package: debs of arm64" \
    sh packaging/run.sh --quick --format deb --arch arm64 $(printf -- '--variant %s ' $variants) || exit 1
fi
say "ready: the guests start"
export ENI_AGENT_PACKAGES
files=
for variant in $variants; do files="$files test/arm64/story-$variant.test.ts"; done
TMPDIR=$scratch/inside
export TMPDIR
mkdir "$TMPDIR"
# shellcheck disable=SC2154,SC2086 # qemu is of test/arm64/set-up.sh; a list of paths without spaces
emulated none "$qemu" vitest run --project arm64 --maxWorkers=2 --reporter=verbose $files
