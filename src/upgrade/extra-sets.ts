import { generationOf, isHeld, versionOf } from '../resource';
import { isOpen, type Journal } from './journal';
import { fleetOf, knownLoadOfSet } from './known-load';
import { newJournal } from './new-journal';
import { activeSets, type ClusterView, type Observation, operatorReportOf, type SetView, setOf } from './observation';
import { versionOfSet } from './served-version';
import { setsOf } from './stages';
import { liveDigestOf, type Target, wantedDigest } from './target';

/**
 * The operator of EMQX 5 builds a further set whenever the resource changes in the middle of an upgrade, and never goes back to a set
 * that it has left. It takes one old set of a role for blue, and leaves the others alone. The devices of all of them are moved to the set
 * that it wants, one set after the other: the run that was open ends as superseded.
 */
export interface ExtraSets {
  /** The sets that the operator wants, one of each role, as far as they exist. */
  wanted: SetView[];
  /** Every other set with nodes, in the order in which they are replaced. */
  old: SetView[];
}

/** Undefined where an upgrade, or the open run, leads to the sets that the operator wants; or where these are not known. */
export function extraSetsOf(cluster: ClusterView): ExtraSets | undefined {
  const { wanted: names } = operatorReportOf(cluster);
  if (!names) return undefined;
  const wanted = names.flatMap((name) => setOf(cluster, name) ?? []);
  const old = allActive(cluster).filter(({ name }) => !names.includes(name));
  if (old.length === 0) return undefined;
  const { journal } = cluster;
  const isStuck = isOpen(journal) ? leadsElsewhere(cluster, journal, wanted) : haveSameRole(old);
  return isStuck ? { wanted, old } : undefined;
}

function leadsElsewhere(cluster: ClusterView, journal: Journal, wanted: readonly SetView[]): boolean {
  if (journal.driver === 'operator') return false;
  const [from, to] = [setsOf(journal, 'from'), setsOf(journal, 'to')];
  const isSame = liveDigestOf(cluster.resource) === wantedDigest(journal);
  // An operator that has gone back to the old sets goes to the new ones again when somebody applies the new template again.
  const isUndone = journal.aborted !== undefined && journal.phase !== 'revert' && !isSame;
  const known = isUndone ? from : [...from, ...to];
  // Nodes that run nowhere are part of the abort that asks for them.
  const isElsewhere = wanted.some((set) => set.replicas > 0 && !set.isIdle && !known.includes(set.name));
  if (!isElsewhere || to.length > 0) return isElsewhere;
  // Which sets are the new ones is not known yet: one of each role, if it is made of what the run wants.
  return !isSame || haveSameRole(allActive(cluster).filter(({ name }) => !from.includes(name)));
}

function haveSameRole(sets: readonly SetView[]): boolean {
  return new Set(sets.map(({ role }) => role)).size < sets.length;
}

function allActive(cluster: ClusterView): SetView[] {
  return generationOf(cluster.resource).setKinds.flatMap(({ role }) => activeSets(cluster, role));
}

/** What was found: the sets, and how many devices are on each. */
export function extraSetsText(observation: Observation, { wanted, old }: ExtraSets): string {
  const { cluster } = observation;
  const text = (set: SetView) => {
    const { connections } = knownLoadOfSet(observation, set.name);
    const devices = connections === null ? 'an unknown number of devices' : `${connections} devices`;
    return `${set.name} (${versionOfSet(observation, set) ?? set.image}, ${devices})`;
  };
  const names = wanted.map(text).join(' and ') || 'a set that does not exist yet';
  return `the resource was changed to version ${versionOf(cluster.resource)} in the middle of an upgrade: the operator wants ${names}; beside it there are ${old.map(text).join(', ')}`;
}

/** The run that replaces all old sets, in place of the open one: with its caps, limits and delay. It cannot be aborted. */
export function supersedingJournal(observation: Observation, target: Target, { old }: ExtraSets): Journal {
  const { cluster } = observation;
  const open = isOpen(cluster.journal) ? cluster.journal : undefined;
  // Devices are on any of them, also on one that the operator is about to leave.
  const active = allActive(cluster).map(({ name }) => name);
  const next = { ...newJournal(observation, target, { old }), baseline: fleetOf(observation, active) };
  if (!open) return { ...next, supersedes: '' };
  const { connectionCap, sessionCap, pacing, waitTakeoverSeconds, limits, initialDelaySeconds, covered, incidents } =
    open;
  const delay = open.aborted ? open.delay.before : open.delay.after;
  return {
    ...next,
    supersedes: open.run,
    ...{ connectionCap, sessionCap, pacing, waitTakeoverSeconds, limits },
    // Whoever has changed the resource may have given it another delay.
    ...(isHeld(cluster.resource) && { initialDelaySeconds, delay: { before: delay, after: delay } }),
    ...(covered && { covered }),
    ...(incidents && { incidents }),
  };
}
