import type { KubeObject } from '../kubernetes';
import { matchesLabels } from '../kubernetes/core-objects';
import { isForDevices } from '../kubernetes/device-listeners';
import {
  DEFAULT_NAMESPACE,
  type Emqx,
  type EmqxResource,
  generationOf,
  LICENSE_KEY,
  MQTT_PORTS,
  servingRoleOf,
  TRAFFIC_LABEL,
} from '../resource';
import type { Secret, Service } from '../simulator/kubernetes/core-types';
import { kinds } from '../simulator/kubernetes/kinds';
import type { ClusterManifests } from './quickstart';
import { deviceLabelsOf, trafficService } from './traffic-service';

/** What is applied to a simulated cluster so that the cluster of a manifest runs in it as on a real one. */
export interface Stage {
  /** The complete custom resource. */
  readonly cluster: EmqxResource;
  /** The other objects to apply. */
  readonly objects: readonly KubeObject[];
  /** The Service through which devices connect. */
  readonly entry: string;
  /** The node port of that Service for MQTT, where it is known beforehand. */
  readonly nodePort: number | undefined;
  /** Whether the Service was added, because the manifest has none. */
  readonly addedService: boolean;
  /** Whether an upgrade can switch it from old nodes to new ones: else it routes devices to both. */
  readonly canBeSwitched: boolean;
  /** Names of Secrets that the manifest refers to but does not contain: they are assumed to exist. */
  readonly assumedSecrets: readonly string[];
}

/** What is reported of a stage, because it differs from the manifest or from what users expect. */
export type StageNotes = Pick<Stage, 'addedService' | 'canBeSwitched' | 'assumedSecrets'>;

export function notesOf({ addedService, canBeSwitched, assumedSecrets }: Stage): StageNotes {
  return { addedService, canBeSwitched, assumedSecrets };
}

/** Kinds that make a difference to a simulated cluster. Others, such as an Ingress or a PodMonitor, have no effect there. */
const STAGED = [kinds.service, kinds.secret, kinds.configMap, kinds.quota];

/** Fields that only the API server writes, and that are found in manifests read from a cluster. */
const OF_THE_SERVER: ReadonlySet<string> = new Set([
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'managedFields',
  'selfLink',
]);

/**
 * Devices connect through what the manifest has, in this order: a Service with the label for it, the operator's own where
 * its template opens it to the outside, any other Service that does. Without one, a Service is added.
 *
 * @param nodePort of the Service that is added; the next one where the manifest has that. @default 32010
 */
export function stageOf(manifests: ClusterManifests, nodePort = 32_010): Stage {
  const given = withoutServerFields(manifests.cluster as EmqxResource & KubeObject);
  const cluster = generationOf(given).withDefaults(given);
  const { namespace = DEFAULT_NAMESPACE } = cluster.metadata;
  const objects = manifests.objects
    .filter(isStaged)
    .map(withoutServerFields)
    .map((object): KubeObject => ({ ...object, metadata: { namespace, ...object.metadata } }));
  const here = objects.filter(({ metadata }) => metadata.namespace === namespace);
  const assumed = assumedSecrets(cluster, here);
  const all = [...objects, ...assumed];
  const found = wayIn(cluster, here.filter(isService));
  const stage = { cluster, assumedSecrets: assumed.map(({ metadata }) => metadata.name) };
  if (found) return { ...stage, objects: all, ...found, addedService: false };
  const free = unclaimedNodePort(nodePort, [...serviceTemplatesOf(cluster), ...objects.filter(isService)]);
  const added = trafficService(cluster, free);
  return {
    ...stage,
    objects: [...all, added],
    entry: added.metadata.name,
    nodePort: free,
    addedService: true,
    canBeSwitched: true,
  };
}

/** Objects with an owner, such as all that the operator creates, are recreated by the owner, or are gone with it. */
function isStaged(object: KubeObject): boolean {
  if (object.metadata.ownerReferences?.length) return false;
  return STAGED.some(({ apiVersion, kind }) => object.apiVersion === apiVersion && object.kind === kind);
}

function withoutServerFields<T extends KubeObject>({ status: _, ...object }: T & { status?: unknown }): T {
  const metadata = Object.fromEntries(Object.entries(object.metadata).filter(([field]) => !OF_THE_SERVER.has(field)));
  return { ...object, metadata } as unknown as T;
}

function isService(object: KubeObject): object is Service {
  return object.kind === kinds.service.kind && object.apiVersion === kinds.service.apiVersion;
}

