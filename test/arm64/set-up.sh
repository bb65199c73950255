# shellcheck disable=SC2154 # root, cache and scratch are of test/setup.sh
# Set-up steps of the test of arm64, sourced by test/arm64/run.sh after test/setup.sh; POSIX sh: an emulator of one processor for programs
# (QEMU's user emulation), namespaces in which the kernel starts it by itself, and a root tree of Debian for arm64.

# What the tree has. `ip` is the one of amd64: QEMU 7.2 translates each message to the kernel's routing, and answers "Operation not supported"
# to those that it does not know (rules, alternative names, neighbours). systemd: for systemd-notify. udev: its folders, which each cloud's image has.
arm64_packages=ifupdown,iproute2:amd64,iputils-ping,procps,systemd,udev

# arm64_obstacle: prints why nothing of arm64 can run here; nothing if it can.
arm64_obstacle() {
  case "$(uname -m)" in
    aarch64) echo "this machine is arm64 itself, where \"npm test -- install\" runs its packages without an emulation" ;;
    x86_64)
      if ! emulated host '' true > /dev/null 2>&1; then
        echo "root cannot mount a binfmt_misc in a user namespace of its own (Linux 6.7 and later can, if that module is loaded; this is $(uname -r))"
      fi
      ;;
    *) echo "the emulation is set up for x86_64 (this is $(uname -m))" ;;
  esac
}

# emulated NETWORK QEMU COMMAND...: COMMAND as root of namespaces of its own in which QEMU runs the programs of arm64; everything that is mounted
# or started there ends with COMMAND, or with this shell. NETWORK: `host` is the machine's, `none` a new one.
emulated() {
  unshare --user sh "$root/test/arm64/enter.sh" "$@" &
  entering=$!
  # unshare(1) leaves the ids unmapped; newuidmap(1) would want entries in the machine's /etc/subuid.
  tries=0
  while [ "$(readlink "/proc/$entering/ns/user")" = "$(readlink /proc/self/ns/user)" ] && [ $tries -lt 100 ]; do
    tries=$((tries + 1))
    sleep 0.05
  done
  # Not all of them: that is how a program can tell where it is.
  echo "0 0 65536" > "/proc/$entering/gid_map" && echo "0 0 65536" > "/proc/$entering/uid_map" || return
  wait "$entering"
  emulated_code=$?
  entering=
  return "$emulated_code"
}

# stop_emulated: process 1 of the namespaces, so that the wait is for the end of all that is in there.
stop_emulated() {
  # shellcheck disable=SC2046 # one pid, or none yet
  kill -KILL $(cat "/proc/$entering/task/$entering/children" 2> /dev/null || echo "$entering") 2> /dev/null
  wait "$entering"
}

# setup_qemu: out of Debian's package, which would register itself with the machine where it is installed.
setup_qemu() {
  qemu=$cache/qemu-aarch64
  [ ! -x "$qemu" ] || return 0
  mkdir -p "$cache"
  remove_dead_buildings
  new_building qemu
  # From Debian 13 on qemu-user has the program, and the other package a link to it.
  # shellcheck disable=SC2016 # for the inner shell
  quietly "apt-get download qemu-user-static: QEMU's user emulation (once, 13 MB in $cache)" \
    sh -euc 'cd "$1"
      get() { apt-get -o APT::Sandbox::User=root download "$1" && dpkg-deb -x "$1"_*.deb .; }
      get qemu-user-static
      [ -e usr/bin/qemu-aarch64-static ] || get qemu-user
      cp -L usr/bin/qemu-aarch64-static qemu' sh "$building" || return
  mv -T "$building/qemu" "$qemu" || return
  rm -rf "$building"
}

# setup_arm64_tree: in ENI_AGENT_TREE_ARM64, cached and keyed by what is in it.
setup_arm64_tree() {
  ENI_AGENT_TREE_ARM64=$cache/trees/arm64-$(echo "$arm64_packages" | cksum | cut -d' ' -f1)
  export ENI_AGENT_TREE_ARM64
  [ ! -d "$ENI_AGENT_TREE_ARM64" ] || return 0
  mkdir -p "$cache/trees"
  remove_dead_buildings
  new_building arm64
  debian_sources bookworm "$building/sources"
  sources=
  [ ! -e "$building/sources" ] || sources=$building/sources
  # check/qemu: it would ask a program of another package whether programs of arm64 run.
  quietly "mmdebstrap: building the guest's Debian bookworm for arm64 (once, some minutes, 330 MB in $cache)" \
    emulated host "$qemu" timeout 1800 mmdebstrap --mode=root --architectures=arm64,amd64 --variant=minbase --format=directory \
    --skip=check/qemu --include="$arm64_packages" bookworm "$building/tree" ${sources:+"$sources"} || return
  mv -T "$building/tree" "$ENI_AGENT_TREE_ARM64" 2> /dev/null || [ -d "$ENI_AGENT_TREE_ARM64" ] || return
  rm -rf "$building"
}
