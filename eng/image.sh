#!/usr/bin/env bash
# The agent's container image, from nothing but out/bin and the libraries of this machine that it is linked to: no registry is asked. Written to out/image.tar
# (docker-archive), which `fairlead lab load`, `docker load`, `podman load` and `ctr -n k8s.io images import` take.
# Usage: eng/image.sh [TAG]   (default: docker.io/library/fairlead:latest, which is what `fairlead:latest` in a manifest means)
set -euo pipefail
cd "$(dirname "$0")/.."
tag=${1:-docker.io/library/fairlead:latest}
[ -x out/bin/fairlead ] || { echo "image: out/bin/fairlead is missing: make build" >&2; exit 1; }
builder=$(command -v podman || command -v docker) || { echo "image: neither podman nor docker is installed" >&2; exit 1; }

stage=out/image
rm -rf $stage
mkdir -p $stage/usr/local/bin $stage/etc/ssl/certs $stage/tmp $stage/run
chmod 1777 $stage/tmp
install -m 755 out/bin/* $stage/usr/local/bin/

# TLS is opened when it is first needed, so that ldd doesn't tell of it.
tls=$(ldconfig -p | awk '/lib(ssl|crypto)\.so\.3 / { print $NF }')
[ -n "$tls" ] || { echo "image: libssl.so.3 is missing: install libssl3" >&2; exit 1; }
for library in $tls $(ldd out/bin/* $tls 2>/dev/null | grep -o '/[^ ]*' | grep -v ':$' | sort -u); do
  mkdir -p "$stage$(dirname "$library")"
  cp -L "$library" "$stage$library"
done
if [ -e /etc/ssl/certs/ca-certificates.crt ]; then cp -L /etc/ssl/certs/ca-certificates.crt $stage/etc/ssl/certs/; fi

if [ "$(basename "$builder")" = podman ]; then
  # A store of its own, which goes again: nothing is added to the machine's images.
  store=$(mktemp -d)
  trap 'rm -rf "$store"' EXIT
  podman=(podman --root "$store/root" --runroot "$store/run" --storage-driver vfs)
  "${podman[@]}" build -q --isolation chroot -f deploy/Containerfile -t "$tag" . >/dev/null
  rm -f out/image.tar
  "${podman[@]}" save -q --format docker-archive -o out/image.tar "$tag"
else
  docker build -q -f deploy/Containerfile -t "$tag" . >/dev/null
  docker save -o out/image.tar "$tag"
fi
rm -rf $stage
echo "image: $tag in out/image.tar, $(($(stat -c %s out/image.tar) / 1000000)) MB"
