// 'cores.env.EMQX_NODE__NAME' (hidden) must be left out: the operator looks for each node under the name it chose, takes all others for stopped, and removes them with all clients on them; remove the variable
import { App, Chart, Duration } from 'cdk8s';
import { EmqxCluster, EnvValue } from 'emqx-blue-green';

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
  cores: { env: { EMQX_NODE__NAME: EnvValue.fromValue('do-not-print-me') } },
});
app.synth();
