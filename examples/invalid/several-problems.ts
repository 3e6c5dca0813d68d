// 'name' ("EMQX") must be a DNS label of 1 to 41 characters: a-z, 0-9 and '-', a letter first, no '-' last: the host names of the nodes and the names of the Services are built from it; choose a name like "emqx-ee"
// 'version' ("4.4.13") must be a version from 4.4.14 up to, but not including, 5.0.0: older versions, and pre-releases of this one, are refused by the operator; choose 4.4.14 or later
// 'replicas' (0) must be a whole number of at least 1: without a node nothing can take the connections over; set the number of EMQX nodes, for example 3
// 'blueGreenUpdate.evacuationStrategy.connectionEvictionRate' (0) must be a whole number of at least 1: the operator sends a missing rate as 0, EMQX refuses 0, and the upgrade hangs without an error; set how many connections a node may evict per second, for example 10
// 'blueGreenUpdate.evacuationStrategy.sessionEvictionRate' (2.5) must be a whole number of at least 1: the API server refuses fractions; set how many sessions a node may evict per second, for example 10
// 'blueGreenUpdate.evacuationStrategy.waitTakeover' (0.5) must be a whole number of seconds from 1 to 4294967: the API server refuses fractions; set how long a client may take to come back before its session is moved, for example 5
// 'service' (missing) must be one or more of mqtt, mqtts, ws, wss, each once: without a listener no device can connect, and no other port is published; give a listener its port, for example mqtt: 32010
import { App, Chart, Duration } from 'cdk8s';
import { EmqxEnterpriseCluster, MqttService } from 'emqx-blue-green';

const app = new App();
new EmqxEnterpriseCluster(new Chart(app, 'emqx-ee'), 'Cluster', {
  name: 'EMQX',
  version: '4.4.13',
  replicas: 0,
  blueGreenUpdate: {
    evacuationStrategy: {
      connectionEvictionRate: 0,
      sessionEvictionRate: 2.5,
      waitTakeover: Duration.millis(500),
    },
  },
  service: MqttService.nodePort({}),
});
app.synth();
