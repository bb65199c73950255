#!/bin/sh
# The test suite, from a fresh clone on a fresh machine: finds out which tests are going to run, sets up what they need, runs them, and ends
# with the line `N passed, N failed`. What this machine cannot run is left out and named; with CI=true that is a failure.
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root" || exit 1
. test/setup.sh
. test/vm/image.sh

usage() {
  cat << 'TEXT'
Usage: npm test [-- --pure | --rest | --all] [NAME...]
       npm run matrix [-- COLUMN...]
       npm run matrix -- --tree DIR --backend NAME --release NAME [OPTION...]

Sets up what the tests need (npm packages; as root also Debian packages and guest trees) and runs the type check,
the linter, the tests that run anywhere, the lab (real network services in network namespaces) and the matrix (the
life of a machine, backend by backend).

  --pure     leave the lab and the matrix out; needs no root, takes six minutes
  --rest     run what the default leaves out: the matrix with DHCP and on Debian 11, 13 and testing, 800 more made-up
             lives, 120 cycles of hot-plug, all packages with their linters, and the package on virtual machines
  --all      both
  --matrix   (npm run matrix) the matrix alone
  NAME       only test files and matrix columns whose name contains it: daemon, test/lab, netplan/trixie/dhcp
  --help     this text

A life of a machine on a root tree of your own: a system of which Debian has no package, or another version of its
service. Nothing is written into the tree. It is booted by its program /boot-network if it has one, else by its systemd.
  --tree DIR          absolute path of the tree, with the service, iproute2, ping and perl
  --backend NAME      what configures its links: networkd, netplan, ifupdown, ... (docs/backends.md)
  --release NAME      the release that it stands for, as "eni-agent render --release" has it; the os-release of the tree
                      and the versions that the agent finds there have to be those of the release
  --addressing WORD   static (default) or dhcp
  --version TEXT      of the service, where the agent reads none (initscripts, sles11)
  --record NAME       if every step passes, write test/fixtures/lives/NAME.json, which the golden tests hold from then on

Environment
  CI=true            what this machine cannot run counts as a failure; the made-up lives are the same ones each time
  MATRIX_CYCLES      cycles of attach, change and detach in a column (default: 20 on Debian 12 with static
                     addresses, 5 in all others)
  ENI_AGENT_CACHE    folder for the guests' trees (default: ~/.cache/eni-agent)
  SEEN=write         keep the versions of the services in the trees of this run in test/needs/seen.txt
TEXT
}

mode=default
picks=
pure_only=
matrix_only=
life=
for argument in "$@"; do
  case $argument in
    --pure) pure_only=yes ;;
    --rest) mode=rest ;;
    --all) mode=all ;;
    --matrix) matrix_only=yes mode=every ;;
    --help | -h) usage && exit 0 ;;
    # Read below, where there is a Node.
    --tree* | --backend* | --release* | --addressing* | --version* | --record*) life=yes && break ;;
    -*) echo "unknown option $argument" >&2 && usage >&2 && exit 64 ;;
    # npm has eaten an option in front of it.
    /*) echo "no test has a name like \"$argument\"; options go behind --: npm run matrix -- --tree DIR ..." >&2 && exit 64 ;;
    *[!A-Za-z0-9./_-]*) echo "no test has a name like \"$argument\"" >&2 && exit 64 ;;
    *) picks="$picks $argument" ;;
  esac
done
projects=pure,lab,matrix,vm
[ -z "$pure_only" ] || projects=pure
[ -z "$matrix_only$life" ] || projects=matrix
# Whoever names a test wants it, also where the default leaves it out.
if [ -n "$picks" ] && [ "$mode" = default ]; then mode=every; fi

failed=0
again=
first_failures=
left_out=
results=

# step NAME COMMAND...: a step of the suite that is no vitest run; its failure counts as one failed test.
step() {
  name=$1
  shift
  if "$@"; then
    say "$name: ok"
  else
    say "$name: FAILED"
    echo "FAILED $name" >> "$ENI_AGENT_FAILURES"
    failed=$((failed + 1))
  fi
}

# leave_out WHAT WHY
leave_out() {
  left_out="$left_out
NOTE: $1 left out: $2"
}

# vitest_run NAME ARGUMENT...: one run of vitest, with its results also as a file for the count.
vitest_run() {
  say "vitest: $*"
  file=$scratch/$1.json
  shift
  # A run without a result file (a crash) is counted as a failure by results.ts.
  vitest run --reporter=default --reporter=json --outputFile.json="$file" --reporter=./test/failures-reporter.ts "$@" || :
  results="$results $file"
}

# run_again: a second attempt, alone, for the few files of the lab and columns of the matrix that failed: the machine may have had too much
# to do. A fault fails twice; what passes then is named at the end.
run_again() {
  # shellcheck disable=SC2086 # a list of paths without spaces
  again=$(node test/results.ts again $results) || again=
  [ -n "$again" ] || return 0
  first_failures=$scratch/first-failures.txt
  mv "$ENI_AGENT_FAILURES" "$first_failures" 2> /dev/null || :
  set --
  case " $again" in *" test/lab/"*) set -- "$@" --project lab ;; esac
  case " $again" in */static* | */dhcp*) set -- "$@" --project 'matrix *' ;; esac
  ENI_AGENT_PICKS=$again
  vitest_run again --maxWorkers=1 "$@"
  ENI_AGENT_PICKS=$picks
}

