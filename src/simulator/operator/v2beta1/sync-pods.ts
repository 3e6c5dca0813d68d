import { isKubeError, type KubeObject } from '../../../kubernetes/kube-api';
import { REPLICATION_SITE_CONDITION } from '../../../resource';
import type { Pod, StatefulSet } from '../../kubernetes/core-types';
import { kinds } from '../../kubernetes/kinds';
import { failing, OperatorPanic } from '../failure';
import { conditionOf, isTrue } from './conditions';
import type { CoreRequester } from './core-requester';
import { hasReplicants, type NodeStatus } from './emqx';
import { readNode, successful } from './emqx-answers';
import type { EmqxPass } from './pass';
import { core, labelsOf, replicant, type SetObject, setsOf } from './roles';

const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

interface Event extends KubeObject {
  reason?: string;
  lastTimestamp?: string;
  involvedObject?: { name?: string };
}

/** What a step here works with: EMQX answers, and where sessions are sent. */
interface ScaleDown {
  pass: EmqxPass;
  emqx: CoreRequester;
  /** Nodes of the update set: of replicants where there are any, else of cores. */
  targets: string[];
}

/**
 * Takes the old sets down, one node at a time: replicants first, then cores.
 *
 * Nothing happens before the cluster is Available, nor until the initial delay has passed since then: the whole seconds
 * have to be more than `initialDelaySeconds`, and a resource that has none counts as 0. Nothing else waits for that delay, so a
 * large one holds the upgrade while status and gates stay current (measured, both shapes).
 *
 * A node with sessions is evacuated first. The body has no `wait_health_check`: each node waits EMQX's 60 s before it starts.
 * Then nothing happens until the first of all evacuations in the cluster, whoever started it, is `prohibiting`.
 *
 * @see EMQX Operator 2.2.29, `sync_pods.go`: read; measured for cores alone and with replicants
 */
export async function syncPods(pass: EmqxPass): Promise<void> {
  const { emqx } = pass.options;
  if (!emqx || !isTrue(pass.status, 'Available')) return;
  const cores = await setsOf(pass, core);
  const replicants = await setsOf(pass, replicant);
  const [nodes, set] = hasReplicants(pass.instance)
    ? [pass.status.replicantNodes, replicants.update]
    : [pass.status.coreNodes, cores.update];
  const targets = (nodes ?? []).flatMap(({ node, controllerUID }) =>
    node !== undefined && set && controllerUID === set.metadata.uid ? [node] : [],
  );
  const step = { pass, emqx, targets };
  if (differ(replicants)) return scaleDownReplicants(step, replicants.current as SetObject);
  if (differ(cores)) return scaleDownCores(step, cores.current as StatefulSet);
}

function differ({ update, current }: { update: SetObject | undefined; current: SetObject | undefined }): boolean {
  return update !== undefined && current !== undefined && update.metadata.uid !== current.metadata.uid;
}

async function scaleDownReplicants(step: ScaleDown, old: SetObject): Promise<void> {
  const { pass } = step;
  const { api, signal } = pass.options;
  const pod = await replicantToRemove(step, old).catch(failing('failed to check if pod can be scale down'));
  if (!pod || pod.metadata.deletionTimestamp) return;
  const body = { metadata: { annotations: { [DELETION_COST]: '-99999' } } };
  await api
    .patch(pass.ref(kinds.pod, pod.metadata.name), { type: 'merge', body }, {}, signal)
    .catch(failing('failed update pod deletion cost'));
  await removeOne(pass, old).catch(failing('failed to scale down old replicaSet'));
}

/** A pod that is marked already is taken again: a controller slower than a pass makes the set lose two. */
async function replicantToRemove(step: ScaleDown, old: SetObject): Promise<Pod | undefined> {
  const { pass } = step;
  if (!isDelayOver(pass)) return undefined;
  const pods = await podsOf(pass, old);
  if (pods.length === 0) return undefined;
  const [evacuation] = pass.status.nodeEvacuationsStatus ?? [];
  if (evacuation) {
    if (evacuation.state !== 'prohibiting') return undefined;
    const node = pass.status.replicantNodes?.find(
      (each) => each.node === evacuation.node && pods.some(({ metadata }) => metadata.uid === each.podUID),
    );
    // Another node than an old replicant is evacuated: a core, or one whose pod is gone and which EMQX still lists.
    if (!node) throw new OperatorPanic('nil pointer dereference: shouldDeletePodInfo.Edition');
    const pod = pods.find(({ metadata }) => metadata.uid === node.podUID);
    return (await mayGo(step, node, old)) ? pod : undefined;
  }
  const leaving = pods.find(({ metadata }) => metadata.deletionTimestamp || metadata.annotations?.[DELETION_COST]);
  if (leaving) return leaving;
  const [pod] = pods as [Pod];
  const node = await readNodeOf(step, `emqx@${pod.status?.podIP ?? ''}`);
  return node.node_status === 'stopped' || (await mayGo(step, node, old)) ? pod : undefined;
}

async function scaleDownCores(step: ScaleDown, old: StatefulSet): Promise<void> {
  const may = await mayCoreGo(step, old).catch(failing('failed to check if sts can be scale down'));
  if (may) await removeOne(step.pass, old).catch(failing('failed to scale down old statefulSet'));
}

/**
 * Whether the core of the highest ordinal may go. Its name is put together with the domain `cluster.local`, whatever the
 * resource says: in another domain EMQX knows no such node, which counts as stopped (measured: all devices cut).
 */
