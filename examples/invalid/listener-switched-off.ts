// 'emqxConfig["listener.tcp.external"]' ("") must be a port, alone or after an address that other pods can reach: the Service publishes this listener, and no device could connect; write for example "11883", and the Service routes to it; or leave the listener out of the Service
import { App, Chart } from 'cdk8s';
import { EmqxEnterpriseCluster, MqttService } from 'emqx-blue-green';

const app = new App();
new EmqxEnterpriseCluster(new Chart(app, 'emqx-ee'), 'Cluster', {
  name: 'emqx-ee',
  version: '4.4.14',
  emqxConfig: { 'listener.tcp.external': '' },
  service: MqttService.nodePort({ mqtt: 32010 }),
});
app.synth();
