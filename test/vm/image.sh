# shellcheck disable=SC2154 # root and cache are of test/setup.sh
# Set-up steps of the VM test, sourced by test/vm/run.sh after test/setup.sh; POSIX sh. A VM's image is made of Debian's packages:
# mmdebstrap unpacks them, test/vm/image/ lies on top, boot.sh makes what boots it, mke2fs the disk without mounting anything. Cached, keyed by what is in it.

# How many stories run side by side. Each emulated processor takes one of ours; the three of --rest differ in length, and none shall be
# left alone at the end.
# shellcheck disable=SC2034 # used by test/run.sh and test/vm/run.sh
vm_workers=3

# What every image has; the kernel is the one of Debian's cloud images.
vm_base=apt,busybox-static,cloud-init,dbus,e2fsprogs,iproute2,iputils-ping,kmod,linux-image-cloud-amd64,procps,python3,systemd,systemd-sysv,udev

# vm_image NAME: sets suite, network (a folder of test/vm/image) and packages. Debian 12 and 13 cloud images have netplan and networkd;
# ifupdown is what Debian 11's had, and what was installed anew or upgraded from there still has.
vm_image() {
  case $1 in
    bookworm-netplan) suite=bookworm network=netplan packages=$vm_base,netplan.io,systemd-resolved ;;
    bookworm-ifupdown) suite=bookworm network=ifupdown packages=$vm_base,ifupdown,isc-dhcp-client ;;
    trixie-netplan) suite=trixie network=netplan packages=$vm_base,netplan.io,systemd-resolved ;;
    *) echo "no image is called \"$1\"" >&2 && return 64 ;;
  esac
}

# vm_obstacle: prints why no VM can run here; nothing if it can.
vm_obstacle() {
  if [ "$(uname -m)" != x86_64 ]; then
    echo "the images are for x86_64 (this is $(uname -m))"
  elif [ ! -c /dev/net/tun ]; then
    echo "/dev/net/tun is missing: no VM can be connected"
  fi
}

# setup_vm NAME...: what the VM test needs beside the package: programs, these images, and a clock that this machine and the VMs read alike.
setup_vm() {
  TZ=UTC
  export TZ
  setup_packages lab vm packaging && setup_vm_images "$@"
}

# setup_vm_images NAME...: makes those that are not in the cache.
setup_vm_images() {
  key=$( (echo "$vm_base" && sed -n '/^vm_image()/,/^}/p;/^build_vm_image()/,/^}/p' "$root/test/vm/image.sh" &&
    cd "$root/test/vm/image" && find . -type f -exec cksum {} + | sort -k3) | cksum | cut -d' ' -f1)
  ENI_AGENT_VM_IMAGES=$cache/vm-$key
  export ENI_AGENT_VM_IMAGES
  mkdir -p "$ENI_AGENT_VM_IMAGES"
  missing=
  for name in "$@"; do
    [ -d "$ENI_AGENT_VM_IMAGES/$name" ] || missing="$missing $name"
  done
  # shellcheck disable=SC2086 # a list of names
  side_by_side build_vm_image $missing
}

# build_vm_image NAME: root.ext4, vmlinux and initrd, made beside their place and renamed: a killed build leaves no half image.
build_vm_image() {
  vm_image "$1" || return
  new_building "$1"
  mkdir "$building/image"
  debian_sources "$suite" "$building/sources"
  sources=
  [ ! -e "$building/sources" ] || sources=$building/sources
  # INITRD=No: the kernel's package makes none, boot.sh does.
  quietly "mmdebstrap: building the VM image $1 (once, 1 GB in $cache)" \
    env INITRD=No timeout 1200 mmdebstrap --variant=minbase --format=directory --include="$packages" \
    --customize-hook="sh '$root/test/vm/image/customize.sh' \"\$1\" $network" \
    "$suite" "$building/tree" ${sources:+"$sources"} || return
  sh "$root/test/vm/image/boot.sh" "$building/tree" "$building/image" || return
  # Room for the package, its upgrade, and the journal; the file is sparse.
  quietly "mke2fs: making its disk" \
    mke2fs -q -F -t ext4 -L root -d "$building/tree" "$building/image/root.ext4" 2500M || return
  mv -T "$building/image" "$ENI_AGENT_VM_IMAGES/$1" 2> /dev/null || [ -d "$ENI_AGENT_VM_IMAGES/$1" ] || return
  rm -rf "$building"
}
