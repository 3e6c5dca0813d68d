// 'apiKeys[1].key' (hidden) must be given once: EMQX reads a list of keys, and one of them, emqx_operator_controller, is that of the operator itself; choose another key
// 'apiKeys[1].secret' (hidden) must be text of 3 to 32 characters, in one line: the definition of the custom resource allows no others, and EMQX reads one key a line; generate another secret
import { App, Chart } from 'cdk8s';
import { ApiKey, EmqxEnterpriseCluster } from 'emqx-blue-green';

const app = new App();
new EmqxEnterpriseCluster(new Chart(app, 'emqx-ee'), 'Cluster', {
  name: 'emqx-ee',
  version: '4.4.14',
  apiKeys: [ApiKey.of('console', 'do-not-print-me'), ApiKey.of('console', 'x')],
});
app.synth();
