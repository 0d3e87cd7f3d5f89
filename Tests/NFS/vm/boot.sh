#!/usr/bin/env bash
# Boots the guest under software emulation, runs a command there as root, prints its output, brings files back, and exits
# with its status (125: the guest gave none). /in of the guest is a copy of IN, /out goes to OUT.
# usage: boot.sh --image FOLDER --in FOLDER --out FOLDER [--timeout SECONDS] [--memory MIB] -- COMMAND
set -euo pipefail

PATH=$PATH:/usr/sbin:/sbin
here=$(cd "$(dirname "$0")" && pwd)
image='' in='' out='' patience=1800 memory=3072
while [ $# -gt 0 ]; do
  case "$1" in
    --image) image=$2; shift 2 ;;
    --in) in=$2; shift 2 ;;
    --out) out=$2; shift 2 ;;
    --timeout) patience=$2; shift 2 ;;
    --memory) memory=$2; shift 2 ;;
    --) shift; break ;;
    *) echo "boot: unknown option $1" >&2; exit 64 ;;
  esac
done
scratch=$(mktemp -d "${TMPDIR:-/tmp}/nfs-guest.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

# The first program and the guest's init are put in at every boot, so that the root need not be built anew for them.
mkdir -p "$scratch/early/bin" "$scratch/early/modules" "$scratch/early/dev"
cp "$image/early/busybox" "$scratch/early/bin/"
cp "$image"/early/*.ko "$scratch/early/modules/"
install -m755 "$here/early-init" "$scratch/early/init"
install -m755 "$here/guest-init" "$scratch/early/guest-init"
(cd "$scratch/early" && find . | cpio -o -H newc --quiet) | gzip -1 >"$scratch/early.gz"

printf '%s\n' "$*" >"$scratch/command"
tar -cf "$scratch/in.tar" -C "$in" . -C "$scratch" command
truncate -s %512 "$scratch/in.tar"
truncate -s 256M "$scratch/out.img"
truncate -s 2G "$scratch/efs.img"
mke2fs -q -t ext4 -E lazy_itable_init=1,lazy_journal_init=1 -i 4096 "$scratch/efs.img"

: >"$scratch/output"
tail -n +1 -f "$scratch/output" &
shown=$!
status=0
timeout --kill-after=5 "$patience" qemu-system-x86_64 -M q35 -accel tcg,thread=multi,tb-size=512 -cpu max -smp 2 \
  -m "$memory" -nodefaults -no-reboot -display none -kernel "$image/vmlinuz" -initrd "$scratch/early.gz" \
  -append "console=ttyS0 quiet loglevel=4 mitigations=off nokaslr tsc=reliable random.trust_cpu=on net.ifnames=0 panic=-1 no_timer_check" \
  -serial file:"$scratch/console" -serial file:"$scratch/output" -device virtio-rng-pci \
  -drive file="$image/root.ext4",if=virtio,format=raw,snapshot=on,cache=unsafe \
  -drive file="$scratch/in.tar",if=virtio,format=raw,readonly=on \
  -drive file="$scratch/efs.img",if=virtio,format=raw,cache=unsafe \
  -drive file="$scratch/out.img",if=virtio,format=raw,cache=unsafe || status=$?
sleep 0.5 # tail looks once a second unless told otherwise by the kernel
kill "$shown" 2>/dev/null || true
wait "$shown" 2>/dev/null || true

mkdir -p "$out"
tar -xf "$scratch/out.img" -C "$out" 2>/dev/null || true
cp "$scratch/console" "$out/console.txt"
if [ -f "$out/status" ]; then exit "$(cat "$out/status")"; fi
echo "boot: the guest gave no status; the emulator's was $status (124: not done within $patience s)" >&2
tail -n 20 "$scratch/console" >&2
exit 125
