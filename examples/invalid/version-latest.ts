// 'version' ("latest") must be a version from 4.4.14 up to, but not including, 5.0.0: a tag that moves can neither be planned nor rolled back, and the operator refuses it; name the version that "latest" stands for, for example "4.4.14"
import { App, Chart } from 'cdk8s';
import { EmqxEnterpriseCluster } from 'emqx-blue-green';

const app = new App();
new EmqxEnterpriseCluster(new Chart(app, 'emqx-ee'), 'Cluster', {
  name: 'emqx-ee',
  version: 'latest',
});
app.synth();
