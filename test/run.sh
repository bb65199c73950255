#!/bin/sh
# The whole test suite, from a fresh clone on a fresh machine: sets up what it needs, runs everything, and ends with the line
# `N passed, N failed`. What this machine cannot run is left out and named; with CI=true that is a failure.
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root" || exit 1
. test/setup.sh
. test/vm/image.sh
# The lab builds packages, to look into them and to install them.
lab_programs="$lab_programs $package_programs $recipe_programs"

usage() {
  cat << 'TEXT'
Usage: npm test [-- --pure | --all]
       npm run matrix [-- COLUMN]

Installs what it needs (npm packages; as root also Debian packages and guest trees), then runs the
type check, the linter, the tests that run anywhere, the lab, and the matrix: real network services
of Debian 11 to 13, backend by backend, through the life of a machine (root and Linux only).

  --pure     leave the lab and the matrix out
  --all      the whole matrix, otherwise its columns of Debian 12, with 3 instead of 20 cycles; all packages; and
             a part of "npm run vm": the package on virtual machines
  --matrix   (npm run matrix) the matrix alone; COLUMN picks some, e.g. networkd, trixie or
             netplan/trixie/dhcp
  --help     this text

Environment
  CI=true            as --all, and what this machine cannot run counts as a failure
  ENI_AGENT_CACHE    folder for the guests' trees (default: ~/.cache/eni-agent)
TEXT
}

pure_only=
matrix_only=
MATRIX=bookworm
[ "${CI:-}" != true ] || MATRIX=all
for argument in "$@"; do
  case $argument in
    --pure) pure_only=yes ;;
    --all) MATRIX=all ;;
    --matrix) matrix_only=yes MATRIX=all ;;
    --help | -h) usage && exit 0 ;;
    -*) echo "unknown option $argument" >&2 && usage >&2 && exit 64 ;;
    *)
      [ -n "$matrix_only" ] || { echo "unknown argument $argument" >&2 && usage >&2 && exit 64; }
      MATRIX=$argument
      ;;
  esac
done
export MATRIX
# The trees of the releases that the columns need; the lab itself uses Debian 12.
case $MATRIX in
  *bullseye*) suites="bookworm bullseye" ;;
  *trixie*) suites="bookworm trixie" ;;
  *bookworm*) suites=bookworm ;;
  *) suites="bookworm bullseye trixie" ;;
esac
[ "$MATRIX" != bookworm ] || export MATRIX_CYCLES="${MATRIX_CYCLES:-3}"

failed=0
left_out=

# step NAME COMMAND...: a step of the suite that is no vitest run; its failure counts as one failed test.
step() {
  name=$1
  shift
  if "$@"; then say "$name: ok"; else say "$name: FAILED" && echo "FAILED $name" >> "$ENI_AGENT_FAILURES" && failed=$((failed + 1)); fi
}

# suite_run PROJECT [FILE...]: one vitest project, with its results also as a file for the count.
suite_run() {
  say "vitest: project $*"
  results=$scratch/$1.json
  # A run without a result file (a crash) is counted as a failure by count-results.ts.
  vitest run --reporter=default --reporter=json --outputFile.json="$results" --reporter=./test/failures-reporter.ts --project "$@" || :
  runs="$runs $results"
}

lab_ready() {
  # shellcheck disable=SC2086 # a list of words
  setup_packages && setup_trees $suites
}

# packages_run: the packages that the lab installs. Where the matrix is whole they are, too: all of them, and held against lintian and rpmlint.
packages_run() {
  ENI_AGENT_PACKAGES=$root/dist/packages
  export ENI_AGENT_PACKAGES
  if [ "$MATRIX" = all ]; then
    quietly "npm run package: all packages" sh packaging/run.sh --lint
  else
    quietly "npm run package: deb and rpm" sh packaging/run.sh --variant plain --arch "$(dpkg --print-architecture)"
  fi
}

# matrix_run: the matrix with its table. Its columns wait most of the time, so more run side by side than there are processors.
matrix_run() {
  suite_run matrix
  [ -e "$scratch/matrix.json" ] || return 0
  if [ -z "$(node test/matrix/table.ts "$scratch/matrix.json")" ]; then
    say "no column of the matrix is called \"$MATRIX\": FAILED"
    failed=$((failed + 1))
  fi
  node test/matrix/table.ts "$scratch/matrix.json"
}

# vm_run: what half of the machines of the VM test go through, and the power cuts of one of them. All of it is `npm run vm`.
vm_run() {
  obstacle=$(vm_obstacle)
  if [ -n "$obstacle" ]; then
    left_out="the VM test was left out: $obstacle"
    return
  fi
  vm_images="bookworm-ifupdown trixie-netplan"
  if ! setup_vm; then
    say "the VM test could not be set up: FAILED"
    failed=$((failed + 1))
    return
  fi
  ENI_AGENT_VM_RESULTS=$scratch VM_POWER_CUTS=${VM_POWER_CUTS:-8}
  export ENI_AGENT_VM_RESULTS VM_POWER_CUTS
  suite_run vm story-bookworm-ifupdown story-trixie-netplan power-cut-ifupdown
  cat "$scratch/report.txt" 2> /dev/null
}

make_scratch
# What failed, and why: said again at the end.
ENI_AGENT_FAILURES=$scratch/failures.txt
export ENI_AGENT_FAILURES
setup_node || exit 1
runs=

if [ -z "$matrix_only" ]; then
  step "types (tsc)" tsc
  step "lint and format (biome)" biome check .
  suite_run pure
fi

if [ -n "$pure_only" ]; then
  obstacle="--pure was given"
else
  obstacle=$(lab_obstacle)
fi
if [ -n "$obstacle" ]; then
  left_out="the lab and the matrix (real network services in namespaces, pings from every address) were left out: $obstacle"
elif ! lab_ready; then
  say "the lab could not be set up: FAILED"
  failed=$((failed + 1))
else
  step "bundle (esbuild)" setup_bundle
  lab_used=yes
  if [ -z "$matrix_only" ]; then
    step "packages" packages_run
    suite_run lab
  fi
  matrix_run
  if [ "$MATRIX" = all ] && [ -z "$matrix_only" ]; then vm_run; fi
fi

if [ -n "$left_out" ] && [ "${CI:-}" = true ]; then
  failed=$((failed + 1))
fi
# shellcheck disable=SC2086 # a list of paths without spaces
counts=$(node test/count-results.ts $runs) || counts="0 1"
passed=${counts% *}
failed=$((failed + ${counts#* }))
say "done"
[ ! -e "$ENI_AGENT_FAILURES" ] || cat "$ENI_AGENT_FAILURES"
[ -z "$left_out" ] || echo "NOTE: $left_out"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
