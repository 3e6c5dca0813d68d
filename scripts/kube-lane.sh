#!/usr/bin/env bash
# The tests that need a real API server: starts the control plane that lies beside this repository, runs test-kube/ on it,
# and stops it, whatever happened. Without one those tests count as skipped. Arguments go to jest.
set -euo pipefail
cd "$(dirname "$0")/.."
testbed=$PWD/../shared/testbed
suite() { npx --no-install jest --config jest.kube.config.js "$@"; }

if [ ! -x "$testbed/up.sh" ]; then
  echo "skipped: there is no control plane at $testbed"
  unset K8SLAB_DIR
  suite "$@"
  exit
fi

K8SLAB_BIN=$("$testbed/build.sh")
work=$(mktemp -d)
export K8SLAB_BIN K8SLAB_DIR=$work/lab
trap '"$testbed/down.sh" "$K8SLAB_DIR" || true; rm -rf "$work"' EXIT
cp test-kube/_audit-policy.yaml "$work/audit-policy.yaml"
export K8SLAB_APISERVER_FLAGS="--audit-policy-file=$work/audit-policy.yaml --audit-log-path=$K8SLAB_DIR/audit.log"
"$testbed/up.sh" -n 2 -d "$K8SLAB_DIR" >"$work/env"
. "$work/env"

code=0
suite "$@" || code=$?
[ ! -f "$K8SLAB_DIR/measured" ] || cat "$K8SLAB_DIR/measured"
[ ! -f "$K8SLAB_DIR/tally" ] || sort -u "$K8SLAB_DIR/tally" | awk '
  { count[$1]++ }
  $1 == "skipped"
  END { printf "objects: %d accepted, %d refused, %d skipped\n", count["accepted"], count["refused"], count["skipped"] }'
exit "$code"
