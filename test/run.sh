#!/bin/sh
# The whole test suite, from a fresh clone on a fresh machine: sets up what it needs, runs everything, and ends with the line
# `N passed, N failed`. What this machine cannot run is left out and named; with CI=true that is a failure.
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root" || exit 1
. test/setup.sh

usage() {
  cat << 'TEXT'
Usage: npm test [-- --pure]

Installs what it needs (npm packages; as root also Debian packages and a guest tree), then runs
the type check, the linter, the tests that run anywhere, and the lab (root and Linux only).

  --pure   leave the lab out
  --help   this text

Environment
  CI=true            what this machine cannot run counts as a failure
  ENI_AGENT_CACHE    folder for the guest's tree (default: ~/.cache/eni-agent)
TEXT
}

pure_only=
for argument in "$@"; do
  case $argument in
    --pure) pure_only=yes ;;
    --help | -h) usage && exit 0 ;;
    *) echo "unknown option $argument" >&2 && usage >&2 && exit 64 ;;
  esac
done

failed=0
left_out=

# step NAME COMMAND...: a step of the suite that is no vitest run; its failure counts as one failed test.
step() {
  name=$1
  shift
  if "$@"; then say "$name: ok"; else say "$name: FAILED" && failed=$((failed + 1)); fi
}

# suite_run PROJECT: one vitest project, with its results also as a file for the count.
suite_run() {
  say "vitest: project $1"
  # A run without a result file (a crash) is counted as a failure by count-results.ts.
  vitest run --project "$1" --reporter=default --reporter=json --outputFile.json="$scratch/$1.json" || :
  runs="$runs $scratch/$1.json"
}

lab_ready() {
  setup_packages && setup_trees bookworm
}

make_scratch
setup_node || exit 1
runs=

step "types (tsc)" tsc
step "lint and format (biome)" biome check .
suite_run pure

if [ -n "$pure_only" ]; then
  obstacle="--pure was given"
else
  obstacle=$(lab_obstacle)
fi
if [ -n "$obstacle" ]; then
  left_out="the lab (real ifupdown in network namespaces, pings from every address) was left out: $obstacle"
elif ! lab_ready; then
  say "the lab could not be set up: FAILED"
  failed=$((failed + 1))
else
  step "bundle (esbuild)" setup_bundle
  lab_used=yes
  suite_run lab
fi

if [ -n "$left_out" ] && [ "${CI:-}" = true ]; then
  failed=$((failed + 1))
fi
# shellcheck disable=SC2086 # a list of paths without spaces
counts=$(node test/count-results.ts $runs) || counts="0 1"
passed=${counts% *}
failed=$((failed + ${counts#* }))
say "done"
[ -z "$left_out" ] || echo "NOTE: $left_out"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
