// 'version' ("4.4.19") must be a version from 5.1.1 on: EMQX 4.4 is described by another custom resource, that of EmqxEnterpriseCluster; use EmqxEnterpriseCluster, or choose a later version
import { App, Chart, Duration } from 'cdk8s';
import { EmqxCluster } from 'emqx-blue-green';

const app = new App();
new EmqxCluster(new Chart(app, 'emqx'), 'Cluster', {
  name: 'emqx',
  blueGreenUpdate: {
    evacuationStrategy: {
      connectionEvictionRate: 100,
      sessionEvictionRate: 100,
      waitTakeover: Duration.seconds(10),
    },
  },
  version: '4.4.19',
});
app.synth();
