// 'emqxConfig["listener.ssl.external.certfile"]' (hidden) must be left out with tls: the property tls sets it; leave out the one or the other
import { App, Chart } from 'cdk8s';
import { EmqxEnterpriseCluster } from 'emqx-blue-green';

const app = new App();
new EmqxEnterpriseCluster(new Chart(app, 'emqx-ee'), 'Cluster', {
  name: 'emqx-ee',
  version: '4.4.14',
  tls: { secretName: 'emqx-ee-tls' },
  emqxConfig: { 'listener.ssl.external.certfile': '/mounted/mine/tls.crt' },
});
app.synth();
