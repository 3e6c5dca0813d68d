// 'persistence.size' (20) must be a Size: a bare number does not say its unit; write for example Size.gibibytes(8), of cdk8s
import { App, Chart } from 'cdk8s';
import { EmqxEnterpriseCluster } from 'emqx-blue-green';

const app = new App();
new EmqxEnterpriseCluster(new Chart(app, 'emqx-ee'), 'Cluster', {
  name: 'emqx-ee',
  version: '4.4.14',
  persistence: {
    // @ts-expect-error a bare number does not say its unit
    size: 20,
  },
});
app.synth();
