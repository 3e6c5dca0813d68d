import type { KubeObject } from '../src/kubernetes';
import { mixedFleet } from '../src/simulator/clients/client-group';
import { ClientLedger } from '../src/simulator/clients/client-ledger';
import { Population } from '../src/simulator/clients/population';
import type { Pod } from '../src/simulator/kubernetes/core-types';
import { served } from '../src/simulator/scenario';
import type { World } from '../src/simulator/world';

const NAME = 'emqx';
const REF = { apiVersion: 'apps.emqx.io/v3beta1', kind: 'EMQX', namespace: 'default', name: NAME };

const labelsOf = (role: string) => ({
  ...{ 'apps.emqx.io/instance': NAME, 'apps.emqx.io/managed-by': 'emqx-operator' },
  'apps.emqx.io/db-role': role,
});

/** The resource of operator 3, with two cores and two replicants; its spec is cut down to what is read of it. */
export const EMQX_V3 = {
  ...{ apiVersion: REF.apiVersion, kind: REF.kind, metadata: { name: NAME, namespace: 'default' } },
  spec: {
    image: 'emqx/emqx:6.3.2',
    updateStrategy: {
      type: 'RollingUpdate',
      evacuationStrategy: { type: 'NodeEvacuation', connectionEvictionRate: 100 },
    },
    coreTemplate: { spec: { replicas: 2 } },
    replicantTemplate: { spec: { replicas: 2 } },
  },
};

/**
 * A cluster as operator 3 leaves it at rest, in a world without that operator: one stateful set of cores that is replaced by hand, a
 * replica set, a node in each pod, and what the operator would report of them. Nothing reconciles it.
 */
export async function bootEmqxV3(world: World, clients: number): Promise<void> {
  await world.apply([EMQX_V3 as KubeObject, apiKeys()]);
  const { metadata } = await world.api.get(REF);
  const owner = { ...EMQX_V3.metadata, apiVersion: REF.apiVersion, kind: REF.kind, uid: metadata.uid ?? '' };
  const { namespace: _, ...reference } = owner;
  const owned = { ownerReferences: [{ ...reference, controller: true, blockOwnerDeletion: true }] };
  await world.apply([listeners(owned), cores(owned), replicants(owned)]);
  await served(world, 'default', 'emqx-listeners');
  await world.clock.sleep(30_000);
  await reportNodes(world);
  const { clock } = world;
  const front = world.front('default', 'emqx-listeners');
  const population = new Population(
    { clock, random: world.random.fork('clients'), front, ledger: new ClientLedger(clock) },
    mixedFleet(clients, 0),
  );
  await population.connectAll();
  await clock.sleep(3_000); // the nodes count their connections
}

/** What the operator writes, in its own words. */
async function reportNodes(world: World): Promise<void> {
  const pods = world.pods.running;
  const reported = (role: string) =>
    pods
      .filter(({ node }) => node.role === role)
      .map(({ node, pod }) => ({
        ...{ name: node.name, podName: pod.metadata.name, status: 'running', version: node.version, role },
        ...{ sessions: 0, connections: 0 },
      }));
  const status = {
    conditions: ['EMQXAPIAvailable', 'Available', 'Ready'].map((type) => ({
      ...{ type, status: 'True', reason: type, message: '', observedGeneration: 1 },
      lastTransitionTime: '2026-01-01T00:00:00Z',
    })),
    coreNodes: reported('core'),
    coreNodesStatus: { readyReplicas: 2, updatedReplicas: 2, currentReplicas: 0 },
    replicantNodes: reported('replicant'),
    replicantNodesStatus: { readyReplicas: 2, currentRevision: 'a1', updateRevision: 'a1', currentReplicas: 2 },
  };
  await world.api.patch(REF, { type: 'merge', body: { status } }, { subresource: 'status' });
}

function apiKeys(): KubeObject {
  return {
    ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'emqx-bootstrap-api-key', namespace: 'default' } },
    stringData: { bootstrap_api_key: 'emqx-operator-controller:secret-of-the-operator' },
  } as KubeObject;
}

function listeners(owned: object): KubeObject {
  return {
    ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'emqx-listeners', namespace: 'default', ...owned } },
    spec: { selector: labelsOf('replicant'), ports: [{ name: 'tcp-default', port: 1883, targetPort: 1883 }] },
  } as KubeObject;
}

function cores(owned: object): KubeObject {
  const host = '$(POD_NAME).emqx-headless.default.svc.cluster.local';
  return {
    ...{ apiVersion: 'apps/v1', kind: 'StatefulSet' },
    metadata: { name: 'emqx-core', namespace: 'default', labels: labelsOf('core'), ...owned },
    spec: {
      ...{ replicas: 2, serviceName: 'emqx-headless', podManagementPolicy: 'Parallel' },
      ...{ updateStrategy: { type: 'OnDelete' }, selector: { matchLabels: labelsOf('core') } },
      template: templateOf('core', labelsOf('core'), [{ name: 'EMQX_HOST', value: host }]),
    },
  } as KubeObject;
}

function replicants(owned: object): KubeObject {
  const labels = { ...labelsOf('replicant'), 'apps.emqx.io/pod-template-hash': 'a1' };
  return {
    ...{ apiVersion: 'apps/v1', kind: 'ReplicaSet' },
    metadata: { name: 'emqx-replicant-a1', namespace: 'default', labels, ...owned },
    spec: { replicas: 2, selector: { matchLabels: labels }, template: templateOf('replicant', labels, []) },
  } as KubeObject;
}

function templateOf(role: string, labels: object, env: object[]): Pick<Pod, 'spec'> & object {
  const variables = [{ name: 'EMQX_NODE__ROLE', value: role }, ...env];
  return {
    metadata: { labels },
    spec: { containers: [{ name: 'emqx', image: 'emqx/emqx:6.3.2', env: variables }] },
  } as never;
}
