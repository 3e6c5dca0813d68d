import type { EmqxCondition, EmqxStatus } from '../../../resource';
import { timestamp } from '../../kubernetes/object-store';
import { lastTrueCondition, setCondition } from '../v2beta1/conditions';
import { hasReplicants } from '../v2beta1/emqx';
import type { EmqxPass } from '../v2beta1/pass';
import { core, type Role, replicant, type SetObject } from '../v2beta1/roles';

/** Makes all conditions false but the first: operator 2.3 removes none. */
export function resetConditions(status: EmqxStatus, now: number, reason: string): void {
  for (const { type } of [...(status.conditions ?? [])]) {
    const condition = status.conditions?.find((each) => each.type === type);
    if (type === 'Initialized' || condition?.status !== 'True') continue;
    const others = (status.conditions ?? []).filter((each) => each !== condition);
    const next = { type, status: 'False' as const, lastTransitionTime: timestamp(now), reason, message: '' };
    status.conditions = [next, ...others];
  }
}

/** The update sets. */
export interface UpdateSets {
  cores: SetObject | undefined;
  replicants: SetObject | undefined;
}

/**
 * Moves the conditions on as far as they go. Other than in 2.2 that is not one of them in each pass, and a set is ready when it has as many
 * ready pods as pods: so nothing takes Available back but a set that is created, updated or reverted.
 *
 * @see EMQX Operator 2.3, `internal/controller/update_emqx_status.go`: read, not run
 */
export function moveV2Conditions(pass: EmqxPass, sets: UpdateSets): void {
  const next = nextOf(pass, sets);
  if (next === undefined) return;
  if (next === 'again') resetConditions(pass.status, pass.now, 'NodesNotReady');
  else setCondition(pass.status, pass.now, next, next, '');
  // Once Ready it stays there, and starts again from the first one.
  if (next !== 'Ready') moveV2Conditions(pass, sets);
}

function nextOf(pass: EmqxPass, { cores, replicants }: UpdateSets): EmqxCondition | 'again' | undefined {
  const hasSome = hasReplicants(pass.instance);
  switch (lastTrueCondition(pass.status)?.type as EmqxCondition | undefined) {
    case undefined:
      return 'Initialized';
    case 'Initialized':
      return cores && 'CoreNodesProgressing';
    case 'CoreNodesProgressing':
      return areAllReady(cores) ? 'CoreNodesReady' : undefined;
    case 'CoreNodesReady':
      return hasSome ? 'ReplicantNodesProgressing' : 'Available';
    case 'ReplicantNodesProgressing':
      if (!hasSome) return 'again';
      return areAllReady(replicants) ? 'ReplicantNodesReady' : undefined;
    case 'ReplicantNodesReady':
      return hasSome ? 'Available' : 'again';
    case 'Available':
      return isComplete(pass, core) && (!hasSome || isComplete(pass, replicant)) ? 'Ready' : undefined;
    case 'Ready':
      return hasLost(pass, core, cores) || (hasSome && hasLost(pass, replicant, replicants)) ? 'again' : undefined;
  }
}

function areAllReady(set: SetObject | undefined): boolean {
  const { readyReplicas = 0, replicas = 0 } = set?.status ?? {};
  return readyReplicas > 0 && readyReplicas === replicas;
}

function isComplete(pass: EmqxPass, role: Role): boolean {
  const { replicas, readyReplicas, updateReplicas, updateRevision, currentRevision } = role.statusOf(pass);
  return updateReplicas === replicas && readyReplicas === replicas && updateRevision === currentRevision;
}

function hasLost(pass: EmqxPass, role: Role, set: SetObject | undefined): boolean {
  return set !== undefined && (set.status?.readyReplicas ?? 0) !== (role.statusOf(pass).replicas ?? 0);
}
