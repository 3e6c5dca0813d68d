import type { Journal } from '../journal';
import { isDrained, nodesOf, undrained } from '../observation';
import { type NodeLoad, type NodeShare, share } from '../pacing';
import { loadsOf } from '../plan';
import type { Situation } from '../step';
import { moveOf } from './common';

/** What it costs to give nodes that evict another rate: they are stopped, rest, and begin again at their place in the second, s. */
const RESTART_S = 2.5;

/** Shares are dealt out again only for a gain that is worth the orders: of the time that is left, and in s. */
const LEAST_GAIN = { part: 0.05, seconds: 1 } as const;

/**
 * What is left to be moved: of nodes that are drained nothing. One that is lost is expected back, empty: it keeps the least share, so
 * that it can be drained then.
 */
function remainingLoads({ observation, journal }: Situation, source: string): NodeLoad[] {
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

/** EMQX takes a new rate only with a new start: what evicts now is stopped before anything is started again. */
export function shareAnew(situation: Situation, connectionCap = situation.journal.connectionCap): Partial<Journal> {
  const { observation, journal } = situation;
  const { source } = moveOf(situation);
  const evacuating = undrained(observation, source).filter((node) => node.evacuating);
  return {
    connectionCap,
    shares: share(remainingLoads(situation, source), { connections: connectionCap, sessions: journal.sessionCap }),
    wave: undefined,
    restart: evacuating.map((node) => node.pod),
  };
}

/**
 * The shares dealt out again where a node is lost, has ended before the others, or got too little because shares are whole numbers:
 * the cap shall be used. Undefined where that is not worth the orders.
 *
 * @param evicting whether nodes would have to be stopped for it.
 */
export function rebalancedShares(situation: Situation, evicting: boolean): Partial<Journal> | undefined {
  const { journal, observation } = situation;
  const { source } = moveOf(situation);
  // With more nodes than the cap allows at a time, the next wave gets what the one before leaves.
  if (!journal.shares || journal.restart || journal.shares.some(({ wave }) => wave > 0)) return undefined;
  if (nodesOf(observation, source).some((node) => node.unreachable !== undefined)) return undefined;
  const loads = remainingLoads(situation, source);
  if (isCapUsed(loads, journal)) return undefined;
  const next = shareAnew(situation);
  const wait = journal.waitTakeoverSeconds;
  const before = remainingSeconds(loads, journal.shares, 0);
  // A node that waits for takeovers, or moves sessions, would wait once more.
  const after = remainingSeconds(loads, next.shares ?? [], wait) + (evicting ? RESTART_S : 0);
  return after + LEAST_GAIN.seconds <= before * (1 - LEAST_GAIN.part) ? next : undefined;
}

/** As long as every node has something for its share, nothing is won: whoever has more left gets it when another one has ended. */
function isCapUsed(loads: readonly NodeLoad[], { shares = [], connectionCap, sessionCap }: Journal): boolean {
  const used = (rate: 'connectionsPerSecond' | 'sessionsPerSecond', has: (load: NodeLoad) => number) =>
    shares.reduce(
      (sum, part) => sum + (loads.some((load) => load.pod === part.pod && has(load) > 0) ? part[rate] : 0),
      0,
    );
  if (loads.some(({ connections }) => connections > 0)) {
    return used('connectionsPerSecond', ({ connections }) => connections) >= connectionCap;
  }
  return used('sessionsPerSecond', ({ offlineSessions }) => offlineSessions) >= sessionCap;
}

/** @param waitAgain for takeovers, of nodes that have only sessions left */
function remainingSeconds(loads: readonly NodeLoad[], shares: readonly NodeShare[], waitAgain: number): number {
  const seconds = loads.map(({ pod, connections, offlineSessions }) => {
    const part = shares.find((each) => each.pod === pod);
    if (!part) return 0;
    const waits = connections === 0 && offlineSessions > 0 ? waitAgain : 0;
    return connections / part.connectionsPerSecond + waits + offlineSessions / part.sessionsPerSecond;
  });
  return Math.max(0, ...seconds);
}

/** Whether a node has something to be moved and no share: it was away when the cap was shared out, or was made anew after its end. */
export function isAnyWithoutShare({ observation, journal }: Situation, source: string): boolean {
  return nodesOf(observation, source).some(
    (node) => !isDrained(node) && !journal.shares?.some(({ pod }) => pod === node.pod),
  );
}
