import { App, Chart } from 'cdk8s';
import { EmqxOperator, OperatorWebhook, UpgradeAccess } from 'emqx-blue-green';

// The operator for one namespace, without cert-manager, and an account there that may upgrade one cluster.
// The custom resource definitions, which belong to all namespaces, are left to whoever administers them.
const app = new App();
const chart = new Chart(app, 'operator', { namespace: 'messaging' });
new EmqxOperator(chart, 'Operator', { crds: false, watchNamespace: 'messaging', webhook: OperatorWebhook.none() });
new UpgradeAccess(chart, 'Access', { clusters: ['telemetry'] });
app.synth();
