import { currentRate } from '../adaptive-rate';
import type { Journal } from '../journal';
import { isDrained, nodesOf, undrained } from '../observation';
import { type NodeLoad, type NodeShare, share } from '../pacing';
import { loadsOf } from '../plan';
import type { Situation } from '../step';
import { moveOf } from './common';
import { raisedShares } from './raise';

/** The cost of changing the rate of nodes that evict: they are stopped, rest, and start again at their slot in the second, s. */
const RESTART_S = 2.5;

/** Shares are recalculated only for a gain that is worth the orders: as a part of the remaining time, and in s. */
const LEAST_GAIN = { part: 0.05, seconds: 1 } as const;

/**
 * What remains to be moved: nothing from drained nodes. A lost node is expected back, empty: it keeps the least share, so
 * that it can be drained then.
 */
export function remainingLoads({ observation, journal }: Situation, source: string): NodeLoad[] {
  const left = new Set(undrained(observation, source).map(({ pod }) => pod));
  const present = new Set(nodesOf(observation, source).map(({ pod }) => pod));
  const hidden = nodesOf(observation, source).filter((node) => node.unreachable !== undefined);
  for (const { pod } of hidden) left.add(pod);
  const lost = (journal.shares ?? []).filter(({ pod }) => !present.has(pod));
  return [
    ...loadsOf(observation, source).filter(({ pod }) => left.has(pod)),
    ...lost.map(({ pod }) => ({ pod, connections: 0, offlineSessions: 0 })),
  ];
}

/** EMQX accepts a new rate only with a new start: what evicts now is stopped before anything is started again. */
export function shareAnew(situation: Situation, connectionCap = situation.journal.connectionCap): Partial<Journal> {
  const { observation, journal } = situation;
  const { source } = moveOf(situation);
  // One that does not answer may evict all the same.
  const evicting = nodesOf(observation, source).filter((node) => node.unreachable !== undefined || node.evacuating);
  return {
    connectionCap,
    shares: share(remainingLoads(situation, source), {
      connections: currentRate({ ...journal, connectionCap }),
      sessions: journal.sessionCap,
    }),
    wave: undefined,
    restart: evicting.filter((node) => !isDrained(node)).map((node) => node.pod),
    raise: undefined,
  };
}

/**
 * The recalculated shares where a node is lost, has finished before the others, or got too little because shares are whole numbers,
 * so that the whole cap is used. Undefined where that is not worth the orders.
 *
 * @param evicting whether nodes would have to be stopped for it.
 */
export function rebalancedShares(situation: Situation, evicting: boolean): Partial<Journal> | undefined {
  const { journal, observation } = situation;
  const { source } = moveOf(situation);
  // With more nodes than the cap allows at a time, the next wave gets what the previous one leaves.
  if (!journal.shares || journal.restart || journal.raise) return undefined;
  if (journal.shares.some(({ wave }) => wave > 0)) return undefined;
  if (nodesOf(observation, source).some((node) => node.unreachable !== undefined)) return undefined;
  const loads = remainingLoads(situation, source);
  if (isCapUsed(loads, journal)) return undefined;
  if (evicting && loads.some(({ connections }) => connections > 0)) return raisedShares(situation, loads);
  const next = shareAnew(situation);
  const wait = journal.waitTakeoverSeconds;
  const before = remainingSeconds(loads, journal.shares, 0);
  // A node that waits for takeovers, or moves sessions, would wait once more.
  const after = remainingSeconds(loads, next.shares ?? [], wait) + (evicting ? RESTART_S : 0);
  return after + LEAST_GAIN.seconds <= before * (1 - LEAST_GAIN.part) ? next : undefined;
}

/** As long as every node uses its share, nothing is gained: a node with more remaining gets more when another one has finished. */
function isCapUsed(loads: readonly NodeLoad[], journal: Journal): boolean {
  const { shares = [], sessionCap } = journal;
  const used = (rate: 'connectionsPerSecond' | 'sessionsPerSecond', has: (load: NodeLoad) => number) =>
    shares.reduce(
      (sum, part) => sum + (loads.some((load) => load.pod === part.pod && has(load) > 0) ? part[rate] : 0),
      0,
    );
  if (loads.some(({ connections }) => connections > 0)) {
    return used('connectionsPerSecond', ({ connections }) => connections) >= currentRate(journal);
  }
  return used('sessionsPerSecond', ({ offlineSessions }) => offlineSessions) >= sessionCap;
}

/** @param waitAgain for takeovers, of nodes with only sessions remaining */
function remainingSeconds(loads: readonly NodeLoad[], shares: readonly NodeShare[], waitAgain: number): number {
  const seconds = loads.map(({ pod, connections, offlineSessions }) => {
    const part = shares.find((each) => each.pod === pod);
    if (!part) return 0;
    const waits = connections === 0 && offlineSessions > 0 ? waitAgain : 0;
    return connections / part.connectionsPerSecond + waits + offlineSessions / part.sessionsPerSecond;
  });
  return Math.max(0, ...seconds);
}

/** Whether a node has something to move and no share: it was gone when the cap was shared, or was recreated after it had finished. */
export function isAnyWithoutShare({ observation, journal }: Situation, source: string): boolean {
  return nodesOf(observation, source).some(
    (node) => !isDrained(node) && !journal.shares?.some(({ pod }) => pod === node.pod),
  );
}
