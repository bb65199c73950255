#!/bin/sh
# `npm run demo`: sets up what the demo needs on a fresh machine, says what it does, and starts it. See --help.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root" || exit 1
. test/setup.sh

usage() {
  cat << 'TEXT'
Usage: npm run demo -- [--cloud CLOUD] [--backend BACKEND] [--image FILE | --render]

A cloud VM with two network interfaces (ENIs), in network namespaces on this machine: a router that drops
spoofed packets as a VPC does, the cloud's metadata service, a real Debian 12 with its real network service,
and the real agent. Nothing of this machine's own network is touched. What stays are npm packages,
Debian packages and the root tree in the cache folder.

  --cloud CLOUD      alibaba (default), aws or jdcloud
  --backend BACKEND  ifupdown (default), netplan, networkd and networkmanager-keyfile are applied for real.
                     initscripts, networkmanager-ifcfg, sles11 and wicked are in no Debian package: their files
                     are rendered and shown
  --image FILE       also draw what is shown, as an SVG image: "npm run demo:image" makes docs/demo.svg by this
  --render           only render: the files of the backend, or of all if none is named, into a folder. This
                     is also what happens without root and outside Linux
  --help             this text

Environment: ENI_AGENT_CACHE (folder for the guest's tree, default ~/.cache/eni-agent), NO_COLOR
TEXT
}

wrong() {
  echo "$1" >&2
  usage >&2
  exit 64
}

cloud=alibaba
backend=
image=
render=
why=
while [ $# -gt 0 ]; do
  case $1 in
    --cloud=* | --backend=* | --image=*)
      value=${1#*=}
      option=${1%%=*}
      shift
      set -- "$option" "$value" "$@"
      continue
      ;;
    --cloud | --backend | --image)
      [ $# -ge 2 ] || wrong "$1 needs a value"
      case $1 in
        --cloud) cloud=$2 ;;
        --backend) backend=$2 ;;
        *) image=$2 ;;
      esac
      shift
      ;;
    --render) render=yes why="--render was given" ;;
    --help | -h) usage && exit 0 ;;
    *) wrong "unknown option $1" ;;
  esac
  shift
done
case $cloud in
  alibaba | aws | jdcloud) ;;
  *) wrong "unknown cloud \"$cloud\"" ;;
esac
case $backend in
  '' | ifupdown | netplan | networkd | networkmanager-keyfile) ;;
  initscripts | networkmanager-ifcfg | sles11 | wicked)
    render=yes why="the service of $backend is in no Debian package, and the demo's VM is a Debian"
    ;;
  *) wrong "unknown backend \"$backend\"" ;;
esac

make_scratch
setup_node || exit 1
if [ -z "$render" ]; then
  why=$(lab_obstacle)
  [ -z "$why" ] || render=yes
fi
if [ -n "$render" ] && [ -n "$image" ]; then
  echo "there is no session to draw, because $why" >&2
  exit 1
fi
setup_bundle || exit 1

if [ -n "$render" ]; then
  # `yes` stands for all backends.
  node test/demo/render-demo.ts "$cloud" "${backend:-yes}" "$why"
else
  setup_packages lab || exit 1
  setup_trees bookworm || exit 1
  say "ready: the demo starts"
  lab_used=yes
  if [ -n "$image" ]; then
    # The demo's exit code is lost in the pipe; its last words tell draw.ts the same.
    unset NO_COLOR
    FORCE_COLOR=1 TERM=xterm node test/demo/live-demo.ts "$cloud" "${backend:-ifupdown}" | node test/demo/draw.ts "$image"
  else
    node test/demo/live-demo.ts "$cloud" "${backend:-ifupdown}"
  fi
fi
