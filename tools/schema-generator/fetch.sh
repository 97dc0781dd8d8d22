#!/usr/bin/env bash
# Unpacks Debian's newest packages of Kubernetes' Go types into FOLDER, installing nothing. Prints the folder that schema-generator reads.
#   tools/schema-generator/fetch.sh FOLDER
# The same folder serves the tests' witnesses: KUBERNETES_API_TESTDATA=GO_ROOT/k8s.io/api/testdata KUBERNETES_CLIENT_GO=GO_ROOT/k8s.io/client-go
set -euo pipefail
folder=$(mkdir -p "${1:?folder}" && cd "$1" && pwd)
mkdir -p "$folder"/{lists/partial,cache/archives/partial,root}
echo 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian sid main' > "$folder/sources.list"
apt=(-qq -o Dir::Etc::sourcelist="$folder/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::State::lists="$folder/lists" -o Dir::Cache="$folder/cache")
apt-get "${apt[@]}" update >&2
cd "$folder"
for package in golang-k8s-api-dev golang-k8s-apimachinery-dev golang-k8s-apiextensions-apiserver-dev golang-k8s-client-go-dev; do
    apt-get "${apt[@]}" download "$package" >&2
    dpkg-deb -x "$folder/$package"_*.deb "$folder/root"
done
echo "$folder/root/usr/share/gocode/src"
