#!/usr/bin/env bash
# npm 10: an override that names a folder (`"overrides": { "b": "file:mine" }`) is written to the lock file relative to the package that
# depends on b, not to the project. `npm install` and `npm ci` end with exit code 0, but `npm ci` links b to a folder that does not exist.
# npm 11 writes the same lock file, and links b to the right folder.
#
# Paths in package.json are relative to the project everywhere else, and an override belongs to the project alone. What helps: name the
# folder as a dependency of the project, and refer to it in the override (`"b": "$b"`).
#
# Seen with npm 10.8.2 on Node 20.20.2, with chalk 4.1.2, which needs ansi-styles (with npm 11.19.1 it loads both times):
#   file:mine: locked as node_modules/chalk/mine; after `npm ci` chalk loads: no
#   $ansi-styles: locked as mine; after `npm ci` chalk loads: yes
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export npm_config_audit=false npm_config_fund=false npm_config_update_notifier=false

# seen NPM OVERRIDE DEPENDENCIES: what is locked, and what comes of it.
seen() {
  mkdir -p "$folder/$1-$2/mine"
  cd "$folder/$1-$2"
  echo '{ "name": "ansi-styles", "version": "4.3.0" }' >mine/package.json
  echo 'module.exports = {};' >mine/index.js
  echo "{ \"private\": true, \"dependencies\": { $3 \"chalk\": \"4.1.2\" }, \"overrides\": { \"ansi-styles\": \"$2\" } }" >package.json
  npx --yes "npm@$1" install --silent
  rm -r node_modules
  npx --yes "npm@$1" ci --silent
  node -e '
    const { resolved } = require("./package-lock.json").packages["node_modules/ansi-styles"];
    let loads = "yes";
    try { require("chalk"); } catch { loads = "no"; }
    console.log(`${process.argv[1]}: locked as ${resolved}; after \`npm ci\` chalk loads: ${loads}`);' "$2"
}

for version in 10.8.2 11.19.1; do
  loads=no
  [ "$version" = 10.8.2 ] || loads=yes
  expected="file:mine: locked as node_modules/chalk/mine; after \`npm ci\` chalk loads: $loads
\$ansi-styles: locked as mine; after \`npm ci\` chalk loads: yes"
  said=$(seen "$version" file:mine '' && seen "$version" '$ansi-styles' '"ansi-styles": "file:mine",')
  printf 'npm %s\n%s\n' "$version" "$said"
  [ "$said" = "$expected" ] || { printf 'expected:\n%s\n' "$expected"; exit 1; }
done
