import { readFileSync } from 'node:fs';
import { App, Chart, Duration, Size, Testing } from 'cdk8s';
import type { Construct } from 'constructs';
import {
  ApiKey,
  EmqxCluster,
  type EmqxClusterProps,
  EmqxEnterpriseCluster,
  type EmqxEnterpriseClusterProps,
  EmqxMonitoring,
  EmqxOperator,
  License,
  MqttService,
  OperatorWebhook,
} from '../src';
import type { KubeObject } from '../src/kubernetes';
import { clusterOf } from '../test/_upgradable-cluster';
import { ApiServer } from './_api-server';
import { describeKube } from './_describe-kube';
import { kubectl, labFile } from './_lab';
import { applyAll, type Outcome } from './_manifests';

/** What a program renders into a namespace. */
function synth(namespace: string, fill: (chart: Construct) => void): KubeObject[] {
  const chart = new Chart(new App(), 'chart', { namespace });
  fill(chart);
  return Testing.synth(chart) as KubeObject[];
}

function expectUnchanged({ applied, warnings, differences }: Outcome, kinds: readonly string[]): void {
  expect(applied.map(({ kind }) => kind)).toEqual(kinds);
  expect(warnings).toEqual([]);
  expect(differences).toEqual([]);
}

const DEFINITIONS = Array(5).fill('CustomResourceDefinition') as string[];
const MANAGER = ['ServiceAccount', 'Role', 'RoleBinding', 'Role', 'RoleBinding', 'Deployment', 'Service'];
const MANAGER_EVERYWHERE = MANAGER.map((kind, index) => (index === 1 || index === 2 ? `Cluster${kind}` : kind));
const WEBHOOK = ['Service', 'MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];

describeKube('the operator', () => {
  let admin: ApiServer;
  let caBundle: string;

  beforeAll(async () => {
    admin = ApiServer.admin();
    caBundle = readFileSync(labFile('pki/ca.crt'), 'utf8');
    for (const namespace of ['operator-none', 'operator-secret', 'operator-everywhere'])
      await admin.namespace(namespace);
  });

  test('without a webhook is taken as it was sent, and its pod may run', async () => {
    const namespace = 'operator-none';
    const objects = synth(namespace, (chart) => {
      new EmqxOperator(chart, 'Operator', { watchNamespace: namespace, webhook: OperatorWebhook.none() });
    });
    expectUnchanged(await applyAll(admin, 'EmqxOperator, no webhook', objects), [...DEFINITIONS, ...MANAGER]);
    const deployment = 'deployment/emqx-operator-controller-manager';
    kubectl(['wait', '-n', namespace, '--for=condition=Available', '--timeout=60s', deployment]);
  });

  test('with the webhook and a certificate of its own is taken as it was sent', async () => {
    const objects = synth('operator-secret', (chart) => {
      const webhook = OperatorWebhook.fromSecret('operator-tls', caBundle);
      new EmqxOperator(chart, 'Operator', { crds: false, watchNamespace: 'operator-secret', webhook });
    });
    const outcome = await applyAll(admin, 'EmqxOperator, webhook from a Secret', objects);
    expectUnchanged(outcome, [...MANAGER, ...WEBHOOK]);
    // Nobody answers here: in its namespace nothing is taken unchecked, and everywhere else nobody is asked.
    expect(await refusal(clusterOf('emqx-ee', 'operator-secret', '4.4.14'))).toContain(
      'failed calling webhook "mutating.enterprise.emqx.io"',
    );
    await admin.apply(clusterOf('emqx-ee', 'operator-none', '4.4.14'), { dryRun: 'All' });
  });

  /** What the server says against an object; it learns of a new webhook a moment later. */
  async function refusal(object: KubeObject): Promise<string> {
    for (let tries = 0; tries < 1000; tries++) {
      try {
        await admin.apply(object, { dryRun: 'All' });
      } catch (error) {
        return (error as Error).message;
      }
    }
    return 'none';
  }

  // Nothing is stored: a webhook of all namespaces that nobody answers would keep every cluster of these tests away.
  test.each([
    ['cert-manager', () => OperatorWebhook.certManager()],
    ['a Secret', () => OperatorWebhook.fromSecret('operator-tls', caBundle)],
  ])('of all namespaces with a certificate from %s would be taken as it was sent', async (source, webhook) => {
    const objects = synth('operator-everywhere', (chart) => {
      new EmqxOperator(chart, 'Operator', { crds: false, webhook: webhook() });
    });
    const outcome = await applyAll(admin, `EmqxOperator, webhook from ${source}`, objects, { dryRun: 'All' });
    expectUnchanged(outcome, [...MANAGER_EVERYWHERE, ...WEBHOOK]);
  });

  test('would be taken with a namespace of its own', async () => {
    const chart = new Chart(new App(), 'chart');
    new EmqxOperator(chart, 'Operator', { crds: false, webhook: OperatorWebhook.none() });
    const [namespace, ...rest] = Testing.synth(chart) as KubeObject[];
    expectUnchanged(await applyAll(admin, 'EmqxOperator', [namespace!]), ['Namespace']);
    expectUnchanged(await applyAll(admin, 'EmqxOperator', rest, { dryRun: 'All' }), MANAGER_EVERYWHERE);
  });
});

describeKube('a cluster', () => {
  let admin: ApiServer;
  const namespace = 'constructs';

  beforeAll(async () => {
    admin = ApiServer.admin();
    await admin.namespace(namespace);
  });

  const clusterIn = (chart: Construct, props: Partial<EmqxEnterpriseClusterProps>) =>
    new EmqxEnterpriseCluster(chart, 'Cluster', {
      name: 'emqx-ee',
      version: '4.4.14',
      blueGreenUpdate: {
        evacuationStrategy: { connectionEvictionRate: 1, sessionEvictionRate: 1, waitTakeover: Duration.seconds(1) },
      },
      ...props,
    });

  test('with a NetworkPolicy and a PodDisruptionBudget is taken as it was sent', async () => {
    const objects = synth(namespace, (chart) => {
      clusterIn(chart, {
        networkPolicy: { devices: ['203.0.113.0/24', '2001:db8::/32'], dashboardNamespaces: ['monitoring'] },
        podDisruptionBudget: { maxUnavailable: 2 },
      });
    });
    const outcome = await applyAll(admin, 'EmqxEnterpriseCluster', objects);
    expectUnchanged(outcome, ['EmqxEnterprise', 'Service', 'NetworkPolicy', 'PodDisruptionBudget']);
  });

  test('with the defaults of both is taken as it was sent', async () => {
    const objects = synth(namespace, (chart) => {
      clusterIn(chart, { name: 'defaults', networkPolicy: {}, podDisruptionBudget: {} });
    });
    const outcome = await applyAll(admin, 'EmqxEnterpriseCluster, defaults', objects);
    expectUnchanged(outcome, ['EmqxEnterprise', 'Service', 'NetworkPolicy', 'PodDisruptionBudget']);
  });

  test.each([
    ['the Service of the operator', { exposure: 'operator' as const }],
    ['a Service inside of Kubernetes', { service: MqttService.clusterIp() }],
    ['a license in the resource', { license: License.inline('none') }],
  ])('with %s is taken as it was sent', async (what, props) => {
    jest.spyOn(process, 'emitWarning').mockReturnValue(); // of the first, which is none for production
    const objects = synth(namespace, (chart) => {
      clusterIn(chart, { name: 'variant', ...props });
    });
    const { warnings, differences } = await applyAll(admin, `EmqxEnterpriseCluster, ${what}`, objects);
    expect(warnings).toEqual([]);
    expect(differences).toEqual([]);
  });

  test.each<[string, Partial<EmqxClusterProps>]>([
    ['cores alone', {}],
    ['replicants', { replicants: { replicas: 3 } }],
    ['volumes', { cores: { replicas: 3, persistence: { size: Size.gibibytes(1) } } }],
    ['the Service of the operator', { exposure: 'operator', service: MqttService.clusterIp() }],
    [
      'a configuration, a certificate and a dashboard',
      { config: { a: 1 }, tls: { secretName: 's' }, dashboard: { port: 1 } },
    ],
    ['an API key of a Secret', { apiKeys: [ApiKey.fromSecret('keys')] }],
  ])('of EMQX 5 with %s is taken as it was sent', async (what, props) => {
    jest.spyOn(process, 'emitWarning').mockReturnValue();
    const objects = synth(namespace, (chart) => {
      new EmqxCluster(chart, 'Cluster', {
        name: 'emqx',
        version: '5.8.9',
        blueGreenUpdate: {
          evacuationStrategy: { connectionEvictionRate: 1, sessionEvictionRate: 1, waitTakeover: Duration.seconds(1) },
        },
        ...props,
      });
    });
    const { warnings, differences } = await applyAll(admin, `EmqxCluster, ${what}`, objects);
    expect(warnings).toEqual([]);
    expect(differences).toEqual([]);
  });

  test('is watched by objects that are taken, where their kinds are known', async () => {
    const objects = synth(namespace, (chart) => {
      new EmqxMonitoring(chart, 'Monitoring', { cluster: clusterIn(chart, {}) });
    });
    const outcome = await applyAll(admin, 'EmqxMonitoring', objects);
    expectUnchanged(outcome, ['EmqxEnterprise', 'Service', 'ConfigMap']);
  });
});
