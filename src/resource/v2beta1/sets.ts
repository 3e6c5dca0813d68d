import { INSTANCE_LABEL, MANAGED_BY_LABEL, OPERATOR } from '../constants';
import type { Role } from '../generation';
import { POD_TEMPLATE_HASH_LABEL, ROLE_LABEL, setNameOf } from './constants';
import { withEmqxDefaults } from './defaults';
import type { Emqx } from './emqx';

/** A set of nodes of one role, as the operator's status names it. */
export interface EmqxSet {
  readonly role: Role;
  /** Value of the label `apps.emqx.io/pod-template-hash` of the set and of its pods. */
  readonly hash: string;
  /** Name of the StatefulSet (cores) or the ReplicaSet (replicants). */
  readonly name: string;
}

/** The sets of a role: the running one, and during an upgrade the new one. */
export interface ColouredSets {
  readonly blue: EmqxSet;
  /** @default - no upgrade is under way: there is one set */
  readonly green: EmqxSet | undefined;
}

/**
 * The sets of a role by colour; undefined as long as the status names none: while the operator creates the first one, or where the
 * cluster has no replicants.
 *
 * The operator's words are the reverse of what one expects: its "current" set is the old one, which serves until its nodes are
 * gone, and its "update" set the new one. Outside of this folder they are blue and green.
 *
 * @see EMQX Operator 2.2.29, `status.coreNodesStatus`
 */
export function emqxSetsOf(resource: Emqx, role: Role): ColouredSets | undefined {
  const { status, metadata } = resource;
  const counts = role === 'core' ? status?.coreNodesStatus : status?.replicantNodesStatus;
  const { currentRevision: old, updateRevision: next } = counts ?? {};
  const set = (hash: string): EmqxSet => ({ role, hash, name: setNameOf(metadata.name, role, hash) });
  const running = old || next;
  if (!running) return undefined;
  return { blue: set(running), green: next && next !== running ? set(next) : undefined };
}

/** Labels of a cluster's objects; with a role those of its pods and sets, with a hash those of one set. */
export function emqxLabels(cluster: string, role?: Role, hash?: string): Record<string, string> {
  return {
    [INSTANCE_LABEL]: cluster,
    [MANAGED_BY_LABEL]: OPERATOR,
    ...(role !== undefined && { [ROLE_LABEL]: role }),
    ...(hash !== undefined && { [POD_TEMPLATE_HASH_LABEL]: hash }),
  };
}

/** The role of the nodes that devices connect to: replicants where there are any, and then cores hold the data only. */
export function servingRoleOf(resource: Emqx): Role {
  const { replicantTemplate } = withEmqxDefaults(resource).spec;
  return (replicantTemplate?.spec?.replicas ?? 0) > 0 ? 'replicant' : 'core';
}
