// 'service.mqtts' (32010) must be given once: a node port belongs to one port of one Service; choose another port for one of them
import { App, Chart } from 'cdk8s';
import { EmqxEnterpriseCluster, MqttService } from 'emqx-blue-green';

const app = new App();
new EmqxEnterpriseCluster(new Chart(app, 'emqx-ee'), 'Cluster', {
  name: 'emqx-ee',
  version: '4.4.14',
  service: MqttService.nodePort({ mqtt: 32010, mqtts: 32010 }),
});
app.synth();
