// 'replicants.persistence' (an object) must be a known field: there is no such field here, and it would be dropped silently; remove it, or use one of env, envFrom, podLabels, podAnnotations, command, args, lifecycle, extraPorts, resources, probes, nodeSelector, affinity, tolerations, volumes, volumeMounts, extraContainers, initContainers, podSecurityContext, containerSecurityContext, replicas, nodeName, topologySpreadConstraints, podDisruptionBudget
import { App, Chart, Duration, Size } from 'cdk8s';
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
  replicants: { replicas: 3, persistence: { size: Size.gibibytes(1) } } as never,
});
app.synth();
