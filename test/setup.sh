# Set-up steps that the tests and the demo share; sourced by test/run.sh and test/demo/run.sh, POSIX sh.
# Each step does nothing if its work is done, so that a second start costs a second. Needs: $root, the checkout.
# It must not change anything of the machine but Debian packages, node_modules and the cache folder.

started=$(date +%s)
cache=${ENI_AGENT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/eni-agent}
scratch=

say() {
  printf '[%3ds] %s\n' "$(($(date +%s) - started))" "$*"
}

# quietly TEXT COMMAND...: says TEXT, runs COMMAND with its output in a file, shows the end of the output if it fails.
quietly() {
  say "$1"
  quiet_log=$scratch/quiet.log
  shift
  if "$@" > "$quiet_log" 2>&1; then return 0; else quiet_code=$?; fi
  tail -n 40 "$quiet_log" >&2
  say "failed (exit $quiet_code): $*"
  return "$quiet_code"
}

lab_used=
# The process that test/arm64 has put into namespaces.
entering=

# Runs when the shell ends, however: also sweeps the lab, whose test runner is killed before it can do so itself.
clean_up() {
  ended=$?
  trap '' HUP INT TERM
  if [ -n "$lab_used" ]; then
    timeout 10 node "$root/test/lab/sweep.ts" || :
  fi
  [ -z "$entering" ] || stop_emulated
  rm -rf "$scratch" "$cache"/building.*."$$"
  exit "$ended"
}

# side_by_side COMMAND NAME...: COMMAND NAME for each name, all at once: what unpacks packages keeps one processor busy.
side_by_side() {
  each=$1
  shift
  jobs=
  for name in "$@"; do
    mkdir -p "$scratch/$name"
    (scratch=$scratch/$name && "$each" "$name") &
    jobs="$jobs $!"
  done
  jobs_failed=0
  for job in $jobs; do wait "$job" || jobs_failed=1; done
  return "$jobs_failed"
}

# beside NAME COMMAND...: COMMAND in the background, with a scratch folder of its own. Its process is $!.
beside() {
  mkdir -p "$scratch/$1"
  (scratch=$scratch/$1 && shift && "$@") &
}

# new_building NAME: an empty folder, beside what is built in it.
new_building() {
  building=$cache/building.$1.$$
  rm -rf "$building"
  mkdir -p "$building"
}

# remove_dead_buildings: those whose shell is gone.
remove_dead_buildings() {
  for old in "$cache"/building.*; do
    [ ! -d "$old" ] || [ -d "/proc/${old##*.}" ] || rm -rf "$old"
  done
}

# A folder for this run, removed when the shell ends, also by a signal.
make_scratch() {
  scratch=$(mktemp -d "${TMPDIR:-/tmp}/eni-agent-run.XXXXXX")
  trap clean_up EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 141' PIPE
  trap 'exit 143' TERM
}

# npm packages as the lock file has them, and the pinned Node first in PATH.
setup_node() {
  if ! command -v npm > /dev/null; then
    echo "npm is missing: install Node.js 20 or newer with npm (Debian: apt-get install npm)" >&2
    return 1
  fi
  # npm writes this file last, so a killed install is done again. --ignore-scripts: no package of ours needs one.
  installed=$root/node_modules/.package-lock.json
  if [ ! -e "$installed" ] || [ -n "$(find "$root/package-lock.json" -newer "$installed")" ]; then
    # --loglevel=error: npm itself runs on the machine's Node and warns (EBADENGINE) for each package that wants a newer one.
    quietly "npm ci: installing the npm packages of the lock file" \
      npm ci --prefix "$root" --ignore-scripts --no-audit --no-fund --loglevel=error || return
  fi
  PATH=$root/node_modules/.bin:$PATH
  export PATH
  node_major=$(node -p 'process.versions.node.split(".")[0]')
  if [ "$node_major" -lt 24 ]; then
    echo "Node $node_major is too old and the pinned Node 24 is only there for Linux on x64 and arm64: install Node 24" >&2
    return 1
  fi
}

# lab_obstacle [GROUP...]: prints why what needs namespaces, and these groups of programs, cannot run on this machine; nothing if it can.
# Changes nothing.
lab_obstacle() {
  if [ "$(uname -s)" != Linux ]; then
    echo "network namespaces exist on Linux only (this is $(uname -s))"
  elif [ "$(id -u)" -ne 0 ]; then
    echo "network namespaces need root (this is $(id -un))"
  elif ! unshare --net --mount --pid --fork true 2> /dev/null; then
    echo "this root may not make namespaces (a container without CAP_SYS_ADMIN?)"
  elif [ -z "$(missing_programs lab "$@")" ] || command -v apt-get > /dev/null; then
    :
  else
    echo "these programs are missing and there is no apt-get to install them: $(missing_programs lab "$@")"
  fi
}

# programs_of GROUP...: `program:package` of each program of these groups.
programs_of() {
  for group in "$@"; do
    awk -v group="$group" '$1 == group { print $2 ":" $3 }' "$root/test/needs/programs.txt"
  done
}

