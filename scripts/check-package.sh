#!/usr/bin/env bash
# The package as npm would publish it: its exports are well-formed, and a program in an empty folder that uses the
# constructs alone loads neither Pulumi nor a Kubernetes client. Needs `npm run build` before.
# usage: check-package.sh FOLDER (made here, left behind)
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
folder=${1:?folder}
mkdir -p "$folder"
cd "$root"
tarball=$(npm pack --silent --ignore-scripts --pack-destination "$folder")
npx --no-install publint --strict
npx --no-install attw "$folder/$tarball" --profile node16
cd "$folder"
npm init --yes >/dev/null
npm install --silent --ignore-scripts "./$tarball" cdk8s constructs
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
const foreign = Object.keys(require.cache).filter((file) => /@pulumi|@kubernetes\/client-node|mqtt|simulator|sandbox/.test(file.replace(__dirname, '').replace(/mqtt-service/g, '')));
if (foreign.length > 0) throw new Error(`the constructs load ${foreign.join(', ')}`);
PROGRAM
node program.js
grep -q 'kind: EmqxEnterprise' manifests/*.yaml
npx --no-install emqx-blue-green --help >/dev/null
echo "a program in an empty folder synthesizes with the constructs alone"
