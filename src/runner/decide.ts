import semver from 'semver';
import { named } from '../resource/cluster-ref';
import type { RunnerOrder, RunnerPolicy } from '../resource/runner-policy';
import { isOpenAt, windowText } from '../resource/runner-window';
import { stateText } from '../upgrade';
import { type Approval, isOutdated } from './approval';
import { type ClusterRef, keyOf, pathOf, type Sighting } from './sighting';

/** Everything that decisions follow from. */
export interface Situation {
  /** ms since the epoch. */
  now: number;
  /** Namespace of the runner. */
  home: string;
  /** Undefined for one that is wrong: then nothing is done but to bring to their end the runs that this runner has begun. */
  policy: RunnerPolicy | undefined;
  clusters: readonly Sighting[];
  /** What was approved, and the digests of the templates whose upgrade this runner has begun; by `KIND/NAMESPACE/NAME`. */
  approved: ReadonlyMap<string, Approval>;
  begun: ReadonlyMap<string, string>;
  /** Keys of the clusters that this process works on at the moment. */
  busy: ReadonlySet<string>;
  /** Before when a cluster is not tried again, ms since the epoch; by key. */
  notBefore: ReadonlyMap<string, number>;
}

/** How long new nodes may take to start before a run begins anyway, ms. */
const STARTING_MS = 300_000;

/** Why a cluster is left as it is. */
export type LeaveReason =
  | 'NotApproved'
  | 'OtherApproved'
  | 'AbortedBefore'
  | 'OutsideWindow'
  | 'AfterOthers'
  | 'TooManyAtOnce'
  | 'NotResumed'
  | 'NotHeld'
  | 'OperatorUpgrades'
  | 'NotSupported';

/**
 * What is to be done with a cluster.
 *
 * - `take-up`: begin the upgrade to the template that waits.
 * - `resume`: go on with the open run, which nobody drives.
 * - `hold`: hold the operator, so that a change of the template waits.
 * - `leave`: nothing, although something may be expected; `text` is one sentence, the same as long as the reason is.
 */
export type Decision =
  | { do: 'resume'; cluster: Sighting }
  | { do: 'hold'; cluster: Sighting }
  | { do: 'take-up'; cluster: Sighting; policy: RunnerPolicy }
  | { do: 'leave'; cluster: Sighting; reason: LeaveReason; text: string };

/**
 * Decides about all clusters at once. Pure.
 *
 * - Every open run occupies one of the places of `maxConcurrent`, whoever drives it, also one that has stopped: what went wrong with one
 *   cluster is not repeated with the next.
 * - Clusters that come first are upgraded before all others: these wait until each of them is at rest, and those of the same kind have the
 *   version, too. Otherwise the one that a sync of Git reaches first would be upgraded first.
 */
export function decide(situation: Situation): Decision[] {
  const { clusters, policy, busy } = situation;
  if (!policy) return clusters.flatMap((each) => (isBusy(each) ? [] : (withoutPolicy(each, situation) ?? [])));
  const inOrder = [...clusters].sort((a, b) => compare(a, b, policy.order));
  const ahead = inOrder.filter((each) => isFirst(each, policy.order));
  const missing = policy.order?.clusters?.find((name) => !clusters.some(({ cluster }) => pathOf(cluster) === name));
  let places = policy.maxConcurrent - clusters.filter((each) => isOpen(each, situation) || isBusy(each)).length;
  return inOrder.flatMap((cluster): Decision[] => {
    if (isBusy(cluster)) return [];
    const decision = decisionOn(cluster, { ...situation, policy }, { ahead, missing }, places);
    if (decision?.do === 'take-up') places--;
    return decision ? [decision] : [];
  });

  function isBusy({ cluster }: Sighting): boolean {
    return busy.has(keyOf(cluster));
  }
}

/** Whether its run is open; also where it cannot be read now, and the run was open before, or is marked as one of the runner. */
function isOpen({ cluster, state, run }: Sighting, { begun }: Situation): boolean {
  return state === 'upgrading' || run !== undefined || (state === 'unsettled' && begun.has(keyOf(cluster)));
}

