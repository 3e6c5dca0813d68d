// 'service.loadBalancerSourceRanges[1]' ("198.51.100.7") must be a block of addresses in CIDR notation: Kubernetes refuses other forms, also of one address; write for example "10.0.0.0/8", or "192.0.2.7/32" for one address
import { App, Chart } from 'cdk8s';
import { EmqxEnterpriseCluster, MqttService } from 'emqx-blue-green';

const app = new App();
new EmqxEnterpriseCluster(new Chart(app, 'emqx-ee'), 'Cluster', {
  name: 'emqx-ee',
  version: '4.4.14',
  service: MqttService.loadBalancer({ loadBalancerSourceRanges: ['203.0.113.0/24', '198.51.100.7'] }),
});
app.synth();
