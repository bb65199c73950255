#!/bin/sh
# customize.sh TREE NETWORK: makes an unpacked Debian the VM's image: the files of common/ and NETWORK/, what is started kept to what a network needs.
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
# Nor what has nothing to do with a network: half a second of CPU each, at each boot.
for unit in dev-hugepages.mount dev-mqueue.mount kmod-static-nodes.service modprobe@.service proc-sys-fs-binfmt_misc.automount \
  sys-fs-fuse-connections.mount sys-kernel-config.mount sys-kernel-debug.mount sys-kernel-tracing.mount systemd-binfmt.service \
  systemd-logind.service systemd-pstore.service systemd-update-utmp.service systemd-update-utmp-runlevel.service; do
  ln -sf /dev/null "$tree/etc/systemd/system/$unit"
done
# Each start and each daemon-reload runs them all, and there is nothing of theirs on this disk.
mkdir -p "$tree/etc/systemd/system-generators"
for name in bless-boot cryptsetup debug getty gpt-auto hibernate-resume integritysetup rc-local run ssh system-update tpm2 veritysetup; do
  ln -s /dev/null "$tree/etc/systemd/system-generators/systemd-$name-generator"
done
mkdir -p "$tree/etc/systemd/system/multi-user.target.wants"
ln -sf ../lab-shell.service "$tree/etc/systemd/system/multi-user.target.wants/"
[ "$2" != netplan ] || chroot "$tree" systemctl enable systemd-networkd systemd-resolved
# The rules of udev for devices that this machine does not have; all of those for links stay.
mkdir -p "$tree/etc/udev/rules.d"
for rules in autosuspend cdrom_id dmi-id drm evdev fido-id infiniband input-id persistent-alsa persistent-input persistent-storage-mtd \
  persistent-storage-tape persistent-v4l sensor serial; do
  ln -s /dev/null "$tree/etc/udev/rules.d/60-$rules.rules"
done
for rules in camera joystick memory mouse power-switch touchpad; do
  ln -s /dev/null "$tree/etc/udev/rules.d/70-$rules.rules"
done
# The caches that a boot after an upgrade makes anew are as new as they can be.
touch "$tree/etc/.updated" "$tree/var/.updated"
# Every machine makes its own.
: > "$tree/etc/machine-id"
# The VM reaches no mirror: apt installs from files.
rm -rf "$tree/var/lib/apt/lists"/* "$tree/etc/apt/sources.list" "$tree/etc/apt/sources.list.d"/*
