#!/usr/bin/env bash
# Runs the slow tests: those that are marked explicit in every test assembly (churn, crashes, leaks). Takes as long as they say.
set -uo pipefail
cd "$(dirname "$0")/.."
# A process that is killed would leave a pipe and a socket for debuggers in /tmp.
export DOTNET_EnableDiagnostics="${DOTNET_EnableDiagnostics:-0}"
code=0
for project in tests/*.Tests/; do
  name=$(basename "$project")
  runner=$(find "$project/bin/Release" -maxdepth 2 -type f -name "$name" 2>/dev/null | head -n 1)
  [ -n "$runner" ] || { echo "$name: not built (make build-tests)"; code=1; continue; }
  echo "== $name"
  "$runner" -noLogo -noColor -explicit only "$@" || code=1
done
exit $code
