#!/usr/bin/env bash
# Runs every test assembly that was built and adds up their counts. The last line is "N passed, N failed"; the exit code is 0 only when none failed.
# Usage: eng/test.sh [NAME-PART ...]   e.g. eng/test.sh Kernel Cni
set -uo pipefail
cd "$(dirname "$0")/.."
# A process that is killed would leave a pipe and a socket for debuggers in /tmp.
export DOTNET_EnableDiagnostics="${DOTNET_EnableDiagnostics:-0}"

passed=0 failed=0 skipped=0
results=out/test-results
mkdir -p "$results"

for project in tests/*.Tests/; do
  name=$(basename "$project")
  if [ $# -gt 0 ]; then
    wanted=no
    for part in "$@"; do [[ $name == *$part* ]] && wanted=yes; done
    [ $wanted = yes ] || continue
  fi
  runner=$(find "$project/bin/Release" -maxdepth 2 -type f -name "$name" 2>/dev/null | head -n 1)
  if [ -z "$runner" ]; then
    echo "$name: not built (make build-tests)"
    failed=$((failed + 1))
    continue
  fi
  echo "== $name"
  start=$SECONDS
  "$runner" -noLogo -noColor 2>&1 </dev/null | tee "$results/$name.log" | grep -vE '^\s*$|Discover|Starting:|Finished:|=== TEST'
  code=${PIPESTATUS[0]}
  # "   Total: 12, Errors: 0, Failed: 1, Skipped: 0, Not Run: 0, Time: 0.123s"
  summary=$(grep -E 'Total: +[0-9]+, Errors: ' "$results/$name.log" | tail -n 1)
  if [[ $summary =~ Total:\ +([0-9]+),\ Errors:\ ([0-9]+),\ Failed:\ ([0-9]+),\ Skipped:\ ([0-9]+),\ Not\ Run:\ ([0-9]+) ]]; then
    bad=$((BASH_REMATCH[2] + BASH_REMATCH[3]))
    passed=$((passed + BASH_REMATCH[1] - BASH_REMATCH[3] - BASH_REMATCH[4] - BASH_REMATCH[5]))
    failed=$((failed + bad))
    skipped=$((skipped + BASH_REMATCH[4]))
    [ "$code" -ne 0 ] && [ $bad -eq 0 ] && failed=$((failed + 1)) && echo "$name: exited $code although no test failed"
  else
    echo "$name: gave no summary (exit code $code)"
    failed=$((failed + 1))
  fi
  echo "   $((SECONDS - start)) s"
done

[ $skipped -gt 0 ] && { echo "skipped, each with its reason:"; grep -hE '\[SKIP\]|^ +Skipped:' "$results"/*.log | sort | uniq -c | head -n 40; }
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