# packages_run: the packages that the lab installs; where --rest is part of the run, all of them, and held against lintian and rpmlint.
# Compressed a little only, which is the difference of a minute and a half each; test/lab/packages.test.ts builds as for a release.
packages_run() {
  if [ "$mode" = rest ] || [ "$mode" = all ]; then
    quietly "npm run package: all packages" sh packaging/run.sh --quick --lint
  elif [ -n "$formats" ]; then
    # shellcheck disable=SC2046 # words
    quietly "npm run package: $formats" sh packaging/run.sh --quick --variant plain --arch "$(dpkg --print-architecture)" $(printf -- '--format %s ' $formats)
  fi
}

lab_set_up() {
  # shellcheck disable=SC2086 # a list of words
  setup_packages lab $groups && setup_bundle || return
  ENI_AGENT_PACKAGES=$root/dist/packages
  export ENI_AGENT_PACKAGES
  beside packages packages_run
  packages=$!
  # shellcheck disable=SC2086 # a list of words
  setup_trees $trees && { [ -z "$promtool" ] || setup_promtool; }
  set -- $?
  wait "$packages" && return "$1"
}

# prepare_vm IMAGE...: behind everything else, of the time in which the lab waits.
prepare_vm() {
  renice -n 19 -p "$(exec sh -c 'echo "$PPID"')" > /dev/null
  setup_vm "$@"
}

make_scratch
# What failed, and why: said again at the end.
ENI_AGENT_FAILURES=$scratch/failures.txt
export ENI_AGENT_FAILURES
setup_node || exit 1
ENI_AGENT_LIFE=
if [ -n "$life" ]; then
  ENI_AGENT_LIFE=$(node test/matrix/lives/arguments.ts "$@") || exit
  picks='' mode=every
fi
export ENI_AGENT_LIFE
ENI_AGENT_TESTS=$mode ENI_AGENT_PICKS=$picks
export ENI_AGENT_TESTS ENI_AGENT_PICKS

# How many files each project has in this run, and what they need.
n_pure=0 n_lab=0 n_matrix=0 n_vm=0 trees='' formats='' groups='' images='' promtool=''
# shellcheck disable=SC2086 # a list of words
variables=$(node test/needs/set-up.ts "$mode" "$projects" $picks) || exit 1
eval "$variables"
if [ $((n_pure + n_lab + n_matrix + n_vm)) -eq 0 ]; then
  echo "no test and no column of the matrix has such a name:$picks" >&2
  exit 64
fi

if [ -z "$matrix_only$picks" ] && [ "$mode" != rest ]; then
  step "types (tsc)" tsc
  step "lint and format (biome)" biome check .
