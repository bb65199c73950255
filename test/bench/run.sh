#!/bin/sh
# `npm run bench`: sets up what the bench needs on a fresh machine, and runs it. See --help.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root" || exit 1
. test/setup.sh

usage() {
  cat << 'TEXT'
Usage: npm run bench -- [--quick] [--only NAME] [--write] [--passes N]

What the agent costs, beside other programs that do the same and beside what no program can go below, all in
one run on this machine: one table with the measured figures, the budgets, and whether they were met. In
network namespaces, with a Debian 13 under its real systemd; nothing of this machine's own network is touched.
Takes some 40 minutes; an idle machine gives steadier figures. A missed budget is no failure.

  --quick      fewer sizes and repetitions, about 8 minutes: to see that it works
  --only NAME  one bench, may be given again: process-start, once, kernel-floor, packets, hot-plug,
               slow-service, quiet, busy, memory
  --write      write docs/performance.md's measured parts and its plots; takes a whole run
  --passes N   passes of the daemon before its memory is looked at for the last time (300; 10000 take 45 minutes)
  --help       this text

Environment
  ENI_AGENT_BUNDLE   a bundle of the agent, with its launcher.cjs beside it, to measure instead of building one
  ENI_AGENT_CACHE    folder for the guest's tree (default: ~/.cache/eni-agent)
TEXT
}

for argument in "$@"; do
  case $argument in
    --help | -h) usage && exit 0 ;;
  esac
done

make_scratch
setup_node || exit 1
obstacle=$(lab_obstacle)
if [ -n "$obstacle" ]; then
  echo "the bench cannot run here: $obstacle" >&2
  exit 1
fi
setup_packages lab || exit 1
# mmdebstrap is written in it, so it is there; a bare perl-base would lack the clock.
perl -MTime::HiRes -e 0 || exit 1
# Debian 13 with the peers that are measured, and without a service that none of them needs.
# shellcheck disable=SC2034 # used by test/setup.sh
tree_instead=amazon-ec2-net-utils,cloud-init,curl
setup_trees trixie || exit 1
bundle=${ENI_AGENT_BUNDLE:-}
if [ -z "$bundle" ]; then
  setup_bundle || exit 1
  bundle=$root/dist/eni-agent.cjs
fi
say "ready: the bench starts"
lab_used=yes
node test/bench/main.ts --bundle "$bundle" "$@"