/** The operator waits for the Secrets of a license and of API keys; the simulation reads no others. */
function assumedSecrets(cluster: EmqxResource, objects: readonly KubeObject[]): Secret[] {
  const { namespace = DEFAULT_NAMESPACE } = cluster.metadata;
  const isHere = (name: string) =>
    objects.some(({ kind, metadata }) => kind === kinds.secret.kind && metadata.name === name);
  const needed = cluster.kind === 'EMQX' ? keysOfSecrets(cluster) : licenseOf(cluster.spec.license?.secretName);
  return [...needed]
    .filter(([name]) => !isHere(name))
    .map(([name, data]) => ({ ...kinds.secret, metadata: { namespace, name }, data }));
}

type SecretData = Map<string, Record<string, string>>;

function licenseOf(name: string | undefined): SecretData {
  return new Map(name ? [[name, { [LICENSE_KEY]: '' }]] : []);
}

function keysOfSecrets({ spec }: Emqx): SecretData {
  const data: SecretData = new Map();
  for (const { secretRef } of spec.bootstrapAPIKeys ?? []) {
    for (const { secretName, secretKey } of secretRef ? [secretRef.key, secretRef.secret] : []) {
      data.set(secretName, { ...data.get(secretName), [secretKey]: ASSUMED_VALUE });
    }
  }
  return data;
}

/** Any value that an API key may have. */
const ASSUMED_VALUE = Buffer.from('assumed').toString('base64');

type WayIn = Pick<Stage, 'entry' | 'nodePort' | 'canBeSwitched'>;

function wayIn(cluster: EmqxResource, services: readonly Service[]): WayIn | undefined {
  const { name } = cluster.metadata;
  const marked = services.find(({ metadata }) => metadata.labels?.[TRAFFIC_LABEL] === name);
  if (marked) return { ...entryBy(marked.metadata.name, marked), canBeSwitched: true };
  const { operatorServiceOf, serviceTemplateOf } = generationOf(cluster);
  const template = serviceTemplateOf(cluster) as ServiceTemplate | undefined;
  if (template?.enabled !== false && isOpen(template)) {
    return { ...entryBy(operatorServiceOf(cluster), template), canBeSwitched: true };
  }
  const other = services.find(
    (service) => isOpen(service) && selectsNodes(cluster, service) && isForDevices(service.spec),
  );
  return other && { ...entryBy(other.metadata.name, other), canBeSwitched: false };
}

type ServiceTemplate = ServiceLike & { enabled?: boolean | undefined };

/** Of the Services that the operator creates. */
function serviceTemplatesOf({ kind, spec }: EmqxResource): ServiceLike[] {
  const templates =
    kind === 'EMQX' ? [spec.dashboardServiceTemplate, spec.listenersServiceTemplate] : [spec.serviceTemplate];
  return templates.flatMap((template) => (template ? [template as ServiceLike] : []));
}

/** A Service, or the template of one. */
type ServiceLike = { spec?: { type?: string; ports?: Service['spec']['ports'] } };

function entryBy(entry: string, { spec }: ServiceLike = {}): Pick<Stage, 'entry' | 'nodePort'> {
  const mqtt = spec?.ports?.find(
    ({ port, targetPort = port }) => targetPort === MQTT_PORTS.mqtt || targetPort === 'mqtt',
  );
  return { entry, nodePort: mqtt?.nodePort };
}

/** Whether it is reachable from outside of Kubernetes. */
function isOpen(service: ServiceLike | undefined): boolean {
  return ['NodePort', 'LoadBalancer'].includes(service?.spec?.type ?? '');
}

function selectsNodes(cluster: EmqxResource, service: Service): boolean {
  const labels = { ...templateOf(cluster)?.metadata?.labels, ...deviceLabelsOf(cluster) };
  const { selector = {} } = service.spec;
  return Object.keys(selector).length > 0 && matchesLabels(labels, selector);
}

/** The template of the pods that devices connect to. */
function templateOf(cluster: EmqxResource): { metadata?: { labels?: Record<string, string> } } | undefined {
  return cluster.kind === 'EMQX' ? cluster.spec[`${servingRoleOf(cluster)}Template`] : cluster.spec.template;
}

/** The first port that none of these Services has. */
function unclaimedNodePort(first: number, services: readonly ServiceLike[]): number {
  const taken = new Set(services.flatMap(({ spec }) => (spec?.ports ?? []).map(({ nodePort }) => nodePort)));
  let port = first;
  while (taken.has(port)) port++;
  return port;
}
