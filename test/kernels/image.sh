# shellcheck shell=sh disable=SC2154 # root, cache, scratch and building are of test/setup.sh
# Set-up steps of the run on other kernels, sourced by test/kernels/run.sh after test/setup.sh and test/vm/image.sh; POSIX sh. One userland for all
# kernels, Debian 12 with the programs of the lab, so that what differs between two runs is the kernel. All disks are read-only, and mke2fs makes them
# without mounting anything.

# kernel_names: Debian's suites of which the lab has a tree; each brings a kernel.
kernel_names() {
  awk '!/^#/ && $1 != "all" && $1 != "" { print $1 }' "$root/test/needs/suites.txt"
}

# default_kernels: those that do not change every day.
default_kernels() {
  awk '$3 == "stable" { print $1 }' "$root/test/needs/suites.txt"
}

# disk LABEL FOLDER FILE: an ext4 disk of what is in FOLDER, with a little room.
disk() {
  kilobytes=$(du -sk --apparent-size "$2" | cut -f1)
  # Inodes and the ends of blocks: a quarter, and what the smallest file system has.
  # It tells that it creates a file; not that it fills one.
  : > "$3"
  mke2fs -q -F -t ext4 -O ^has_journal -m 0 -i 8192 -L "$1" -d "$2" "$3" "$((kilobytes * 3 / 2 + 65536))k"
}

# setup_kernels KERNEL...: the userland and these kernels, in $kernels, cached and keyed by what is in them.
setup_kernels() {
  key=$( (cat "$root/test/kernels/init" "$root/test/kernels/add-kernel.sh" "$root/test/vm/image/boot.sh" && programs_of lab && sed -n '/^disk()/,/^# project_disk/p' "$root/test/kernels/image.sh") |
    cksum | cut -d' ' -f1)
  kernels=$cache/kernels-$key
  mkdir -p "$kernels"
  [ -e "$kernels/userland.ext4" ] || build_userland || return
  missing=
  for kernel in "$@"; do
    [ -d "$kernels/$kernel" ] || missing="$missing $kernel"
  done
  # shellcheck disable=SC2086 # a list of names
  side_by_side build_kernel $missing
}

# bootstrap SUITE PACKAGES [OPTION]: an unpacked Debian in $building/tree.
bootstrap() {
  debian_sources "$1" "$building/sources"
  sources=
  [ ! -e "$building/sources" ] || sources=$building/sources
  old_lists=
  [ "$(suite_word "$1" 3)" = stable ] || old_lists='Acquire::Check-Valid-Until "false"'
  # INITRD=No: the kernel's package makes none, test/vm/image/boot.sh does.
  env INITRD=No timeout 1200 mmdebstrap --variant=minbase --format=directory --include="$2" \
    ${old_lists:+--aptopt="$old_lists"} ${3:+"$3"} "$1" "$building/tree" ${sources:+"$sources"}
}

# build_userland: the programs that the lab calls on the machine itself. python3: sends the packets of test/lab/traffic.
build_userland() {
  new_building userland
  packages=$(programs_of lab | sed 's/.*://' | sort -u | tr '\n' ',')busybox-static,kmod,python3
  quietly "mmdebstrap: building the userland of the kernels' VMs (once, 1 GB in $cache)" bootstrap bookworm "$packages" || return
  install -m 755 "$root/test/kernels/init" "$building/tree/sbin/init" || return
  mkdir -p "$building/tree/lib/modules" "$building/tree/project"
  rm -rf "$building/tree/var/lib/apt/lists"/* "$building/tree/var/cache/apt"/*
  disk root "$building/tree" "$building/disk" || return
  mv "$building/disk" "$kernels/userland.ext4" && rm -rf "$building"
}

# build_kernel SUITE: vmlinux, initrd and the disk of its modules. Debian's cloud images have this flavour of the kernel.
build_kernel() {
  new_building "kernel-$1"
  mkdir "$building/kernel"
  quietly "mmdebstrap: unpacking the kernel of Debian $1 (once)" bootstrap "$1" busybox-static,kmod \
    "--customize-hook=sh '$root/test/kernels/add-kernel.sh' \"\$1\"" || return
  sh "$root/test/vm/image/boot.sh" "$building/tree" "$building/kernel" || return
  release=$(ls "$building/tree/lib/modules")
  # linux-image-6.1.0-51-cloud-amd64 6.1.172-1
  awk -v package="linux-image-$release" '/^Package: / { found = $2 == package } found && /^Version: / { print package, $2 }' \
    "$building/tree/var/lib/dpkg/status" > "$building/kernel/version" || return
  disk modules "$building/tree/lib/modules" "$building/kernel/modules.ext4" || return
  mv -T "$building/kernel" "$kernels/$1" 2> /dev/null || [ -d "$kernels/$1" ] || return
  rm -rf "$building"
}

# project_disk PICKS TREES: the checkout with its npm packages and the commands of the VM, in $scratch/project.ext4, and one disk for each tree.
project_disk() {
  mkdir "$scratch/project"
  # What only checks and packages need stays behind.
  tar -C "$root" --exclude=./.git --exclude=./dist/packages --exclude=./node_modules/@biomejs --exclude=./node_modules/@typescript \
    --exclude=./node_modules/.cache -cf - . | tar -C "$scratch/project" -xf - || return
  : > "$scratch/project/mounts"
  for suite in $2; do
    echo "mkdir -p /run/trees/$suite && mount -o ro LABEL=$suite /run/trees/$suite" >> "$scratch/project/mounts"
    eval "tree=\$ENI_AGENT_TREE_$suite"
    disk "$suite" "$tree" "$scratch/$suite.ext4" || return
  done
  cat > "$scratch/project/command" << COMMAND || return
export PATH=/project/node_modules/.bin:\$PATH NO_COLOR=1
export ENI_AGENT_FAILURES=/run/out/failures.txt ENI_AGENT_TESTS=every ENI_AGENT_PICKS='$1' MATRIX_CYCLES='$cycles' TRAFFIC_MACHINES='$machines'
$(for suite in $2; do echo "export ENI_AGENT_TREE_$suite=/run/trees/$suite"; done)
exec vitest run --project lab --project 'matrix *' --maxWorkers=1 --reporter=verbose --reporter=json --outputFile.json=/run/out/result.json \\
  --reporter=./test/failures-reporter.ts
COMMAND
  disk project "$scratch/project" "$scratch/project.ext4" && rm -rf "$scratch/project"
}
