#!/usr/bin/env bash
# The package as npm would publish it: its exports are well-formed; its documents lead only to what is in it, and it is small
# (check-installed.ts); its command line upgrades a cluster; programs for cdk8s compile and run with the constructs alone, and get
# neither Pulumi nor a Kubernetes client with them; Pulumi programs, CommonJS and ESM, compile, find the resource, and by the text in
# its state the provider. Needs `npm run build` before.
# usage: check-package.sh [FOLDER] (made here, left behind; default: one that is removed)
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
folder=${1:-$(mktemp -d)}
sandbox=
trap '[ -z "$sandbox" ] || kill "$sandbox" 2>/dev/null || true; [ -n "${1:-}" ] || rm -rf "$folder"' EXIT
mkdir -p "$folder"
cd "$root"
tarball=$(npm pack --silent --ignore-scripts --pack-destination "$folder")
tools/run publint --strict
tools/run attw "$folder/$tarball" --profile node16
cd "$folder"
npm init --yes >/dev/null
npm install --silent --ignore-scripts "./$tarball"
"$root/node_modules/.bin/tsx" "$root/scripts/check-installed.ts" node_modules
cat >program.js <<'PROGRAM'
const { App, Chart, Duration } = require('cdk8s');
const { EmqxEnterpriseCluster, MqttService } = require('emqx-blue-green');
const app = new App({ outdir: 'manifests' });
new EmqxEnterpriseCluster(new Chart(app, 'emqx'), 'Cluster', {
  name: 'emqx-ee',
  version: '4.4.14',
  service: MqttService.nodePort({ mqtt: 32010 }),
  blueGreenUpdate: {
    initialDelay: Duration.seconds(5),
    evacuationStrategy: {
      connectionEvictionRate: 10,
      sessionEvictionRate: 10,
      waitTakeover: Duration.seconds(5),
    },
  },
});
app.synth();
const foreign = Object.keys(require.cache).filter((file) => /@pulumi|mqtt|simulator|sandbox/.test(file.replace(__dirname, '').replace(/mqtt-service/g, '')));
if (foreign.length > 0) throw new Error(`the constructs load ${foreign.join(', ')}`);
PROGRAM
node program.js
grep -q 'kind: EmqxEnterprise' manifests/*.yaml

# block IMPORT: the README's first program with that import.
block() { awk -v import="$1" '/^```ts/ { within = 1; text = ""; next } /^```/ { if (within && index(text, import)) { printf "%s", text; exit } within = 0 } within { text = text $0 "\n" }' "$root/README.md"; }

# compiles VERSION OPTION…: the TypeScript program of this folder, by that compiler. Declarations of others are not ours to mend: those
# of @grpc/grpc-js, which Pulumi brings, are wrong to some compilers.
compiles() {
  local version=$1 output
  shift
  output=$(node "$compilers/$version/lib/tsc.js" --noEmit --pretty false -p . "$@") || true
  if grep -E 'error TS' <<<"$output" | grep -v '^node_modules/@grpc/'; then
    echo "does not compile: TypeScript $version $*"
    exit 1
  fi
}

# compiles_everywhere NAME: by each compiler, and by each way to find modules.
compiles_everywhere() {
  local version
  for version in ts5.4 ts5.9 ts6; do
    compiles $version --module node16 --moduleResolution node16
    compiles $version --module es2022 --moduleResolution bundler
  done
  compiles ts5.4 --moduleResolution node10
  compiles ts5.9 --moduleResolution node10
  compiles ts6 --moduleResolution node10 --ignoreDeprecations 6.0
  echo "the README's program for $1 compiles with TypeScript 5.4, 5.9 and 6, by node10, node16 and bundler"
}
npm install --silent --ignore-scripts --prefix compilers ts5.4@npm:typescript@5.4 ts5.9@npm:typescript@5.9 ts6@npm:typescript@6
compilers=$PWD/compilers/node_modules

# With the settings that `cdk8s init typescript-app` gives, by each compiler, and by the other ways to find modules.
block "from 'cdk8s'" >first.ts
npm install --silent --ignore-scripts @types/node@20
cp "$root/node_modules/cdk8s-cli/templates/typescript-app/tsconfig.json" tsconfig.json
for version in ts5.4 ts5.9 ts6; do compiles $version; done
compiles_everywhere cdk8s

cat >operator.js <<'PROGRAM'
const { App, Chart } = require('cdk8s');
const { EmqxOperator } = require('emqx-blue-green');
const app = new App({ outdir: 'operator' });
new EmqxOperator(new Chart(app, 'operator'), 'Operator');
app.synth();
PROGRAM
(node operator.js 2>&1 || true) | grep -q 'this construct needs the package cdk8s-plus-27: npm install it'
npm install --silent --ignore-scripts cdk8s-plus-27
node operator.js
grep -q 'kind: Deployment' operator/*.yaml
echo "the operator needs cdk8s-plus-27, and says so"

npx --no-install emqx-blue-green --help >/dev/null
(npx --no-install emqx-blue-green check --kubeconfig nowhere 2>&1 || true) | grep -q 'the kubeconfig nowhere: ENOENT'
echo "a program in an empty folder synthesizes with the constructs alone"

# The packed command line: a whole upgrade of a cluster in the sandbox, and the way through a proxy.
node_modules/.bin/emqx-blue-green sandbox --clients 30 --port 0 --kubeconfig-out kubeconfig >sandbox.log &
sandbox=$!
until grep -q 'clients are connected' sandbox.log; do kill -0 "$sandbox" && sleep 0.2; done
npx --no-install emqx-blue-green upgrade --kubeconfig kubeconfig --set-version 4.4.15 --yes | tail -n 12
npx --no-install emqx-blue-green status --kubeconfig kubeconfig | grep -q 'EMQX 4.4.15: at rest'
sed 's|server: .*|server: https://kubernetes.invalid|' kubeconfig >proxied
(HTTPS_PROXY=http://127.0.0.1:9 npx --no-install emqx-blue-green status --kubeconfig proxied 2>&1 || true) | grep -q ECONNREFUSED
kill "$sandbox"
wait "$sandbox"
sandbox=
echo "the packed command line upgrades a cluster"
if npm ls --all --parseable | grep -E 'node_modules/(@pulumi|@kubernetes)/'; then
  echo "the constructs alone bring the packages above with them"
  exit 1
fi

sdk=$(node -p "require('$root/node_modules/@pulumi/pulumi/package.json').version")
mkdir pulumi
cd pulumi
npm init --yes >/dev/null
npm install --silent --ignore-scripts "../$tarball" "@pulumi/pulumi@$sdk" @types/node@20

# With the settings that `pulumi new typescript` gives, older and newer ones.
block "from 'emqx-blue-green/pulumi'" >index.ts
cat >tsconfig.json <<'SETTINGS'
{
  "compilerOptions": {
    "strict": true, "target": "es2020", "sourceMap": true, "experimentalDecorators": true, "noFallthroughCasesInSwitch": true,
    "noImplicitReturns": true, "forceConsistentCasingInFileNames": true, "module": "commonjs"
  },
  "files": ["index.ts"]
}
SETTINGS
compiles_everywhere Pulumi
cat >program.js <<'PROGRAM'
const pulumi = require('@pulumi/pulumi');
const { EmqxEnterprise, EmqxOperator } = require('emqx-blue-green/pulumi');
require('./run.js')(pulumi, EmqxEnterprise, EmqxOperator);
PROGRAM
cat >program.mjs <<'PROGRAM'
import * as pulumi from '@pulumi/pulumi';
import { EmqxEnterprise, EmqxOperator } from 'emqx-blue-green/pulumi';
import run from './run.js';
run(pulumi.default ?? pulumi, EmqxEnterprise, EmqxOperator);
PROGRAM
cat >run.js <<'PROGRAM'
const assert = require('node:assert');
/** Registers a cluster, and asks the provider that the text in its state leads to, as Pulumi's host does. */
module.exports = (pulumi, EmqxEnterprise, EmqxOperator) => {
  const registered = [];
  pulumi.runtime.setMocks({
    newResource: ({ name, inputs }) => (registered.push(inputs), { id: name, state: inputs }),
    call: ({ inputs }) => inputs,
  });
  const { urn } = new EmqxEnterprise('emqx-ee', { name: 'emqx-ee', version: '4.4.13' });
  urn.apply(async () => {
    // From where Pulumi is, which pnpm keeps apart from the program.
    const requireFromString = require(require.resolve('require-from-string', { paths: [require.resolve('@pulumi/pulumi')] }));
    const provider = requireFromString(registered[0].__provider).handler();
    const { failures } = await provider.check({}, registered[0]);
    assert.deepStrictEqual(failures.map(({ property }) => property), ['version']);
    const foreign = Object.keys(require.cache).filter((file) => /@pulumi.kubernetes|simulator|sandbox/.test(file));
    assert.deepStrictEqual(foreign, []);
    assert.throws(() => new EmqxOperator('operator'), /needs the package @pulumi\/kubernetes: npm install it/);
    console.log('done');
  });
};
PROGRAM
programs() {
  for program in program.js program.mjs; do
    [ "$(node $program)" = done ] || { echo "$program does not come to its end ($1)"; exit 1; }
  done
  echo "Pulumi programs in an empty folder find the resource and its provider ($1)"
}
programs npm

mkdir ../pnpm
cp program.js program.mjs run.js ../pnpm
cd ../pnpm
npm init --yes >/dev/null
npx --yes pnpm@10 add --silent --ignore-scripts "../$tarball" "@pulumi/pulumi@$sdk"
programs pnpm
