#!/usr/bin/env bash
# Installs what is missing on a fresh Debian 12: the packages of eng/debian-packages.txt, by name, and nothing that is there already.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { printf 'setup: %s\n' "$1" >&2; exit 1; }

[ "$(id -u)" = 0 ] || fail "root is needed: network namespaces, mounts and packages can't be had without it. Run it with sudo."
command -v dotnet >/dev/null || fail "the .NET 10 SDK is needed and 'dotnet' is not on PATH. Install it (https://dotnet.microsoft.com/download/dotnet/10.0), then run this again."
[ "$(dotnet --version | cut -d. -f1)" -ge 10 ] || fail "the .NET 10 SDK is needed; 'dotnet --version' says $(dotnet --version)."

missing=()
while read -r package; do
  dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done < <(sed 's/#.*//; s/[[:space:]]//g; /^$/d' eng/debian-packages.txt)

if [ ${#missing[@]} -gt 0 ]; then
  command -v apt-get >/dev/null || fail "these are missing and apt-get is not here to install them: ${missing[*]}"
  printf 'setup: installing Debian packages: %s\n' "${missing[*]}"
  log=$(mktemp)
  { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 \
    || { tail -n 30 "$log" >&2; rm -f "$log"; fail "apt-get could not install them; its last lines are above."; }
  rm -f "$log"
fi
