#!/bin/sh
# add-kernel.sh TREE: a hook of mmdebstrap that installs the kernel of Debian's cloud images: the package that linux-image-cloud-amd64 depends on, and
# not that one, which is built later than its kernel, so that a mirror may have the one without the other.
set -eu
APT_CONFIG=$MMDEBSTRAP_APT_CONFIG
export APT_CONFIG
image=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: //p')
apt-get --yes install -o DPkg::Chroot-Directory="$1" "$image"
