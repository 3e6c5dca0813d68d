#!/usr/bin/env bash
# cdk8s-plus-27 (the construct library, for whoever writes manifests) lists `backport`, a command for cherry-picking pull requests, in its
# optionalDependencies: every installation of the library brings that command, and more than 100 packages that it needs.
#
# An optional dependency is expected to be something that the library uses where it is there, such as a faster native addon. Nothing in the
# library loads this one: without it the library works the same. Its sibling of the same project, cdk8s-plus-33, has none.
#
# Seen with cdk8s-plus-27 2.9.5, cdk8s 2.70.106, constructs 10.8.1 (what other versions of the transitive packages change is their number):
#   cdk8s-plus-27: optionalDependencies {"backport":"8.5.0"}, cdk8s-plus-33: optionalDependencies undefined
#   files of cdk8s-plus-27 that name it as a module: 0
#   packages in node_modules: more than 100 more with it than without it
#   without it: a Deployment is rendered
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

installed() {
  mkdir "$folder/$1"
  cd "$folder/$1"
  npm init --yes >/dev/null
  npm install --silent --ignore-scripts --no-audit --no-fund "${@:2}" \
    cdk8s-plus-27@2.9.5 cdk8s-plus-33@2.5.57 cdk8s@2.70.106 constructs@10.8.1 >/dev/null
}

installed with
installed without --omit=optional

said=$(
  cd "$folder/without"
  node -p 'const of = (name) => JSON.stringify(require(`./node_modules/${name}/package.json`).optionalDependencies);
    `cdk8s-plus-27: optionalDependencies ${of("cdk8s-plus-27")}, cdk8s-plus-33: optionalDependencies ${of("cdk8s-plus-33")}`'
  echo "files of cdk8s-plus-27 that name it as a module: $(grep -rlE "(require\(|from )['\"]backport['\"]" node_modules/cdk8s-plus-27/lib | wc -l)"
  more=$(($(npm --prefix "$folder/with" ls --all --parseable 2>/dev/null | sort -u | wc -l) - $(npm --prefix "$folder/without" ls --all --parseable 2>/dev/null | sort -u | wc -l)))
  if [ "$more" -gt 100 ]; then echo 'packages in node_modules: more than 100 more with it than without it'; else echo "packages in node_modules: $more more with it"; fi
  node -e '
    const { Testing } = require("cdk8s"), { Deployment } = require("cdk8s-plus-27");
    const chart = Testing.chart();
    new Deployment(chart, "d", { containers: [{ image: "x" }] });
    console.log(`without it: a ${Testing.synth(chart)[0].kind} is rendered`);'
)
echo "$said"
expected='cdk8s-plus-27: optionalDependencies {"backport":"8.5.0"}, cdk8s-plus-33: optionalDependencies undefined
files of cdk8s-plus-27 that name it as a module: 0
packages in node_modules: more than 100 more with it than without it
without it: a Deployment is rendered'
[ "$said" = "$expected" ] || { echo "this has changed; expected:"; echo "$expected"; exit 1; }
