// 'service' ("mqtts") must be of listeners that are on, and bound to a port: no device could connect to the one that is published; leave the listener out of the Service, or switch it on in config
import { App, Chart, Duration } from 'cdk8s';
import { EmqxCluster, MqttService } from 'emqx-blue-green';

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
  config: { 'listeners.ssl.default.enable': false },
  service: MqttService.nodePort({ mqtts: 32010 }),
});
app.synth();
