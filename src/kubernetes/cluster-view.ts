import {
  INITIAL_DELAY_ANNOTATION,
  ON_SERVING_GATE,
  REPLICATION_SITE_CONDITION,
  REVISION_LABEL,
  type Role,
  type ServiceTemplate,
} from '../resource';
import type { PodView, SetView, TrafficView } from '../upgrade';
import type { EndpointSlice, NodeSet, Pod, Service } from './core-objects';
import { deviceListeners } from './device-listeners';
import { readyAddresses, readyPods } from './endpoint-slices';
import { oneLine } from './one-line';
import { controllerOf } from './ownership';

/**
 * @param role of its nodes.
 * @param label whose value tells its pods from those of other sets.
 * @param creationTrouble why its pods are not created.
 */
export function setView(set: NodeSet, role: Role, label: string, creationTrouble?: string): SetView {
  const { observedGeneration, updateRevision } = set.status ?? {};
  const own = observedGeneration ? updateRevision : undefined;
  const revision = label === REVISION_LABEL ? own : set.metadata.labels?.[label];
  return {
    name: set.metadata.name,
    role,
    replicas: set.spec.replicas ?? 1,
    knownPods: set.status?.replicas ?? 0,
    readyReplicas: set.status?.readyReplicas ?? 0,
    image: set.spec.template?.spec?.containers?.find(({ name }) => name === 'emqx')?.image ?? '',
    podTemplate: set.spec.template,
    createdAt: Date.parse(set.metadata.creationTimestamp ?? '') || 0,
    ...(revision ? { revision } : {}),
    ...(creationTrouble !== undefined && { creationTrouble }),
  };
}

/** The view of a pod that a set controls. @param label see {@link setView} */
export function podView(pod: Pod, label: string): PodView {
  return {
    name: pod.metadata.name,
    set: controllerOf(pod)?.name ?? '',
    revision: revisionOf(pod, label),
    containersReady: isTrue(pod, 'ContainersReady'),
    onServing: isTrue(pod, ON_SERVING_GATE),
    ready: isTrue(pod, 'Ready'),
    terminating: pod.metadata.deletionTimestamp !== undefined,
    restarts: pod.status?.containerStatuses?.find(({ name }) => name === 'emqx')?.restartCount ?? 0,
    trouble: troubleOf(pod),
    ...(pod.metadata.uid && { uid: pod.metadata.uid }),
    ...(isStopped(pod) && { isStopped: true }),
    ...hasDataOf(pod),
  };
}

/** A traffic Service of our own: its selector decides. */
export function ownTraffic(service: Service, slices: readonly EndpointSlice[], label: string): TrafficView {
  return {
    service: service.metadata.name,
    byOperator: false,
    revision: service.spec.selector?.[label],
    pods: [...new Set(readyPods(slices))],
    listeners: deviceListeners(service),
    ...(service.spec.publishNotReadyAddresses && { routesToUnready: true }),
  };
}

/** The operator's Service: its Endpoints decide, by address, because a recreated pod has another one. */
export function operatorTraffic(
  service: Service,
  slices: readonly EndpointSlice[],
  pods: readonly Pod[],
  label: string,
): TrafficView {
  const listed = readyAddresses(slices);
  const listedNames = new Set(listed.map(({ pod }) => pod));
  const revisions = new Set(
    pods.filter(({ metadata }) => listedNames.has(metadata.name)).map((pod) => revisionOf(pod, label)),
  );
  const [revision] = revisions;
  const wanted = revisions.size === 1 ? pods.filter((pod) => servesAs(pod, revision, label)) : [];
  const complete =
    wanted.length > 0 &&
    wanted.length === listed.length &&
    wanted.every((pod) => listed.some(({ ip }) => ip === pod.status?.podIP));
  return {
    service: service.metadata.name,
    byOperator: true,
    revision: complete ? revision : undefined,
    pods: [...listedNames],
    listeners: deviceListeners(service),
  };
}

/**
 * The initial delay that a held cluster's traffic Service keeps in its annotation, in seconds; undefined without the
 * annotation.
 */
export function keptDelayOf(own: readonly Service[], operators: ServiceTemplate | undefined): number | undefined {
  const kept = [...own, operators]
    .map((service) => service?.metadata?.annotations?.[INITIAL_DELAY_ANNOTATION])
    .find(Boolean);
  return kept === undefined ? undefined : Number(kept);
}

/** Whether a pod is ready and of this revision; of any revision for undefined. */
export function servesAs(pod: Pod, revision: string | undefined, label: string): boolean {
  const { deletionTimestamp } = pod.metadata;
  return (
    deletionTimestamp === undefined && isTrue(pod, 'Ready') && [undefined, revisionOf(pod, label)].includes(revision)
  );
}

/** Operator 2.3 removes no core on which this is anything but False. */
function hasDataOf({ status }: Pod): { hasData?: boolean } {
  const site = status?.conditions?.find(({ type }) => type === REPLICATION_SITE_CONDITION);
  return site ? { hasData: site.status !== 'False' } : {};
}

/** Waiting reasons of a container that is starting normally. */
const PATIENT = ['ContainerCreating', 'PodInitializing'];

function troubleOf({ status }: Pod): string | undefined {
  const placed = status?.conditions?.find((condition) => condition.type === 'PodScheduled');
  if (placed?.status === 'False') return oneLine([placed.reason, placed.message].filter(Boolean).join(': '));
  for (const { name, state, lastState } of [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
  ]) {
    const { reason, message } = state?.waiting ?? {};
    if (!reason || PATIENT.includes(reason)) continue;
    const { terminated } = lastState ?? {};
    const last =
      terminated && `it ended with ${terminated.exitCode}${terminated.reason ? ` (${terminated.reason})` : ''}`;
    return oneLine([`${name}: ${reason}`, last ?? message].filter(Boolean).join(', '));
  }
  return undefined;
}

/** As long as the sidecar cannot start, a pod whose broker runs is pending, too. */
function isStopped({ status }: Pod): boolean {
  const broker = status?.containerStatuses?.find(({ name }) => name === 'emqx');
  return broker?.state ? broker.state.running === undefined : status?.phase === 'Pending';
}

function revisionOf({ metadata }: Pod, label: string): string | undefined {
  return metadata.labels?.[label];
}

function isTrue(pod: Pod, type: string): boolean {
  return pod.status?.conditions?.some((c) => c.type === type && c.status === 'True') ?? false;
}
