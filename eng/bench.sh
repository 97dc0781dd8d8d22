#!/usr/bin/env bash
# Runs every program in bench/, or those whose name contains one of the arguments. Each says what it measures and prints its figures beside its peer's.
set -euo pipefail
cd "$(dirname "$0")/.."
printf 'machine: %s cores, %s, kernel %s\n' "$(nproc)" "$(sed -n 's/^MemTotal: *//p' /proc/meminfo)" "$(uname -r)"
for project in bench/*/*.csproj; do
  name=$(basename "$project" .csproj)
  if [ $# -gt 0 ]; then
    wanted=no
    for part in "$@"; do [[ $name == *$part* ]] && wanted=yes; done
    [ $wanted = yes ] || continue
  fi
  echo "== $name"
  dotnet build "$project" -c Release --nologo -v quiet -clp:NoSummary
  runner=$(find "$(dirname "$project")/bin/Release" -maxdepth 3 -type f -name "$name" | head -n 1)
  "$runner"
done
