// 'volumeMounts[0].name' ("plugin") must be the name of one of the volumes: Kubernetes refuses the pod, and no node would start; add the volume to volumes, or correct the name
import { App, Chart } from 'cdk8s';
import { EmqxEnterpriseCluster } from 'emqx-blue-green';

const app = new App();
new EmqxEnterpriseCluster(new Chart(app, 'emqx-ee'), 'Cluster', {
  name: 'emqx-ee',
  version: '4.4.14',
  volumes: [{ name: 'plugins', configMap: { name: 'plugins' } }],
  volumeMounts: [{ name: 'plugin', mountPath: '/mounted/plugins' }],
});
app.synth();
