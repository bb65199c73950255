#!/bin/sh
# customize.sh TREE NETWORK: makes an unpacked Debian the VM's image: the files of common/ and NETWORK/, a quick initrd, few timers.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tree=$1
cp -R "$here/common/." "$here/$2/." "$tree/"
chmod 755 "$tree/usr/local/sbin/lab-shell"
find "$tree/etc/netplan" -name '*.yaml' -exec chmod 600 {} + 2> /dev/null || :
echo vm > "$tree/etc/hostname"
# No housekeeping: on an emulated processor it would take the time of what is tested.
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer; do
  ln -sf /dev/null "$tree/etc/systemd/system/$unit"
done
# Each start and each daemon-reload runs them all, and there is nothing of theirs on this disk.
mkdir -p "$tree/etc/systemd/system-generators"
for name in bless-boot cryptsetup debug gpt-auto hibernate-resume integritysetup rc-local run ssh system-update tpm2 veritysetup; do
  ln -s /dev/null "$tree/etc/systemd/system-generators/systemd-$name-generator"
done
mkdir -p "$tree/etc/systemd/system/multi-user.target.wants"
ln -sf ../lab-shell.service "$tree/etc/systemd/system/multi-user.target.wants/"
[ "$2" != netplan ] || chroot "$tree" systemctl enable systemd-networkd systemd-resolved
# Every machine makes its own.
: > "$tree/etc/machine-id"
# A small initrd, with the drivers of this disk alone: an emulated processor is slow to unpack the usual one.
printf '%s\n' virtio_pci virtio_blk ext4 > "$tree/etc/initramfs-tools/modules"
printf 'MODULES=list\nCOMPRESS=gzip\n' > "$tree/etc/initramfs-tools/conf.d/lab.conf"
chroot "$tree" update-initramfs -u -k all
# The VM reaches no mirror: apt installs from files.
rm -rf "$tree/var/lib/apt/lists"/* "$tree/etc/apt/sources.list" "$tree/etc/apt/sources.list.d"/*
