// 'resources.memoryRequest' ("4Gi") must be at most the limit, 512Mi: Kubernetes refuses to reserve more than a container may use, and no node would start; raise the limit, too
import { App, Chart, Size } from 'cdk8s';
import { EmqxEnterpriseCluster } from 'emqx-blue-green';

const app = new App();
new EmqxEnterpriseCluster(new Chart(app, 'emqx-ee'), 'Cluster', {
  name: 'emqx-ee',
  version: '4.4.14',
  resources: { memoryRequest: Size.gibibytes(4), memoryLimit: Size.mebibytes(512) },
});
app.synth();
