import { App, Chart, Duration } from 'cdk8s';
import { EmqxCluster, MqttService } from 'emqx-blue-green';

// EMQX 5 in its smallest form: three cores, which hold the connections, too, reached through port 32010 of any Kubernetes node.
const app = new App();
new EmqxCluster(new Chart(app, 'emqx'), 'Cluster', {
  name: 'emqx',
  version: '5.8.9',
  blueGreenUpdate: {
    initialDelay: Duration.seconds(5),
    evacuationStrategy: {
      connectionEvictionRate: 100,
      sessionEvictionRate: 100,
      waitTakeover: Duration.seconds(10),
    },
  },
  cores: { replicas: 3 },
  service: MqttService.nodePort({ mqtt: 32010 }),
});
app.synth();
