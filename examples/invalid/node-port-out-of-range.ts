// 'service.mqtt' (1883) must be a whole number from 30000 to 32767: Kubernetes assigns node ports in this range only; choose a free port of the range
import { App, Chart } from 'cdk8s';
import { EmqxEnterpriseCluster, MqttService } from 'emqx-blue-green';

const app = new App();
new EmqxEnterpriseCluster(new Chart(app, 'emqx-ee'), 'Cluster', {
  name: 'emqx-ee',
  version: '4.4.14',
  service: MqttService.nodePort({ mqtt: 1883 }),
});
app.synth();
