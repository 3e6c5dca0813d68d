// 'clusterDomain' ("k8s.example.com") must be left out, or cluster.local: operator 2.2 looks for cores under this domain only, takes all others for stopped, and removes them with all clients on them; leave it out; with another DNS domain no upgrade is safe
import { App, Chart, Duration } from 'cdk8s';
import { EmqxCluster } from 'emqx-blue-green';

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
  clusterDomain: 'k8s.example.com',
});
app.synth();