# missing_programs GROUP...: Debian packages of the programs that are not there.
missing_programs() {
  for pair in $(programs_of "$@"); do
    command -v "${pair%%:*}" > /dev/null || [ -x "/usr/sbin/${pair%%:*}" ] || [ -x "/sbin/${pair%%:*}" ] || echo "${pair##*:}"
  done | sort -u | tr '\n' ' '
}

# setup_packages GROUP...: Debian packages of these groups of programs; only the missing ones, and an update only if the lists do not know
# them.
setup_packages() {
  PATH=$PATH:/usr/sbin:/sbin
  export PATH
  missing=$(missing_programs "$@")
  [ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || missing="$missing debian-archive-keyring"
  missing=$(echo "$missing" | xargs)
  [ -n "$missing" ] || return 0
  export DEBIAN_FRONTEND=noninteractive
  # dnsmasq-base, not dnsmasq: it has no service that would start. The first try fails where the lists are empty or older
  # than the mirror.
  # shellcheck disable=SC2086 # a list of package names
  set -- apt-get -o DPkg::Lock::Timeout=120 install --yes --no-install-recommends $missing
  say "apt-get install $missing"
  "$@" > "$scratch/quiet.log" 2>&1 || {
    quietly "apt-get update" apt-get -o DPkg::Lock::Timeout=120 update || return
    quietly "apt-get install $missing" "$@"
  }
}

# suite_word SUITE N: word N of the suite's line in test/needs/suites.txt.
suite_word() {
  awk -v suite="$1" -v n="$2" '$1 == suite { print $n }' "$root/test/needs/suites.txt"
}

# packages_of SUITE: of its root tree; those of `all` and the caller's own where it has some (tree_instead).
packages_of() {
  echo "$(suite_word all 5),${tree_instead:-$(suite_word "$1" 5)}"
}

# setup_trees SUITE...: the guests' root trees, in ENI_AGENT_TREE_SUITE, cached and each keyed by what is in it.
setup_trees() {
  mkdir -p "$cache/trees"
  remove_dead_buildings
  missing=
  for suite in "$@"; do
    tree=$cache/trees/$suite-$(printf '%s %s' "$(packages_of "$suite")" "$(uname -m)" | cksum | cut -d' ' -f1)
    eval "ENI_AGENT_TREE_$suite=\$tree && export ENI_AGENT_TREE_$suite"
    [ -d "$tree" ] || missing="$missing $suite"
  done
  # shellcheck disable=SC2086 # a list of names
  side_by_side build_tree $missing
}

# build_tree SUITE: beside its place and renamed, so that a killed or a parallel build never leaves half a tree: whoever renames first wins, and
# the other uses that one.
build_tree() {
  eval "tree=\$ENI_AGENT_TREE_$1"
  # mmdebstrap does not read the machine's apt.conf.
  old_lists=
  [ "$(suite_word "$1" 3)" = stable ] || old_lists='Acquire::Check-Valid-Until "false"'
  new_building "$1"
  debian_sources "$1" "$building/sources"
  sources=
  [ ! -e "$building/sources" ] || sources=$building/sources
  quietly "mmdebstrap: building the guest's Debian $1 (once, 330 MB in $cache)" \
    timeout 900 mmdebstrap --variant=minbase --format=directory --include="$(packages_of "$1")" \
    ${old_lists:+--aptopt="$old_lists"} "$1" "$building/tree" ${sources:+"$sources"} || return
  mv -T "$building/tree" "$tree" 2> /dev/null || [ -d "$tree" ] || return
  rm -rf "$building"
}

# debian_sources SUITE FILE: apt sources for the suite. The machine's own mirror if it is a Debian (mmdebstrap would else take
# its built-in one, which may be out of reach), with the release's name replaced; no file otherwise.
debian_sources() {
  # shellcheck source=/dev/null
  codename=$(. /etc/os-release && [ "$ID" = debian ] && echo "${VERSION_CODENAME:-}") || codename=
  own=/etc/apt/sources.list.d/debian.sources
  [ -e "$own" ] || own=/etc/apt/sources.list
  if [ -n "$codename" ] && grep -q "$codename" "$own" 2> /dev/null; then
    sed "s/$codename/$1/g" "$own" > "$2"
  fi
}

# The agent as one file, as the packages ship it.
setup_bundle() {
  quietly "esbuild: bundling the agent into dist/eni-agent.cjs" npm --prefix "$root" run --silent build
}

# setup_promtool: out of Debian's package, which would start a server where it is installed.
setup_promtool() {
  ENI_AGENT_PROMTOOL=$cache/promtool
  export ENI_AGENT_PROMTOOL
  [ ! -x "$ENI_AGENT_PROMTOOL" ] || return 0
  new_building promtool
  quietly "apt-get download prometheus: promtool (once, 46 MB in $cache)" \
    sh -c 'cd "$1" && apt-get -o APT::Sandbox::User=root download prometheus && dpkg-deb -x prometheus_*.deb .' sh "$building" || return
  mv -T "$building/usr/bin/promtool" "$ENI_AGENT_PROMTOOL" || return
  rm -rf "$building"
}
