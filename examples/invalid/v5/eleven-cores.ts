// 'cores.replicas' (11) must be a whole number from 1 to 10: operator 2.2 takes core 10 for core 1, counts one too many, and never reports more than ten cores as Ready; set the number of cores, for example 3; more connections need replicants
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
  cores: { replicas: 11 },
});
app.synth();
