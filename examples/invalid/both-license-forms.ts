// 'license' (hidden) must be one License: a license is given either as text or by the name of a Secret, not both; write License.inline(text) or License.fromSecret(name)
import { App, Chart } from 'cdk8s';
import { EmqxEnterpriseCluster } from 'emqx-blue-green';

const app = new App();
new EmqxEnterpriseCluster(new Chart(app, 'emqx-ee'), 'Cluster', {
  name: 'emqx-ee',
  version: '4.4.14',
  // @ts-expect-error a license is text or the name of a Secret
  license: { text: 'do-not-print-me', secretName: 'emqx-license' },
});
app.synth();
