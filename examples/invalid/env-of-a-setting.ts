// 'env.EMQX_CLUSTER__DISCOVERY' (hidden) must be left out: it would override the setting 'cluster.discovery', which the operator or the Service relies on; give the value in emqxConfig, and only there
import { App, Chart } from 'cdk8s';
import { EmqxEnterpriseCluster, EnvValue } from 'emqx-blue-green';

const app = new App();
new EmqxEnterpriseCluster(new Chart(app, 'emqx-ee'), 'Cluster', {
  name: 'emqx-ee',
  version: '4.4.14',
  env: { EMQX_CLUSTER__DISCOVERY: EnvValue.fromValue('do-not-print-me') },
});
app.synth();
