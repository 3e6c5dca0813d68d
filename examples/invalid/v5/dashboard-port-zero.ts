// 'dashboard.port' (0) must be a whole number from 1 to 65535: the probes of the nodes, the operator and an upgrade use this port; leave it out: it is 18083 then
import { App, Chart, Duration } from 'cdk8s';
import { EmqxCluster } from 'emqx-blue-green';

const app = new App();
new EmqxCluster(new Chart(app, 'emqx'), 'Cluster', {
  name: 'emqx',
  version: '5.8.9',
  blueGreenUpdate: {
    evacuationStrategy: {
      connectionEvictionRate: 100,
      sessionEvictionRate: 100,
      waitTakeover: Duration.seconds(10),
    },
  },
  dashboard: { port: 0 },
});
app.synth();
