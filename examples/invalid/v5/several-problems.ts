// 'name' ("EMQX") must be a DNS label of 1 to 36 characters: a-z, 0-9 and '-', a letter first, no '-' last: the host names of the nodes and the names of the Services are built from it; choose a name like "emqx-ee"
// 'version' ("5.0.0") must be a version from 5.1.1 on: operator 2.2 does not support older versions; choose a later version
// 'clusterDomain' ("k8s.example.com") must be left out, or cluster.local: operator 2.2 looks for cores under this domain only, takes all others for stopped, and removes them with all clients on them; leave it out; with another DNS domain no upgrade is safe
// 'blueGreenUpdate.evacuationStrategy.connectionEvictionRate' (0) must be a whole number of at least 1: the operator sends a missing rate as 0, EMQX refuses 0, and the upgrade hangs without an error; set how many connections a node may evict per second, for example 10
// 'blueGreenUpdate.evacuationStrategy.sessionEvictionRate' (2.5) must be a whole number of at least 1: the API server refuses fractions; set how many sessions a node may evict per second, for example 10
// 'blueGreenUpdate.evacuationStrategy.waitTakeover' (0.5) must be a whole number of seconds from 1 to 4294967: the API server refuses fractions; set how long a client may take to come back before its session is moved, for example 5
// 'cores.replicas' (0) must be a whole number from 1 to 10: without a core there is no cluster; set the number of cores, for example 3; more connections need replicants
// 'replicants.replicas' (-1) must be a whole number of at least 0: a number of nodes is not negative; set the number of replicants, for example 3; leave replicantTemplate out for none
// 'replicants.volumeMounts[0].name' ("plugins") must be the name of one of the volumes: Kubernetes refuses the pod, and no node would start; add the volume to volumes, or correct the name
// 'config.log' (NaN) must be text, a finite number, true, false, null, a list or an object: a configuration file holds nothing else; write times and sizes as EMQX has them: '15s', '2MB'
// 'service' (missing) must be one or more of mqtt, mqtts, ws, wss, each once: without a listener no device can connect, and no other port is published; give a listener its port, for example mqtt: 32010
import { App, Chart, Duration } from 'cdk8s';
import { EmqxCluster, MqttService } from 'emqx-blue-green';

const app = new App();
new EmqxCluster(new Chart(app, 'emqx'), 'Cluster', {
  name: 'EMQX',
  version: '5.0.0',
  blueGreenUpdate: {
    evacuationStrategy: {
      connectionEvictionRate: 0,
      sessionEvictionRate: 2.5,
      waitTakeover: Duration.millis(500),
    },
  },
  clusterDomain: 'k8s.example.com',
  cores: { replicas: 0 },
  replicants: { replicas: -1, volumeMounts: [{ name: 'plugins', mountPath: '/plugins' }] },
  config: { log: Number.NaN },
  service: MqttService.nodePort({}),
});
app.synth();
