import { App, Chart, Duration } from 'cdk8s';
import { EmqxEnterpriseCluster, MqttService } from 'emqx-blue-green';

// Three nodes, reached through port 32010 of any Kubernetes node. To upgrade, change the version.
const app = new App();
new EmqxEnterpriseCluster(new Chart(app, 'emqx-ee'), 'Cluster', {
  name: 'emqx-ee',
  version: '4.4.14',
  blueGreenUpdate: {
    initialDelay: Duration.seconds(5),
    evacuationStrategy: {
      connectionEvictionRate: 10,
      sessionEvictionRate: 10,
      waitTakeover: Duration.seconds(5),
    },
  },
  service: MqttService.nodePort({ mqtt: 32010 }),
});
app.synth();
