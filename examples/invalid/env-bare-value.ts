// 'env.TZ' (hidden) must be an EnvValue: a value is given here, or taken from a Secret or a ConfigMap; write for example EnvValue.fromValue('UTC')
import { App, Chart } from 'cdk8s';
import { EmqxEnterpriseCluster } from 'emqx-blue-green';

const app = new App();
new EmqxEnterpriseCluster(new Chart(app, 'emqx-ee'), 'Cluster', {
  name: 'emqx-ee',
  version: '4.4.14',
  // @ts-expect-error a value is given, or taken from a Secret or a ConfigMap
  env: { TZ: 'do-not-print-me' },
});
app.synth();
