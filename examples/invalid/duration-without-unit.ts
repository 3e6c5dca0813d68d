// 'blueGreenUpdate.initialDelay' (5) must be a Duration: a bare number does not say its unit; write for example Duration.seconds(5), of cdk8s
import { App, Chart, Duration } from 'cdk8s';
import { EmqxEnterpriseCluster } from 'emqx-blue-green';

const app = new App();
new EmqxEnterpriseCluster(new Chart(app, 'emqx-ee'), 'Cluster', {
  name: 'emqx-ee',
  version: '4.4.14',
  blueGreenUpdate: {
    // @ts-expect-error a bare number does not say its unit
    initialDelay: 5,
    evacuationStrategy: {
      connectionEvictionRate: 10,
      sessionEvictionRate: 10,
      waitTakeover: Duration.seconds(5),
    },
  },
});
app.synth();
