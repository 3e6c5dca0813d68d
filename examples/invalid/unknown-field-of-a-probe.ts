// 'probes.liveness.periodSecond' (30) must be a known field: there is no such field here, and it would be dropped silently; did you mean 'periodSeconds'?
import { App, Chart } from 'cdk8s';
import { EmqxEnterpriseCluster } from 'emqx-blue-green';

const app = new App();
new EmqxEnterpriseCluster(new Chart(app, 'emqx-ee'), 'Cluster', {
  name: 'emqx-ee',
  version: '4.4.14',
  // @ts-expect-error an editor says so, too; a program in JavaScript has nobody else to
  probes: { liveness: { httpGet: { path: '/status', port: 8081 }, periodSecond: 30 } },
});
app.synth();
