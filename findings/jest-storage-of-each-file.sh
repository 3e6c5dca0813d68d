#!/usr/bin/env bash
# Jest 30.5: each file of tests makes every promise of the files after it slower, in the same worker.
#
# jest-circus runs each test in an AsyncLocalStorage, to know which test a late error belongs to. It is loaded anew for each file, and so is
# the storage; none is disabled when its file is over. On Node 20 a storage in use is a hook that each new promise calls, so that code
# that lives by promises takes longer with every file that a worker has run: three times as long after 150 of them. (Node 24 keeps the
# context without hooks.) An environment that disables the storages of its file helps: see test/_clean-environment.js.
#
# Seen with jest-circus 30.5.2 on Node 20.20.2: 20,000 promises take 0.03 s in the second file, and 0.3 s in the 100th.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "name": "files", "private": true }' >package.json
npm install --silent --no-save --ignore-scripts jest@30.5.2 >/dev/null
for number in $(seq 100); do
  cat >"$number.test.js" <<'PROGRAM'
test('promises', async () => {
  const began = process.cpuUsage();
  for (let left = 2e4; left > 0; left--) await undefined;
  require('node:fs').appendFileSync(process.env.TIMES, `${process.cpuUsage(began).user / 1e6}\n`);
});
PROGRAM
done
TIMES=$PWD/times npx --no-install jest --runInBand --silent >/dev/null 2>&1
# The first is slower than those after it, because nothing is compiled yet.
first=$(sed -n 2p times) last=$(tail -1 times)
echo "the second file: $first s; the last: $last s"
node -e 'process.exit(Number(process.argv[2]) > 2 * Number(process.argv[1]) ? 0 : 1)' "$first" "$last" || {
  echo 'expected: the last takes more than twice as long'
  exit 1
}
