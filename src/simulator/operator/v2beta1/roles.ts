import {
  type Emqx,
  type EmqxCondition,
  emqxLabels,
  POD_TEMPLATE_HASH_LABEL,
  type Role as RoleName,
} from '../../../resource';
import type { ReplicaSet, StatefulSet } from '../../kubernetes/core-types';
import type { NodesStatus, NodeTemplate } from './emqx';
import type { EmqxPass } from './pass';

export type SetObject = StatefulSet | ReplicaSet;

/** What differs between cores and replicants, where the operator treats both alike. */
export interface Role {
  name: RoleName;
  kind: { apiVersion: string; kind: 'StatefulSet' | 'ReplicaSet' };
  progressing: EmqxCondition;
  ready: EmqxCondition;
  /** The reason of the condition when a new set was created. */
  created: string;
  templateOf(resource: Emqx): NodeTemplate | undefined;
  /** Changed in place. */
  statusOf(pass: EmqxPass): NodesStatus;
}

export const core: Role = {
  name: 'core',
  kind: { apiVersion: 'apps/v1', kind: 'StatefulSet' },
  progressing: 'CoreNodesProgressing',
  ready: 'CoreNodesReady',
  created: 'CreateNewStatefulSet',
  templateOf: ({ spec }) => spec.coreTemplate,
  statusOf: ({ status }) => {
    status.coreNodesStatus ??= {};
    return status.coreNodesStatus;
  },
};

export const replicant: Role = {
  name: 'replicant',
  kind: { apiVersion: 'apps/v1', kind: 'ReplicaSet' },
  progressing: 'ReplicantNodesProgressing',
  ready: 'ReplicantNodesReady',
  created: 'CreateReplicaSet',
  templateOf: ({ spec }) => spec.replicantTemplate,
  statusOf: ({ status }) => {
    status.replicantNodesStatus ??= {};
    return status.replicantNodesStatus;
  },
};

/** The labels of all pods and sets of a cluster, or of those of one role. */
export function labelsOf({ metadata }: Emqx, role?: Role): Record<string, string> {
  return emqxLabels(metadata.name, role?.name);
}

export interface Sets {
  /** The set of the wanted template. */
  update: SetObject | undefined;
  /** The set that is to be replaced, or the same. */
  current: SetObject | undefined;
  /** All others, the oldest first. */
  old: SetObject[];
}

/** The sets of a role, told apart by the hashes in the pass's view of the status. */
export async function setsOf(pass: EmqxPass, role: Role): Promise<Sets> {
  const { api, signal } = pass.options;
  const query = { namespace: pass.namespace, labels: labelsOf(pass.instance, role), ...role.kind };
  const { items } = await api.list<SetObject>(query, signal);
  const { updateRevision, currentRevision } = role.statusOf(pass);
  const hashed = items.filter((set) => hashOf(set) !== undefined);
  return {
    update: hashed.find((set) => hashOf(set) === updateRevision),
    current: hashed.find((set) => hashOf(set) === currentRevision),
    old: hashed.filter((set) => ![updateRevision, currentRevision].includes(hashOf(set))).sort(byAge),
  };
}

/** The hash in a set's label. */
export function hashOf({ metadata }: SetObject): string | undefined {
  return metadata.labels?.[POD_TEMPLATE_HASH_LABEL];
}

function byAge(a: SetObject, b: SetObject): number {
  const age = (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? '');
  return age || (a.metadata.name < b.metadata.name ? -1 : 1);
}