/** What comes before all others. */
interface First {
  ahead: readonly Sighting[];
  /** One that the policy names, and that is not there. */
  missing: string | undefined;
}

/** What follows from a policy that can be used. */
type Sound = Situation & { policy: RunnerPolicy };

/** What has begun is not left half done because of a mistake in the policy: its limits are in the journal. */
function withoutPolicy(cluster: Sighting, situation: Situation): Decision | undefined {
  if (cluster.state !== 'upgrading' || isTooEarly(cluster, situation)) return undefined;
  return resumption(cluster, situation);
}

function isTooEarly({ cluster }: Sighting, { now, notBefore }: Situation): boolean {
  return now < (notBefore.get(keyOf(cluster)) ?? 0);
}

function decisionOn(cluster: Sighting, situation: Sound, first: First, places: number): Decision | undefined {
  const { now, policy } = situation;
  if (isTooEarly(cluster, situation)) return undefined;
  switch (cluster.state) {
    case 'upgrading':
      return resumption(cluster, situation);
    case 'waiting': {
      const decision = beginning(cluster, situation, first, places);
      // Before, checks would find nodes that do not answer yet. If they never start, the run says so. A person can act meanwhile.
      const isTooSoon = cluster.isStarting && now - cluster.since < STARTING_MS;
      return isTooSoon && !waitsForPerson(decision) ? undefined : decision;
    }
    case 'at-rest':
      if (cluster.isHeld) return undefined;
      if (!cluster.canBeHeld) return leave(cluster, 'NotHeld', UNHOLDABLE);
      return policy.hold === 'enforce' ? { do: 'hold', cluster } : leave(cluster, 'NotHeld', UNHELD);
    case 'native':
      // Before the new nodes are ready the operator moves nobody.
      if (cluster.isStarting && cluster.canBeHeld && policy.hold === 'enforce') return { do: 'hold', cluster };
      return leave(cluster, 'OperatorUpgrades', NATIVE);
    case 'unsettled':
      return undefined;
  }
}

function waitsForPerson(decision: Decision): boolean {
  return decision.do === 'leave' && ['NotApproved', 'OtherApproved', 'AbortedBefore'].includes(decision.reason);
}

const UNHELD =
  'the operator is not held: a change of the template upgrades at once and cuts off every device; set hold: enforce in the policy of the runner, or render the cluster held';
const UNHOLDABLE =
  'the resource asks for no blue-green upgrade, so that it cannot be held: `emqx-blue-green check` says what to add';
const NATIVE =
  'the operator upgrades on its own, because it is not held: `emqx-blue-green check` says whether it can be taken over';

/** Why a cluster is not held although the policy wants it. */
export function unheld({ state }: Sighting, why: string): { reason: LeaveReason; text: string } {
  const again = `it is tried again within 5 min, or set hold: leave in the policy of the runner`;
  const text = `the operator could not be held, so that a change of the template cuts off every device: ${why}; ${again}`;
  return { reason: state === 'native' ? 'OperatorUpgrades' : 'NotHeld', text };
}

function resumption(cluster: Sighting, { policy, begun }: Situation): Decision | undefined {
  const { run, holder } = cluster;
  if (!run || (holder && holder.state !== 'gone')) return undefined;
  const isOwn = begun.get(keyOf(cluster.cluster)) === run.target;
  if (policy?.resume || isOwn) return { do: 'resume', cluster };
  const why = policy ? 'the policy resumes none' : 'the policy is wrong, so that only runs of this runner are resumed';
  const text = `nobody drives the run in phase ${run.phase}, and ${why}: \`emqx-blue-green resume ${named(cluster.cluster)}\` does`;
  return leave(cluster, 'NotResumed', text);
}

