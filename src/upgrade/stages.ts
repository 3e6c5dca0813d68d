import { generationOf, type Role } from '../resource';
import type { Journal, Phase, Stage } from './journal';
import { withOldCount } from './node-counts';
import { activeSets, type ClusterView, replicasOf, type SetView } from './observation';

/**
 * An upgrade replaces the sets of one role after the other: replicants, then cores, because old replicants need old cores. The
 * journal's `from` and `to` are those of the current stage.
 */

/** The role of the nodes that devices connect to. */
export function servingRole({ resource }: ClusterView): Role {
  const { setKinds, replicasOf } = generationOf(resource);
  return setKinds.find(({ role }) => replicasOf(resource, role) > 0)?.role ?? 'core';
}

/**
 * What an upgrade may replace, in order: `blue`, and the sets of the other roles. Of one that the operator has begun, new cores are there
 * before new replicants: which roles get new nodes is known only when all of these are ready.
 */
export function stagesFrom(cluster: ClusterView, blue: SetView): Stage[] {
  return generationOf(cluster.resource).setKinds.flatMap(({ role }): Stage[] => {
    const [oldest] = activeSets(cluster, role);
    const old = role === (blue.role ?? 'core') ? blue : oldest;
    if (!old) return [];
    const counts = withOldCount(replicasOf(cluster, role), old.replicas);
    return [{ role, ...counts, from: { set: old.name, revision: old.revision ?? '' } }];
  });
}

/** Whether the traffic Services route to the nodes of the current stage. */
export function carriesDevices(cluster: ClusterView, { role = 'core' }: Journal): boolean {
  return role === servingRole(cluster);
}

/**
 * The set that devices of the current stage are led to: of nodes that devices are not meant for it is that of the role that they are meant
 * for, where the run has replaced that.
 */
export function takerOf(cluster: ClusterView, journal: Journal): string | undefined {
  const serving = servingRole(cluster);
  const stage = stagesOf(journal).findLast(({ role }) => role === serving);
  return journal.aborted ? stage?.from.set : stage?.to?.set;
}

/** Whether a phase comes once for each role. */
export function isOfOneRole(phase: Phase): boolean {
  return ['evacuate', 'retire', 'return', 'retire-green'].includes(phase);
}

/** What is written to the journal to go on with the next role; undefined where this one is the last. */
export function nextStage(journal: Journal): Partial<Journal> | undefined {
  const [next, ...later] = journal.later ?? [];
  if (!next) return undefined;
  const { from, to } = journal;
  return {
    role: next.role,
    replicas: next.replicas,
    oldReplicas: next.oldReplicas,
    from: { ...from, ...next.from },
    to: { version: to.version, ...next.to },
    later,
    past: [...(journal.past ?? []), stageOf(journal)],
    shares: undefined,
    evacuation: undefined,
  };
}

/** What is written to the journal when it is known which sets replace which: only those stages remain. */
export function withStages(journal: Journal, [first, ...later]: readonly Stage[]): Partial<Journal> {
  if (!first) return {};
  return {
    ...((journal.role !== undefined || first.role !== 'core') && { role: first.role }),
    replicas: first.replicas,
    oldReplicas: first.oldReplicas,
    from: { ...journal.from, ...first.from },
    to: { ...journal.to, ...first.to },
    ...((journal.later || later.length > 0) && { later }),
  };
}

/** All stages of a run, in their order. */
export function stagesOf(journal: Journal): Stage[] {
  return [...(journal.past ?? []), stageOf(journal), ...(journal.later ?? [])];
}

/** The stage that moved most devices. */
export function mainStage(journal: Journal): Stage {
  const moved = ({ evacuation }: Stage) => evacuation?.moving ?? -1;
  return stagesOf(journal).reduce((main, stage) => (moved(stage) > moved(main) ? stage : main));
}

/** Names of the old sets of all roles, or of the new ones as far as they are known. */
export function setsOf(journal: Journal, side: 'from' | 'to'): string[] {
  return [...new Set(pairsOf(journal).flatMap((pair) => pair[side]?.set ?? []))];
}

/** Whether a set is an old or a new one of any role, as far as these are known. */
export function isSetOfRun(journal: Journal, set: string): boolean {
  return pairsOf(journal).some(({ from, to }) => from.set === set || to?.set === set);
}

/** The old and the new set of each stage. */
function pairsOf(journal: Journal): Pick<Journal | Stage, 'from' | 'to'>[] {
  return [...(journal.past ?? []), journal, ...(journal.later ?? [])];
}

function stageOf({ role = 'core', replicas, oldReplicas, from, to, evacuation, shares }: Journal): Stage {
  return {
    role,
    replicas,
    from: { set: from.set, revision: from.revision },
    ...(oldReplicas !== undefined && { oldReplicas }),
    ...(to.set !== undefined && { to: { set: to.set, revision: to.revision ?? '' } }),
    ...(evacuation && { evacuation }),
    ...(shares && { shares }),
  };
}
