import { App, Chart, Duration } from 'cdk8s';
import { EmqxEnterpriseCluster, License, MqttService } from 'emqx-blue-green';

// Five nodes behind a cloud's load balancer, with a license. Applied by GitOps, an upgrade builds the new nodes and waits.
const app = new App();
new EmqxEnterpriseCluster(new Chart(app, 'telemetry'), 'Cluster', {
  name: 'telemetry',
  namespace: 'messaging',
  version: '4.4.19',
  replicas: 5,
  license: License.fromSecret('emqx-license'),
  emqxConfig: { 'mqtt.max_packet_size': '2MB' },
  blueGreenUpdate: {
    initialDelay: Duration.minutes(1),
    evacuationStrategy: {
      connectionEvictionRate: 200,
      sessionEvictionRate: 200,
      waitTakeover: Duration.seconds(30),
    },
  },
  tls: { secretName: 'telemetry-tls' },
  service: MqttService.loadBalancer({
    listeners: ['mqtt', 'mqtts', 'wss'],
    annotations: { 'service.beta.kubernetes.io/aws-load-balancer-type': 'nlb' },
  }),
});
app.synth();
