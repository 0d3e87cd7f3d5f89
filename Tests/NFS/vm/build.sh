#!/usr/bin/env bash
# Builds what boot.sh boots: Debian's cloud kernel (unpacked, never installed) and a small root with the NFS tools.
# Does nothing when it is there already. As root, since debootstrap wants that.
# usage: build.sh FOLDER
set -euo pipefail

PATH=$PATH:/usr/sbin:/sbin
folder=${1:?usage: build.sh FOLDER}
release=bookworm
packages=nfs-kernel-server,nfs-common,iproute2,kmod,procps,e2fsprogs,busybox-static,python3,libyaml-0-2,libstdc++6
mkdir -p "$folder"
cd "$folder"
[ -e ready ] && exit 0

if [ ! -d kernel ]; then
  package=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends:/ {print $2; exit}')
  [ -n "$package" ] || { echo "build: apt knows no linux-image-cloud-amd64" >&2; exit 1; }
  apt-get download -qq "$package"
  dpkg-deb -x "$package"_*.deb kernel.part
  rm -f "$package"_*.deb
  mv kernel.part kernel
fi
version=$(basename kernel/lib/modules/*)
depmod -b kernel "$version"
cp kernel/boot/vmlinuz-* vmlinuz

if [ ! -d root ]; then
  rm -rf root.part
  debootstrap --variant=minbase --include="$packages" "$release" root.part >debootstrap.log \
    || { tail -n 20 debootstrap.log >&2; exit 1; }
  rm -rf root.part/var/cache/apt/archives/*.deb root.part/usr/share/{doc,man,locale} root.part/var/lib/apt/lists/*
  mv root.part root
fi
mkdir -p root/lib/modules root/mnt
cp -a "kernel/lib/modules/$version" root/lib/modules/
truncate -s 900M root.ext4
mke2fs -q -F -t ext4 -O ^has_journal -d root root.ext4

# The disks' drivers, for boot.sh to put into the initial RAM disk.
mkdir -p early
cp root/usr/bin/busybox early/
for module in virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk virtio-rng; do
  found=$(find kernel/lib/modules -name "$module.ko")
  [ -z "$found" ] || cp "$found" early/
done
rm -rf root
touch ready