fi

# What the expected trees do not reach of the renderers is a failure.
coverage=
if [ -z "$matrix_only$picks" ] && [ "$mode" != default ]; then
  beside coverage quietly "npm run coverage: renderers/" env ENI_AGENT_TESTS= ENI_AGENT_PICKS= npm run --silent coverage
  coverage=$!
fi

if [ -n "$pure_only" ]; then leave_out "the lab and the matrix were" "--pure was given"; fi
if [ $((n_lab + n_matrix + n_vm)) -gt 0 ]; then
  # shellcheck disable=SC2086 # a list of words
  obstacle=$(lab_obstacle $groups)
  if [ -n "$obstacle" ]; then
    leave_out "what needs real network services (lab, matrix, virtual machines) was" "$obstacle"
    n_lab=0 n_matrix=0 n_vm=0
  elif ! lab_set_up; then
    step "set-up of the lab" false
    n_lab=0 n_matrix=0 n_vm=0
  else
    lab_used=yes
    # shellcheck disable=SC2086 # a list of words
    node test/needs/seen.ts versions $trees
  fi
fi

if [ -n "$coverage" ]; then step "coverage of renderers/" wait "$coverage"; fi

set --
[ "$n_pure" -eq 0 ] || set -- "$@" --project pure
[ "$n_lab" -eq 0 ] || set -- "$@" --project lab
[ "$n_matrix" -eq 0 ] || set -- "$@" --project 'matrix *'
vm_preparation=
if [ $# -gt 0 ] && [ "$n_vm" -gt 0 ] && [ -z "$(vm_obstacle)" ]; then
  # shellcheck disable=SC2086 # a list of words
  beside vm prepare_vm $images
  vm_preparation=$!
fi
if [ $# -gt 0 ]; then
  vitest_run tests "$@"
  # A life is told once: what is recorded is the first attempt.
  [ -n "$life" ] || run_again
fi
# shellcheck disable=SC2086 # a list of paths without spaces
if [ "$n_matrix" -gt 0 ]; then node test/matrix/table.ts $results; fi

if [ "$n_vm" -gt 0 ]; then
  obstacle=$(vm_obstacle)
  # What failed there is tried again here, and said.
  [ -z "$vm_preparation" ] || wait "$vm_preparation" || :
  ENI_AGENT_VM_RESULTS=$scratch VM_POWER_CUTS=${VM_POWER_CUTS:-8}
  export ENI_AGENT_VM_RESULTS VM_POWER_CUTS
  # shellcheck disable=SC2086 # a list of words
  if [ -n "$obstacle" ]; then
    leave_out "the virtual machines were" "$obstacle"
  elif ! setup_vm $images; then
    step "set-up of the virtual machines" false
  else
    # shellcheck disable=SC2154 # vm_workers is of test/vm/image.sh
    vitest_run vm --project vm --maxWorkers="$vm_workers"
    cat "$scratch/report.txt" 2> /dev/null
  fi
fi

if [ -n "$left_out" ] && [ "${CI:-}" = true ]; then
  failed=$((failed + 1))
fi
say "done"
# shellcheck disable=SC2086 # a list of paths without spaces
node test/results.ts summary $results
[ ! -e "$ENI_AGENT_FAILURES" ] || cat "$ENI_AGENT_FAILURES"
if [ -n "$again" ]; then
  echo "NOTE: these failed at the first attempt, beside other tests, and ran again alone: $again"
  sed 's/^/  first attempt: /' "$first_failures" 2> /dev/null
fi
# Never a failure: what a mirror has is no fault of the change.
# shellcheck disable=SC2086 # a list of words
[ -z "$lab_used" ] || node test/needs/seen.ts notes $trees
[ -z "$left_out" ] || echo "$left_out"
# shellcheck disable=SC2086 # a list of paths without spaces
counts=$(node test/results.ts counts $results) || counts="0 1"
passed=${counts% *}
failed=$((failed + ${counts#* }))
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
