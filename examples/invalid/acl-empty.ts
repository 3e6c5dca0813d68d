// 'acl' (missing) must be a list of one or more rules: the operator replaces an empty list with four rules of its own, and the last of them allows everything; write for example ["{deny, all}."], or leave it out
import { App, Chart } from 'cdk8s';
import { EmqxEnterpriseCluster } from 'emqx-blue-green';

const app = new App();
new EmqxEnterpriseCluster(new Chart(app, 'emqx-ee'), 'Cluster', {
  name: 'emqx-ee',
  version: '4.4.14',
  acl: [],
});
app.synth();
