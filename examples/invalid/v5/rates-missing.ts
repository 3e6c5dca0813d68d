// 'blueGreenUpdate' (missing) must be given, with the rates at which devices may be moved: the operator would otherwise move 1,000 devices a second from a node; write blueGreenUpdate: { evacuationStrategy: { connectionEvictionRate: 100, sessionEvictionRate: 100, waitTakeover: Duration.seconds(10) } }
import { App, Chart } from 'cdk8s';
import { EmqxCluster } from 'emqx-blue-green';

const app = new App();
new EmqxCluster(new Chart(app, 'emqx'), 'Cluster', {
  name: 'emqx',
  version: '5.8.9',
} as never);
app.synth();
