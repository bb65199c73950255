#!/bin/sh
# `npm run package`: sets up what the packages are built with on a fresh machine, and builds them. See --help.
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root" || exit 1
. test/setup.sh

# setup_packages installs what is missing of these, as root on Debian and Ubuntu.
groups=packaging
case " $* " in
  *" --lint "*) groups="packaging lint" ;;
esac

make_scratch
setup_node || exit 1
case " $* " in
  *" --help "* | *" -h "*) ;;
  *)
    # shellcheck disable=SC2086 # a list of words
    if [ -n "$(missing_programs $groups)" ] && { [ "$(id -u)" -ne 0 ] || ! command -v apt-get > /dev/null; }; then
      echo "these Debian packages are needed, and only root can install them here: $(missing_programs $groups)" >&2
      exit 1
    fi
    # shellcheck disable=SC2086 # a list of words
    setup_packages $groups || exit 1
    ;;
esac
# The build's folders (some hundred MB) go with this shell, however it ends.
TMPDIR=$scratch node packaging/build.ts "$@"
