// 'service.mqtt' (32010) must be left out: a Service of type LoadBalancer has no node ports to choose; name the listener in listeners: ['mqtt'], or use MqttService.nodePort
import { App, Chart } from 'cdk8s';
import { EmqxEnterpriseCluster, MqttService } from 'emqx-blue-green';

const app = new App();
new EmqxEnterpriseCluster(new Chart(app, 'emqx-ee'), 'Cluster', {
  name: 'emqx-ee',
  version: '4.4.14',
  // @ts-expect-error a load balancer has no node ports to choose
  service: MqttService.loadBalancer({ mqtt: 32010 }),
});
app.synth();
