#!/usr/bin/env bash
# npm: the command line of `npm exec TOOL ARGUMENT…` in /proc is one word, and its last path is not the program's.
#
# npm sets its title to "npm", the command and all of its arguments, with blanks between them. Linux shows a title where the arguments of
# the process were: /proc/PID/cmdline has no NUL between them any more. Whoever looks for a program among the ancestors of a process by
# the base name of the first word finds that of the last argument of npm: with `npm exec TOOL test/NAME` it is NAME. The tool itself, which
# sets no title, is listed word by word.
#
# Seen with npm 10.9.4 and 11.6.2 on Node 20.20.2, Linux: the first word is "npm exec show one test/shown"
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{}' >package.json
mkdir -p node_modules/.bin
cat >node_modules/.bin/show <<'PROGRAM'
#!/usr/bin/env node
const { readFileSync } = require('node:fs');
const path = require('node:path');
const parentOf = (pid) => Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))[1]);
const wordsOf = (pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter((word) => word !== '');
const found = [];
for (let pid = process.pid; pid > 1; pid = parentOf(pid)) found.push(wordsOf(pid));
const npm = found.find(([first = '']) => first.startsWith('npm exec'));
console.log(`own: ${found[0].length} words; npm: ${npm?.length} word, ${JSON.stringify(npm?.[0])}, base name ${path.basename(npm?.[0] ?? '')}`);
PROGRAM
chmod +x node_modules/.bin/show
# expect VERSION OUTPUT
expect() {
  npm install --silent --no-save --ignore-scripts --prefix "npm$1" "npm@$1" >/dev/null
  local said
  said=$(node "npm$1/node_modules/npm/bin/npm-cli.js" exec show one test/shown)
  echo "npm $1: $said"
  [ "$said" = "$2" ] || { echo "expected: $2"; exit 1; }
}
wanted='own: 4 words; npm: 1 word, "npm exec show one test/shown", base name shown'
expect 10.9.4 "$wanted"
expect 11.6.2 "$wanted"
