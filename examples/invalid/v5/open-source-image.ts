// 'image' ("emqx/emqx:5.8.9") must be an image of EMQX Enterprise from 5.1.1 on, with its whole version as tag: the open-source EMQX of up to 5.8 cannot evacuate a node, and the operator removes old nodes with all clients on them; choose emqx/emqx-enterprise, or from 5.9 on emqx/emqx, which is the same edition
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
  image: { repository: 'emqx/emqx' },
});
app.synth();
