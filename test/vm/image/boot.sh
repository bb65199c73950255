#!/bin/sh
# boot.sh TREE OUT: what boots a disk of TREE in QEMU: the kernel unpacked (OUT/vmlinux), and OUT/initrd, which loads the driver of the disk
# and goes on. Debian's pair, a compressed kernel and an initrd with a udev of its own, costs an emulated processor half of each boot.
set -eu
tree=$1
out=$2
kernel=$(find "$tree/boot" -name 'vmlinuz-*')
release=${kernel##*/vmlinuz-}

# number OFFSET BYTES: out of the kernel's header.
number() {
  od -An -t "u$2" -j "$1" -N "$2" "$kernel" | tr -d ' '
}
# https://docs.kernel.org/arch/x86/boot.html: setup_sects, payload_offset and payload_length.
start=$((($(number 0x1f1 1) + 1) * 512 + $(number 0x248 4)))
tail -c "+$((start + 1))" "$kernel" | head -c "$(number 0x24c 4)" > "$out/payload"
# Behind the payload of xz and zstd the kernel keeps its unpacked size: what is told as "trailing garbage".
for unpack in unxz unzstd unlz4 gunzip; do
  "$unpack" -c < "$out/payload" > "$out/vmlinux" 2> /dev/null || :
  [ ! -s "$out/vmlinux" ] || break
done
[ -s "$out/vmlinux" ] || { echo "$kernel: none of xz, zstd, lz4 and gzip unpacks it" >&2 && exit 1; }
rm "$out/payload"

initrd=$out/initrd.d
mkdir -p "$initrd/bin" "$initrd/dev" "$initrd/modules" "$initrd/root"
cp "$tree/bin/busybox" "$initrd/bin/"
number=0
for module in virtio_pci virtio_blk ext4; do
  chroot "$tree" modprobe --set-version "$release" --show-depends "$module"
done | while read -r kind path _; do
  # Debian 13 compresses them. The same one may come twice: the second is refused and does no harm.
  [ "$kind" = insmod ] || continue
  number=$((number + 1))
  name=$initrd/modules/$(printf '%02d' "$number").ko
  case $path in
    *.xz) xz -dc "$tree$path" > "$name" ;;
    *) cp "$tree$path" "$name" ;;
  esac
done
cat > "$initrd/init" << 'INIT'
#!/bin/busybox sh
busybox mount -t devtmpfs dev /dev
for module in /modules/*.ko; do busybox insmod "$module" 2> /dev/null; done
busybox mount -o ro -t ext4 /dev/vda /root
busybox mount -o move /dev /root/dev
exec busybox switch_root /root /sbin/init
INIT
chmod 755 "$initrd/init"
(cd "$initrd" && find . | cpio --quiet -o -H newc) > "$out/initrd"
rm -r "$initrd"
