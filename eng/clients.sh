#!/usr/bin/env bash
# Unpacks other people's Kubernetes clients into out/clients, for the tests that talk to the API server through them: Debian's
# python3-kubernetes and npm's @kubernetes/client-node (kubectl: see kubectl.sh). Nothing is installed; what a registry lacks is left out,
# and the tests skip it by name.
set -u
cd "$(dirname "$0")/.." || exit 1
out=$PWD/out/clients
mkdir -p "$out"

mkdir -p "$out/.debs"
for package in kubernetes cachetools certifi chardet charset-normalizer dateutil pyasn1 pyasn1-modules rsa google-auth idna urllib3 requests requests-oauthlib oauthlib websocket six yaml; do
    [ -e "$out/.debs/$package" ] && continue
    (cd "$out/.debs" && apt-get -qq -o APT::Sandbox::User=root download "python3-$package" && dpkg -x "python3-$package"_*.deb "$out/python") \
        && touch "$out/.debs/$package" || echo "clients: no python3-$package"
done

if command -v npm > /dev/null && [ ! -e "$out/node/node_modules/@kubernetes/client-node" ]; then
    mkdir -p "$out/node"
    npm --prefix "$out/node" --silent --no-audit --no-fund install @kubernetes/client-node@1.4 > /dev/null || echo "clients: no @kubernetes/client-node"
fi
