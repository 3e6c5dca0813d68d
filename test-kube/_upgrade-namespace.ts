import { App, Chart, Testing } from 'cdk8s';
import { UpgradeAccess } from '../src';
import type { KubeObject } from '../src/kubernetes';
import { clusterLabels, ON_SERVING_GATE, TRAFFIC_LABEL } from '../src/resource';
import { clusterOf } from '../test/_upgradable-cluster';
import type { ApiServer } from './_api-server';
import { kubectl } from './_lab';

export const ACCOUNT = 'emqx-blue-green';

/** The stateful set of the cluster `emqx-ee`, and its pods. */
export const SET = 'emqx-ee-6dfc6c9488';
export const PODS = [`${SET}-0`, `${SET}-1`];

/** What UpgradeAccess renders. */
export function accessObjects(namespace: string, clusters?: readonly string[]): KubeObject[] {
  const chart = new Chart(new App(), 'chart', { namespace });
  new UpgradeAccess(chart, 'Access', clusters && { clusters });
  return Testing.synth(chart) as KubeObject[];
}

/** Applies that, and waits until it holds: the API server learns of new rights a moment later. */
export async function grantAccess(admin: ApiServer, namespace: string, clusters?: readonly string[]): Promise<void> {
  for (const object of accessObjects(namespace, clusters)) await admin.apply(object);
  const account = admin.as(namespace, ACCOUNT);
  for (let tries = 0; tries < 1000; tries++) {
    const { status } = await account.request('GET', `/api/v1/namespaces/${namespace}/pods`);
    if (status === 200) return;
  }
  throw new Error(`the rights of ${ACCOUNT} in ${namespace} do not hold`);
}

/**
 * Makes a namespace with the cluster `emqx-ee`, the account that may upgrade it, and objects that are none of the account's
 * business. There is no operator: the stateful set is made here. Its pods run, and wait for their readiness gate.
 */
export async function upgradeNamespace(admin: ApiServer, namespace: string): Promise<void> {
  await admin.namespace(namespace);
  const { body: owner } = await admin.apply<KubeObject>(clusterOf('emqx-ee', namespace, '4.4.14'));
  await Promise.all(clusterObjects(namespace, owner).map((object) => admin.apply(object)));
  await grantAccess(admin, namespace, ['emqx-ee']);
  for (const wait of ['create', 'condition=ContainersReady']) {
    kubectl(['wait', '-n', namespace, `--for=${wait}`, '--timeout=60s', ...PODS.map((pod) => `pod/${pod}`)]);
  }
}

/** @param owner the custom resource, which controls what the operator would make for it. */
function clusterObjects(namespace: string, { apiVersion, kind, metadata }: KubeObject): KubeObject[] {
  const { name, uid = '' } = metadata;
  const ownerReferences = [{ apiVersion, kind, name, uid, controller: true }];
  const labels = clusterLabels('emqx-ee');
  const v1 = (kind: string, name: string, fields: object, labels = {}): KubeObject => ({
    apiVersion: 'v1',
    kind,
    metadata: { name, namespace, labels },
    ...fields,
  });
  const ports = [{ name: 'mqtt', port: 1883 }];
  const secret = (text: string) => ({ data: { bootstrap_user: Buffer.from(text).toString('base64') } });
  const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'other-upgrade', namespace } };
  const set: KubeObject & { spec: object } = {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: SET, namespace, labels, ownerReferences },
    spec: {
      replicas: PODS.length,
      serviceName: 'emqx-ee-headless',
      podManagementPolicy: 'Parallel',
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          readinessGates: [{ conditionType: ON_SERVING_GATE }],
          containers: [{ name: 'emqx', image: 'emqx/emqx-ee:4.4.14' }],
        },
      },
    },
  };
  return [
    clusterOf('other', namespace, '4.4.14'),
    set,
    v1('Service', 'emqx-ee-mqtt', { spec: { selector: labels, ports } }, { [TRAFFIC_LABEL]: 'emqx-ee' }),
    v1('Service', 'other-mqtt', { spec: { selector: labels, ports } }),
    v1('Secret', 'emqx-ee-bootstrap-user', secret('dashboards:x\nemqx_operator_controller:s3cret\n')),
    v1('Secret', 'emqx-license', secret('none')),
    v1('ConfigMap', 'other-upgrade', {}),
    lease,
  ];
}
