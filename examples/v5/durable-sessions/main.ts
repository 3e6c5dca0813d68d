import { App, Chart, Duration, Size } from 'cdk8s';
import { EmqxCluster } from 'emqx-blue-green';

// Durable sessions: the messages of offline devices are in a database on the cores, each shard of it on three of them, so that they
// outlive any one core. Cores need volumes for it.
const app = new App();
new EmqxCluster(new Chart(app, 'meters'), 'Cluster', {
  name: 'meters',
  version: '5.8.9',
  blueGreenUpdate: {
    evacuationStrategy: {
      connectionEvictionRate: 200,
      sessionEvictionRate: 200,
      waitTakeover: Duration.seconds(30),
    },
  },
  cores: { replicas: 3, persistence: { size: Size.gibibytes(50) } },
  config: {
    durable_sessions: { enable: true },
    durable_storage: { messages: { n_sites: 3, replication_factor: 3 } },
  },
});
app.synth();