async function mayCoreGo(step: ScaleDown, old: StatefulSet): Promise<boolean> {
  const { pass } = step;
  const { currentRevision, updateRevision } = replicant.statusOf(pass);
  if (hasReplicants(pass.instance) && currentRevision !== updateRevision) return false;
  if (!isDelayOver(pass)) return false;
  const [evacuation] = pass.status.nodeEvacuationsStatus ?? [];
  if (evacuation && evacuation.state !== 'prohibiting') return false;
  if ((old.status?.replicas ?? 0) === 0) return false;
  const name = `${old.metadata.name}-${(old.spec.replicas ?? 0) - 1}`;
  const { api, signal } = pass.options;
  const pod = await api.get<Pod>(pass.ref(kinds.pod, name), signal).catch((error: unknown) => {
    if (isKubeError(error, 'NotFound')) return undefined;
    throw error;
  });
  if (!pod || pod.metadata.deletionTimestamp) return false;
  if (isSite(pod)) return false;
  const node = await readNodeOf(step, `emqx@${name}.${old.spec.serviceName}.${pass.namespace}.svc.cluster.local`);
  return node.node_status === 'stopped' || mayGo(step, node, old);
}

/** Only operator 2.3 says so of pods. */
function isSite({ status }: Pod): boolean {
  const site = status?.conditions?.find(({ type }) => type === REPLICATION_SITE_CONDITION);
  return site !== undefined && site.status !== 'False';
}

/** Starts the evacuation of a node with sessions. Without, or in an open source EMQX: whether enough time has passed. */
async function mayGo({ pass, emqx, targets }: ScaleDown, node: NodeStatus, old: SetObject): Promise<boolean> {
  if (node.edition !== 'Enterprise' || (node.connections ?? 0) === 0) return isTakeoverOver(pass, old);
  const { waitTakeover = 0, connEvictRate = 0, sessEvictRate = 0 } = strategyOf(pass);
  const body = JSON.stringify({
    conn_evict_rate: connEvictRate,
    sess_evict_rate: sessEvictRate,
    migrate_to: targets,
    ...(waitTakeover > 0 && { wait_takeover: waitTakeover }),
  });
  const path = `api/v5/load_rebalance/${node.node}/evacuation/start`;
  const answer = await emqx
    .any('POST', path, body, pass.options.signal)
    .catch(failing('failed to start node evacuation'));
  const isStarted = answer.status === 400 && answer.body.includes('already_started');
  if (!isStarted) successful(answer, path);
  pass.options.record('Normal', 'NodeEvacuation', `Node ${node.node} is being evacuated`);
  return false;
}

async function readNodeOf({ pass, emqx }: ScaleDown, name: string): Promise<NodeStatus> {
  const path = `api/v5/nodes/${name}`;
  const answer = await emqx
    .any('GET', path, undefined, pass.options.signal)
    .catch(failing('failed to get node info by API'));
  return answer.status === 404 ? { node: name, node_status: 'stopped' } : readNode(successful(answer, path).body);
}

/** Pods of a set, the last by name first; those that are being deleted are among them. */
async function podsOf(pass: EmqxPass, set: SetObject): Promise<Pod[]> {
  const { api, signal } = pass.options;
  const query = { namespace: pass.namespace, labels: labelsOf(pass.instance, replicant), ...kinds.pod };
  const pods = (await api.list<Pod>(query, signal)).items.filter((pod) =>
    pod.metadata.ownerReferences?.some(({ controller, uid }) => controller && uid === set.metadata.uid),
  );
  return pods.sort((a, b) => (a.metadata.name < b.metadata.name ? 1 : -1));
}

async function removeOne(pass: EmqxPass, set: SetObject): Promise<void> {
  const { api, signal } = pass.options;
  const { name, resourceVersion } = set.metadata;
  const body = { metadata: { resourceVersion }, spec: { replicas: (set.spec.replicas ?? 0) - 1 } };
  await api.patch(pass.ref(set, name), { type: 'merge', body }, {}, signal);
}

function strategyOf(pass: EmqxPass) {
  return pass.instance.spec.updateStrategy?.evacuationStrategy ?? {};
}

/** Whole seconds; the operator counts them in 32 bits, which is enough for 68 years. */
function secondsSince(pass: EmqxPass, time: string): number {
  return Math.trunc((pass.now - Date.parse(time)) / 1000);
}

function isDelayOver(pass: EmqxPass): boolean {
  const available = conditionOf(pass.status, 'Available');
  if (!available) return false;
  const delay = pass.instance.spec.updateStrategy?.initialDelaySeconds ?? 0;
  return secondsSince(pass, available.lastTransitionTime) > delay;
}

/** Whether `waitTakeover` has passed since the set lost a pod last. */
async function isTakeoverOver(pass: EmqxPass, set: SetObject): Promise<boolean> {
  const { api, signal } = pass.options;
  const events = await api.list<Event>({ apiVersion: 'v1', kind: 'Event', namespace: pass.namespace }, signal);
  const times = events.items
    .filter(({ reason, involvedObject }) => reason === 'SuccessfulDelete' && involvedObject?.name === set.metadata.name)
    .map(({ lastTimestamp = '' }) => lastTimestamp)
    .sort();
  const last = times.at(-1);
  return last === undefined || secondsSince(pass, last) > (strategyOf(pass).waitTakeover ?? 0);
}
