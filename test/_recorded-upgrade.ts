import { EmqxClient, managementPorts } from '../src/emqx';
import { Cluster, type KubeObject } from '../src/kubernetes';
import { TRAFFIC_LABEL, withEmqxDefaults } from '../src/resource';
import { trafficService } from '../src/sandbox/traffic-service';
import { type ApiCall, InMemoryKubeApi } from '../src/simulator/kubernetes/in-memory-api';
import { contextOf, running, served } from '../src/simulator/scenario';
import { World } from '../src/simulator/world';
import { runUpgrade } from '../src/upgrade';
import { clusterOf, emqxOf } from './_upgradable-cluster';

/** A request as the API server's authorizer sees it. */
export interface Access {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  /** None where the server cannot know it: a list, a watch, a creation. */
  readonly name?: string;
}

/** Every request that the engine makes in an upgrade of `emqx-ee`, played in the simulator from end to end. */
export async function recordedUpgrade(): Promise<Access[]> {
  const calls: Access[] = [];
  const world = new World({ seed: 7 });
  const { clock, transport } = world;
  await clock.run(async () => {
    await world.apply([clusterOf('emqx-ee', 'default', '4.4.14'), traffic]);
    await running(contextOf(world, 'default', 'emqx-ee', () => undefined));
    await served(world, 'default', 'emqx-ee-mqtt');
    const api = new InMemoryKubeApi(clock, world.kubernetes.store, {
      intercept: (call, perform) => {
        if (!OF_EVERYBODY.includes(call.kind)) calls.push(accessOf(call));
        return perform();
      },
    });
    const cluster = new Cluster({ api, clock, namespace: 'default', name: 'emqx-ee' });
    const emqx = new EmqxClient({ transport, namespace: 'default', credentials: () => cluster.credentials() });
    const context = { clock, cluster, emqx, progress: { report: () => undefined }, holder: 'test' };
    await runUpgrade(context, { desired: clusterOf('emqx-ee', 'default', '4.4.15'), driver: 'pilot' });
    // Of a run that is aborted.
    await cluster.keptSpec('none');
    // Where devices connect through the operator's Service, which here they do not.
    await cluster.leadTraffic('emqx-ee', world.pods.running[0]!.pod.metadata.labels!['controller-revision-hash']!);
    // Of a green pod that is recreated while the operator is held, which did not happen here.
    await cluster.markServing(world.pods.running[0]!.pod.metadata.name, true);
    world.stop();
  });
  return calls;
}

/**
 * The same of the EMQX `emqx`, with cores on volumes and replicants: an upgrade that is aborted while it moves devices, and one that is
 * completed.
 */
export async function recordedUpgradesOfEmqx(): Promise<Access[]> {
  const calls: Access[] = [];
  const world = new World({ seed: 7 });
  const { clock, transport, prober } = world;
  const ofVersion = (version: string) => {
    const resource = emqxOf('emqx', 'default', version);
    const { spec } = resource;
    spec.coreTemplate!.spec!.volumeClaimTemplates = {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
    };
    spec.replicantTemplate = { spec: { replicas: 2 } };
    return withEmqxDefaults(resource) as typeof resource;
  };
  await clock.run(async () => {
    const service = trafficService(ofVersion('5.8.8'), 32_010);
    await world.apply([ofVersion('5.8.8'), service]);
    await running(contextOf(world, 'default', 'emqx', () => undefined, undefined, 'EMQX'));
    await served(world, 'default', service.metadata.name);
    const api = new InMemoryKubeApi(clock, world.kubernetes.store, {
      intercept: (call, perform) => {
        if (!OF_EVERYBODY.includes(call.kind)) calls.push(accessOf(call));
        return perform();
      },
    });
    const cluster = new Cluster({ api, clock, kind: 'EMQX', namespace: 'default', name: 'emqx' });
    const ports = managementPorts('EMQX', cluster, { transport, prober, namespace: 'default' });
    const report = ({ kind, phase }: { kind: string; phase?: string | null }) => {
      if (kind === 'phase' && phase === 'evacuate') void cluster.writeRequest('abort');
    };
    const context = { clock, cluster, ...ports, progress: { report: report as never }, holder: 'test' };
    const { outcome } = await runUpgrade(context, { desired: ofVersion('5.8.9'), driver: 'pilot' });
    if (outcome !== 'aborted') throw new Error(`the first upgrade was ${outcome}`);
    const quiet = { ...context, progress: { report: () => undefined } };
    // With the same names as before, and volumes that are empty again.
    await runUpgrade(quiet, { desired: ofVersion('5.8.9'), driver: 'pilot' });
    // Of green pods in an abort where devices connect through the operator's Service, which here they do not.
    await cluster.markServing(world.pods.running[0]!.pod.metadata.name, true);
    world.stop();
  });
  return calls;
}

const traffic: KubeObject & { spec: object } = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'emqx-ee-mqtt', namespace: 'default', labels: { [TRAFFIC_LABEL]: 'emqx-ee' } },
  spec: { selector: { 'apps.emqx.io/instance': 'emqx-ee' }, ports: [{ port: 1883 }] },
};

/** What everybody may ask, and what an upgrade can do without. */
export const OF_EVERYBODY = ['SelfSubjectAccessReview', 'Deployment'];

const GROUPS: Readonly<Record<string, string>> = {
  ConfigMap: '',
  EMQX: 'apps.emqx.io',
  EmqxEnterprise: 'apps.emqx.io',
  Endpoints: '',
  EndpointSlice: 'discovery.k8s.io',
  Lease: 'coordination.k8s.io',
  Namespace: '',
  PersistentVolumeClaim: '',
  Pod: '',
  Secret: '',
  ResourceQuota: '',
  Event: '',
  Service: '',
  ReplicaSet: 'apps',
  StatefulSet: 'apps',
};

/** A call as the API server's authorizer sees it. */
export function accessOf({ verb, kind, name, subresource }: ApiCall): Access {
  const group = GROUPS[kind];
  if (group === undefined) throw new Error(`the engine asks for a kind that has no group here: ${kind}`);
  const part = verb === 'scale' ? 'scale' : subresource;
  return {
    verb: verb === 'scale' ? 'patch' : verb,
    group,
    resource: kind === 'EMQX' ? 'emqxes' : `${kind.toLowerCase()}s`.replace(/ss$/, 's'),
    ...(part && { subresource: part }),
    ...(name && verb !== 'create' && { name }),
  };
}

/** A rule of a Role. */
export interface Rule {
  apiGroups: string[];
  resources: string[];
  resourceNames?: string[];
  verbs: string[];
}

export function allows(rule: Rule, { verb, group, resource, subresource, name }: Access): boolean {
  return (
    rule.verbs.includes(verb) &&
    rule.apiGroups.includes(group) &&
    rule.resources.includes(subresource ? `${resource}/${subresource}` : resource) &&
    (rule.resourceNames === undefined || (name !== undefined && rule.resourceNames.includes(name)))
  );
}