function beginning(
  cluster: Sighting,
  { now, home, policy, approved }: Sound,
  { ahead, missing }: First,
  places: number,
): Decision {
  const { version, digest, last } = cluster;
  const what = `version ${version}, template ${digest}`;
  const known = approved.get(keyOf(cluster.cluster));
  const how = `\`emqx-blue-green approve ${named(cluster.cluster)}${whereOf(cluster.cluster, home)}\` approves it`;
  if (policy.mode === 'approval') {
    if (known === undefined) return leave(cluster, 'NotApproved', `${what}, waits for an approval: ${how}`);
    if (known.digest !== digest) {
      return leave(cluster, 'OtherApproved', `${whatWasApproved(known)}, but ${what}, waits: ${how}`);
    }
    if (isOutdated(known, cluster)) {
      return leave(cluster, 'NotApproved', `${what}, was approved before the run ${last?.id}, which has ended: ${how}`);
    }
  }
  // Whoever applies the same manifest every few minutes does not mean to try again, and an approval may be applied with it.
  if (last?.isAborted && last.target === digest && !(known?.digest === digest && known.after === last.id)) {
    return leave(cluster, 'AbortedBefore', `${what}, was upgraded to before, and that was aborted: ${how}`);
  }
  if (policy.window && !isOpenAt(policy.window, now)) {
    return leave(cluster, 'OutsideWindow', `${what}, waits for its window: ${windowText(policy.window)}`);
  }
  const comesFirst = isFirst(cluster, policy.order);
  if (missing !== undefined && !comesFirst) {
    const text = `${what}, waits for ${missing}, which comes first, and which is not there: create it, or take it out of order.clusters in the policy of the runner`;
    return leave(cluster, 'AfterOthers', text);
  }
  const before = comesFirst ? undefined : ahead.find((one) => isBehind(one, cluster));
  if (before) {
    const state = `${stateText(before.state)}${before.served && `, with version ${before.served}`}`;
    const text = `${what}, waits for ${pathOf(before.cluster)}, which comes first and is ${state}`;
    return leave(cluster, 'AfterOthers', text);
  }
  if (places < 1) {
    const text = `${what}, waits for its turn: at most ${policy.maxConcurrent} at a time, and every open run counts`;
    return leave(cluster, 'TooManyAtOnce', text);
  }
  return { do: 'take-up', cluster, policy };
}

/** Anybody may have written it by hand. */
function whatWasApproved({ digest }: Approval): string {
  if (/^[0-9a-f]{16}$/.test(digest)) return `template ${digest} is approved`;
  const shown = digest.length > MOST_SHOWN ? `${digest.slice(0, MOST_SHOWN)}…` : digest;
  return `what was approved, ${JSON.stringify(shown)}, is not the digest of a template`;
}

/** Of a digest that is none, characters. */
const MOST_SHOWN = 40;

function leave(cluster: Sighting, reason: LeaveReason, text: string): Decision {
  return { do: 'leave', cluster, reason, text };
}

function isFirst({ cluster, labels }: Sighting, order: RunnerOrder | undefined): boolean {
  if (!order) return false;
  const { label, value, clusters = [] } = order;
  return (label !== undefined && labels[label] === value) || clusters.includes(pathOf(cluster));
}

/** Whether one that comes first does not yet show what becomes of another one. */
function isBehind(first: Sighting, other: Sighting): boolean {
  if (first.state !== 'at-rest') return true;
  if (first.cluster.kind !== other.cluster.kind || first.served === other.version) return false;
  const [has, wanted] = [semver.valid(first.served), semver.valid(other.version)];
  return !has || !wanted || semver.lt(has, wanted);
}

function compare(a: Sighting, b: Sighting, order: RunnerOrder | undefined): number {
  const [x, y] = [keyInOrder(a, order), keyInOrder(b, order)];
  return x < y ? -1 : Number(x > y);
}

function keyInOrder(sighting: Sighting, order: RunnerOrder | undefined): string {
  return `${isFirst(sighting, order) ? 0 : 1} ${pathOf(sighting.cluster)} ${sighting.cluster.kind}`;
}

/** The option of `approve` that names the namespace of the runner, where it is needed. */
function whereOf({ namespace }: ClusterRef, home: string): string {
  return namespace === home ? '' : ` --runner-namespace ${home}`;
}
