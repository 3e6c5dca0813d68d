// 'config' (hidden) must be HOCON that the operator can read, too: at line 1, column 37 there is a character (:) that a value without quotes cannot have; write the value in double quotes
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
  config: 'listeners.tcp.default.bind = 0.0.0.0:1883',
});
app.synth();
