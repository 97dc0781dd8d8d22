#!/usr/bin/env bash
# Unpacks other Debian suites' kubectl into out/tools/kubectl-SUITE, for the tests that use real clients; nothing is installed on the machine.
# Usage: eng/kubectl.sh [SUITE ...]   (default: bookworm trixie sid). A suite that can't be had is said and left out.
set -uo pipefail
cd "$(dirname "$0")/.."
tools=$PWD/out/tools
mkdir -p "$tools"

for suite in "${@:-bookworm trixie sid}"; do for name in $suite; do
  target=$tools/kubectl-$name
  [ -x "$target" ] && continue
  work=$(mktemp -d)
  mkdir -p "$work"/{lists/partial,archives/partial}
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian $name main" >"$work/sources.list"
  apt=(-o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$work/lists" -o Dir::Cache="$work" -o Dir::State::status=/dev/null -o APT::Sandbox::User=root)
  if (cd "$work" && apt-get "${apt[@]}" update && { apt-get "${apt[@]}" download kubectl || apt-get "${apt[@]}" download kubernetes-client; } \
      && dpkg-deb -x ./*.deb unpacked && install -m 755 "unpacked/usr/bin/kubectl" "$target") >"$work/log" 2>&1; then
    echo "kubectl of $name: $("$target" version --client 2>/dev/null | head -n 1)"
  else
    echo "kubectl of $name: not to be had here ($(grep -m1 -E '^E:' "$work/log" || tail -n 1 "$work/log"))"
  fi
  rm -rf "$work"
done; done
exit 0
