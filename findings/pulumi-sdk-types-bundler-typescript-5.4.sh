#!/usr/bin/env bash
# @pulumi/pulumi 3.248.0 with @grpc/grpc-js 1.14.7 and long 5.3.2, on Node 20.
#
# A program that imports nothing but @pulumi/pulumi compiles with TypeScript 5.9 by every way to find modules, and with TypeScript 5.4
# by node16 and node10. With TypeScript 5.4, `module: es2022` and `moduleResolution: bundler` it gets 32 errors TS2709 "Cannot use
# namespace 'Long' as a type", all in declarations of @grpc/grpc-js: it takes `Long` from @grpc/proto-loader as a type, and there
# it comes from `export =` of the package long. One would expect `bundler`, the most lenient of the three, to be the last to fail.
# So a library for Pulumi that is compiled by its users without skipLibCheck has to tell its own errors from these.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --ignore-scripts @pulumi/pulumi@3.248.0 @grpc/grpc-js@1.14.7 long@5.3.2 @types/node@20.19.43 \
  ts5.4@npm:typescript@5.4.5 ts5.9@npm:typescript@5.9.3
cat >index.ts <<'PROGRAM'
import * as pulumi from '@pulumi/pulumi';
export const name = new pulumi.Config().name;
PROGRAM

# errors VERSION OPTION…: how many, and in how many packages.
errors() {
  local version=$1 output
  shift
  output=$(node "node_modules/$version/lib/tsc.js" --noEmit --pretty false --strict --target es2020 index.ts "$@" || true)
  echo "$version $*: $(grep -c 'error TS' <<<"$output" || true) errors, $(grep -c '^node_modules/@grpc/grpc-js/.*TS2709' <<<"$output" || true) of them TS2709 in @grpc/grpc-js"
}
seen=$(
  for version in ts5.4 ts5.9; do
    errors $version --module commonjs --moduleResolution node10
    errors $version --module node16 --moduleResolution node16
    errors $version --module es2022 --moduleResolution bundler
  done
)
expected='ts5.4 --module commonjs --moduleResolution node10: 0 errors, 0 of them TS2709 in @grpc/grpc-js
ts5.4 --module node16 --moduleResolution node16: 0 errors, 0 of them TS2709 in @grpc/grpc-js
ts5.4 --module es2022 --moduleResolution bundler: 32 errors, 32 of them TS2709 in @grpc/grpc-js
ts5.9 --module commonjs --moduleResolution node10: 0 errors, 0 of them TS2709 in @grpc/grpc-js
ts5.9 --module node16 --moduleResolution node16: 0 errors, 0 of them TS2709 in @grpc/grpc-js
ts5.9 --module es2022 --moduleResolution bundler: 0 errors, 0 of them TS2709 in @grpc/grpc-js'
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo 'this has changed'; exit 1; }
