#!/usr/bin/env bash
# Runs every program in bench/, or those whose name contains one of the arguments. Each says what it measures and prints its figures beside its peer's.
set -euo pipefail
cd "$(dirname "$0")/.."
# A process that is killed would leave a pipe and a socket for debuggers in /tmp.
export DOTNET_EnableDiagnostics="${DOTNET_EnableDiagnostics:-0}"
aot_framework=$(sed -n 's:.*<AotTargetFramework>\(.*\)</AotTargetFramework>.*:\1:p' Directory.Build.props)
rid=linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')
printf 'machine: %s cores, %s, kernel %s\n' "$(nproc)" "$(sed -n 's/^MemTotal: *//p' /proc/meminfo)" "$(uname -r)"
for project in bench/*/*.csproj; do
  name=$(basename "$project" .csproj)
  if [ $# -gt 0 ]; then
    wanted=no
    for part in "$@"; do [[ $name == *$part* ]] && wanted=yes; done
    [ $wanted = yes ] || continue
  fi
  echo "== $name"
  if grep -q '<PublishAot' "$project"; then
    dotnet publish "$project" -f "$aot_framework" -r "$rid" -c Release -o "out/publish/bench/$name" --nologo -v quiet -clp:NoSummary
    runner=out/publish/bench/$name/$name
  else
    dotnet build "$project" -c Release --nologo -v quiet -clp:NoSummary
    runner=$(find "$(dirname "$project")/bin/Release" -maxdepth 3 -type f -name "$name" | head -n 1)
  fi
  "$runner"
done
