// 'license' (hidden) must be left out where config sets it: the configuration says the same in another place, and one of the two would be ignored; leave out the one or the other
import { App, Chart, Duration } from 'cdk8s';
import { EmqxCluster, License } from 'emqx-blue-green';

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
  license: License.inline('do-not-print-me'),
  config: { license: { key: 'do-not-print-me' } },
});
app.synth();
