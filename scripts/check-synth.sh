#!/usr/bin/env bash
# `npx cdk8s synth`, as a user runs it, writes exactly the manifests that are committed.
set -euo pipefail
cd "$(dirname "$0")/.."
npm run --silent synth
git diff --exit-code --stat -- examples
[ -z "$(git status --porcelain -- examples)" ]
