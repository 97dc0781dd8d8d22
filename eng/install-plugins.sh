#!/usr/bin/env bash
# One executable, many names: puts a hard link for each plugin beside the others, as a CNI bin dir holds them.
# Usage: eng/install-plugins.sh EXECUTABLE BIN-DIR
set -euo pipefail
executable=$1 directory=$2
mkdir -p "$directory"
names=$("$executable" --list)
first=$(head -n 1 <<<"$names")
cp -f --remove-destination "$executable" "$directory/$first"
tail -n +2 <<<"$names" | while read -r name; do ln -f "$directory/$first" "$directory/$name"; done
