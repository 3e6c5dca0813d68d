// 'exposure' ("operator") must be "own" with blueGreenUpdate.hold: while it is held, the operator leaves its Service at the old nodes, which refuse devices once they are emptied; leave exposure out, and the upgrade command switches the Service
import { App, Chart, Duration } from 'cdk8s';
import { EmqxEnterpriseCluster } from 'emqx-blue-green';

const app = new App();
new EmqxEnterpriseCluster(new Chart(app, 'emqx-ee'), 'Cluster', {
  name: 'emqx-ee',
  version: '4.4.14',
  exposure: 'operator',
  blueGreenUpdate: {
    evacuationStrategy: {
      connectionEvictionRate: 10,
      sessionEvictionRate: 10,
      waitTakeover: Duration.seconds(5),
    },
    hold: true,
  },
});
app.synth();
