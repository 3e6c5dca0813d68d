import { isDeepStrictEqual } from 'node:util';
import type { Role } from '../generation';
import { at } from '../structure';
import { dashboardPortsOf } from './config-data';
import { ROLES } from './constants';
import type { Emqx } from './emqx';

/**
 * What the operator does about a changed field.
 *
 * - `new-sets`: it builds new nodes, which replace those of the named roles.
 * - `in-place`: it changes what is running, at once, also while an upgrade is held. A number of nodes is added or removed.
 * - `ignored`: nothing.
 * - `refused`: it cannot, and then does nothing else either; see {@link EmqxChange.reason}.
 */
export type ChangeEffect = 'new-sets' | 'in-place' | 'ignored' | 'refused';

/** A field of which two resources differ. */
export interface EmqxChange {
  /** For example `spec.image`. */
  readonly path: string;
  readonly effect: ChangeEffect;
  /** The roles that get new nodes, in the order in which these replace the old ones; empty for any other effect. */
  readonly roles: readonly Role[];
  /** Why it is refused or ignored. */
  readonly reason?: string;
}

interface Field {
  readonly steps: readonly string[];
  readonly effect: ChangeEffect;
  readonly roles?: readonly Role[];
  readonly reason?: string;
}

/** Fields of a template's `spec` that do not reach the pods. */
const BESIDE_PODS = ['replicas', 'minAvailable', 'maxUnavailable', 'volumeClaimTemplates'] as const;

const CREATED_ONCE = 'the operator reads it only when it creates the cluster';

const FIELDS: readonly Field[] = [
  { steps: ['image'], effect: 'new-sets', roles: ROLES },
  { steps: ['imagePullPolicy'], effect: 'new-sets', roles: ROLES },
  { steps: ['imagePullSecrets'], effect: 'new-sets', roles: ROLES },
  { steps: ['serviceAccountName'], effect: 'new-sets', roles: ROLES },
  { steps: ['clusterDomain'], effect: 'new-sets', roles: ROLES },
  { steps: ['config'], effect: 'in-place' },
  { steps: ['updateStrategy'], effect: 'in-place' },
  { steps: ['revisionHistoryLimit'], effect: 'in-place' },
  { steps: ['dashboardServiceTemplate'], effect: 'in-place' },
  { steps: ['listenersServiceTemplate'], effect: 'in-place' },
  { steps: ['bootstrapAPIKeys'], effect: 'ignored', reason: CREATED_ONCE },
];

/**
 * Where two resources differ, and what the operator does about it. Both must be complete. Metadata of the resource itself is
 * not compared: the operator copies its labels to other objects, but not into pods.
 *
 * @see EMQX Operator 2.2.29, `getNewStatefulSet` and `getNewReplicaSet`
 */
export function emqxChanges(before: Emqx, after: Emqx): readonly EmqxChange[] {
  const changes: EmqxChange[] = [];
  const add = ({ steps, effect, roles = [], reason }: Field) => {
    changes.push({ path: ['spec', ...steps].join('.'), effect, roles, ...(reason !== undefined && { reason }) });
  };
  for (const field of FIELDS) if (differ(before, after, field.steps)) add(field);
  if (dashboardMoves(before, after)) add(movedDashboard);
  for (const role of ROLES) changesOfTemplate(role, before, after).forEach(add);
  return changes;
}

/**
 * Everything in a resource that makes the operator build new nodes when it changes. The resource must be complete.
 *
 * @see {@link emqxChanges}
 */
export function emqxTriggersOf({ spec }: Emqx): object {
  const common = FIELDS.filter(({ effect }) => effect === 'new-sets').map(({ steps: [name = ''] }) => [
    name,
    at(spec, [name]),
  ]);
  const templates = ROLES.map((role) => {
    const { metadata, spec: node = {} } = spec[`${role}Template`] ?? {};
    const inPods = Object.entries(node).filter(([name]) => !(BESIDE_PODS as readonly string[]).includes(name));
    const { labels, annotations } = metadata ?? {};
    const hasClaim = 'volumeClaimTemplates' in node && node.volumeClaimTemplates !== undefined;
    return [role, { labels, annotations, hasClaim, spec: Object.fromEntries(inPods) }];
  });
  return Object.fromEntries([...common, ...templates]) as object;
}

/** The roles that get new nodes by the changes, in the order in which these replace the old ones. */
export function rolesWithNewNodes(changes: readonly EmqxChange[]): readonly Role[] {
  return ROLES.filter((role) => changes.some(({ roles }) => roles.includes(role)));
}

function changesOfTemplate(role: Role, before: Emqx, after: Emqx): Field[] {
  const template = `${role}Template`;
  const changes: Field[] = [];
  const [had, has] = [before, after].map((one) => at(one, ['spec', template]) !== undefined);
  if (!had && !has) return [];
  if (!had) return [{ steps: [template], effect: 'in-place' }];
  if (!has) return [removedTemplate(template)];
  const newSets = (steps: readonly string[]) => changes.push({ steps, effect: 'new-sets', roles: [role] });
  for (const part of ['labels', 'annotations']) {
    const steps = [template, 'metadata', part];
    if (differ(before, after, steps)) newSets(steps);
  }
  const fields = new Set(
    [before, after].flatMap((one) => Object.keys((at(one, ['spec', template, 'spec']) as object | undefined) ?? {})),
  );
  for (const field of [...fields].sort()) {
    const steps = [template, 'spec', field];
    if (!differ(before, after, steps)) continue;
    if (field === 'volumeClaimTemplates') changes.push(changedClaim(before, after, steps));
    else if ((BESIDE_PODS as readonly string[]).includes(field)) changes.push({ steps, effect: 'in-place' });
    else newSets(steps);
  }
  return changes;
}

/** Of replicants: the cores' template is in every complete resource. */
function removedTemplate(template: string): Field {
  return {
    steps: [template],
    effect: 'ignored',
    reason: 'the operator leaves the replicants running, and manages them no more: set their number to 0 instead',
  };
}

/** A claim that comes or goes changes the volumes of the pod. Another one is no part of the pod, and a stateful set keeps it. */
function changedClaim(before: Emqx, after: Emqx, steps: readonly string[]): Field {
  const [had, has] = [before, after].map((one) => at(one, ['spec', ...steps]) !== undefined);
  if (had !== has) return { steps, effect: 'new-sets', roles: ['core'] };
  const reason = 'the operator would change the stateful set in place, and the API server refuses that at every pass';
  return { steps, effect: 'refused', reason };
}

function differ(before: Emqx, after: Emqx, steps: readonly string[]): boolean {
  const [left, right] = [before, after].map((one) => at(one, ['spec', ...steps]) ?? null);
  return !isDeepStrictEqual(left, right);
}

function dashboardMoves(before: Emqx, after: Emqx): boolean {
  const [from, to] = [before, after].map((one) => dashboardPortsOf(one.spec.config?.data));
  return !isDeepStrictEqual(from, to);
}

const movedDashboard: Field = {
  steps: ['config', 'data'],
  effect: 'refused',
  reason:
    'it moves the dashboard, and with it the management API: the operator would at once look for the running nodes on the new port',
};
