import type { EmqxCondition } from '../../../resource';
import { conditionOf, lastTrueCondition, removeConditions, setCondition } from './conditions';
import { hasReplicants } from './emqx';
import type { EmqxPass } from './pass';
import { core, type Role, replicant, setsOf } from './roles';

/**
 * Moves the conditions on by at most one, given the last that is true. As seen in every recorded run:
 *
 * Initialized → CoreNodesProgressing → CoreNodesReady → [ReplicantNodesProgressing → ReplicantNodesReady] → Available → Ready
 *
 * - CoreNodesReady, ReplicantNodesReady: as many pods of the update set are Ready as the resource asks for.
 * - Available: at once after that. Its time starts the initial delay, and is not renewed while it stays.
 * - Ready: the running nodes of all sets together are as many as asked for, and no set is left to be replaced. A green set left
 *   over from an abort does not hinder it when its nodes never joined.
 * - Back from Ready: when the update set has another number of Ready pods, to CoreNodesProgressing or ReplicantNodesProgressing.
 *
 * The status says nothing of what it was judged by: there is no observed generation.
 *
 * @see EMQX Operator 2.2.29, `status_machine.go`: read
 */
export async function moveConditions(pass: EmqxPass): Promise<void> {
  const last = (lastTrueCondition(pass.status)?.type ?? 'Initialized') as EmqxCondition;
  if (!conditionOf(pass.status, last)) set(pass, 'Initialized', 'initialized EMQX cluster');
  switch (last) {
    case 'Initialized':
      startAgain(pass);
      break;
    case 'CoreNodesProgressing':
      if (await hasAllReady(pass, core)) set(pass, 'CoreNodesReady', 'Core nodes is ready');
      break;
    case 'CoreNodesReady':
      if (hasReplicants(pass.instance)) set(pass, 'ReplicantNodesProgressing', 'Replicant nodes progressing');
      else set(pass, 'Available', 'Cluster is available');
      break;
    case 'ReplicantNodesProgressing':
      if (!hasReplicants(pass.instance)) startAgain(pass);
      else if (await hasAllReady(pass, replicant)) set(pass, 'ReplicantNodesReady', 'Replicant nodes ready');
      break;
    case 'ReplicantNodesReady':
      if (hasReplicants(pass.instance)) set(pass, 'Available', 'Cluster is available');
      else startAgain(pass);
      break;
    case 'Available':
      if (rolesOf(pass).every((role) => isComplete(pass, role))) set(pass, 'Ready', 'Cluster is ready');
      break;
    case 'Ready':
      await fallBack(pass);
      break;
  }
}

async function fallBack(pass: EmqxPass): Promise<void> {
  if (await hasLostReadyPods(pass, core)) {
    startAgain(pass);
  } else if (hasReplicants(pass.instance) && (await hasLostReadyPods(pass, replicant))) {
    removeConditions(pass.status, 'Ready', 'Available', 'ReplicantNodesReady');
    set(pass, 'ReplicantNodesProgressing', 'Replicant nodes progressing');
  }
}

function startAgain(pass: EmqxPass): void {
  const all: EmqxCondition[] = ['Ready', 'Available', 'ReplicantNodesReady', 'ReplicantNodesProgressing'];
  removeConditions(pass.status, ...all, 'CoreNodesReady', 'CoreNodesProgressing');
  set(pass, 'CoreNodesProgressing', 'Core nodes progressing');
}

function set(pass: EmqxPass, type: EmqxCondition, message: string): void {
  setCondition(pass.status, pass.now, type, type, message);
}

function rolesOf(pass: EmqxPass): Role[] {
  return hasReplicants(pass.instance) ? [core, replicant] : [core];
}

function isComplete(pass: EmqxPass, role: Role): boolean {
  const { readyReplicas = 0, replicas = 0, updateRevision, currentRevision } = role.statusOf(pass);
  return readyReplicas === replicas && updateRevision === currentRevision;
}

async function hasAllReady(pass: EmqxPass, role: Role): Promise<boolean> {
  const { update } = await setsOf(pass, role);
  const ready = update?.status?.readyReplicas ?? 0;
  return ready !== 0 && ready === role.templateOf(pass.instance)?.spec?.replicas;
}

async function hasLostReadyPods(pass: EmqxPass, role: Role): Promise<boolean> {
  const { update } = await setsOf(pass, role);
  return update !== undefined && (update.status?.readyReplicas ?? 0) !== (role.statusOf(pass).replicas ?? 0);
}
