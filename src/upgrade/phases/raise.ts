import { currentRate } from '../adaptive-rate';
import type { Journal } from '../journal';
import { isDrained, nodesOf } from '../observation';
import type { NodeLoad, NodeShare } from '../pacing';
import type { Action, Situation } from '../step';

/** A node evicts a moment after its place in the second; it is stopped after that, ms. */
const AFTER_BURST_MS = 100;
/** And starts again, with a burst, when a second has passed since: in no second it disconnects more than its share, ms. */
const PAUSED_MS = 1_050;
/** The same where it is not known when it was stopped, ms. */
const UNKNOWN_PAUSE_MS = 1_200;

/** What a node that is stopped and started again loses, s. */
const LOST_S = (AFTER_BURST_MS + PAUSED_MS) / 1000 - 1;

/** A change of shares is worth the orders when it saves this much, s (with the loss above: a burst), and as a part of the bound. */
const LEAST_GAIN = { seconds: 0.5, part: 0.01 } as const;

type Rate = 'connectionsPerSecond' | 'sessionsPerSecond';

/**
 * More of the cap for the nodes that would take longest, where others leave a part of it unused. No share is reduced, so a new rate
 * never meets an old burst in one second, and only the nodes that get more are stopped and started again. Undefined where that is
 * not worth the orders.
 *
 * @param loads what remains on the nodes that are not drained
 */
export function raisedShares(situation: Situation, loads: readonly NodeLoad[]): Partial<Journal> | undefined {
  const { journal, observation } = situation;
  const { shares = [], sessionCap } = journal;
  const evicting = loads.filter(({ pod, connections }) => connections > 0 && observation.nodes.get(pod)?.evacuating);
  // A node that is about to start will use its share.
  if (evicting.length < loads.filter(({ connections }) => connections > 0).length) return undefined;
  const parts = shares
    .filter(({ pod }) => loads.some((load) => load.pod === pod))
    // The others disconnect nobody; should one return as a new pod, it has the least share.
    .map((part) => (evicting.some(({ pod }) => pod === part.pod) ? part : { ...part, connectionsPerSecond: 1 }));
  // Each evicts once more before it is stopped.
  const rest = evicting.map((load) => ({ ...load, connections: Math.max(0, load.connections - rateOf(load, parts)) }));
  const faster = handOut(parts, 'connectionsPerSecond', currentRate(journal), rest);
  const raise = faster.filter((part, index) => part !== parts[index]).map(({ pod }) => pod);
  const restarted = loads.filter(({ pod, offlineSessions }) => raise.includes(pod) && offlineSessions > 0);
  const sessionLoads = restarted.map(({ pod, offlineSessions }) => ({ pod, connections: offlineSessions }));
  const next = handOut(faster, 'sessionsPerSecond', sessionCap, sessionLoads);
  const seconds = (to: readonly NodeShare[], lost: (pod: string) => number) =>
    Math.max(...rest.map((load) => Math.ceil(load.connections / rateOf(load, to)) + lost(load.pod)));
  const before = seconds(parts, () => 0);
  const after = seconds(next, (pod) => (raise.includes(pod) ? LOST_S : 0));
  const least = Math.max(LEAST_GAIN.seconds, (LEAST_GAIN.part * (journal.evacuation?.lowerBoundMs ?? 0)) / 1000);
  if (after + least > before) return undefined;
  return { shares: movedOn(next, raise), raise };
}

/**
 * More for the nodes that evict, up to this many disconnects per second in all. Undefined where that is impossible: a node is about to
 * start.
 *
 * @param loads what remains on the nodes with devices
 */
export function raisedTo(
  { journal, observation }: Situation,
  loads: readonly NodeLoad[],
  perSecond: number,
): Partial<Journal> | undefined {
  const { shares = [] } = journal;
  if (loads.some(({ pod }) => !observation.nodes.get(pod)?.evacuating)) return undefined;
  const parts = shares.map((part) =>
    loads.some(({ pod }) => pod === part.pod) ? part : { ...part, connectionsPerSecond: 1 },
  );
  const next = handOut(parts, 'connectionsPerSecond', perSecond, loads);
  const raise = next.filter((part, index) => part !== parts[index]).map(({ pod }) => pod);
  return raise.length > 0 ? { shares: movedOn(next, raise), raise } : undefined;
}

/** The places in the second at which nodes that are stopped after their burst start again. */
function movedOn(shares: readonly NodeShare[], raise: readonly string[]): NodeShare[] {
  return shares.map((part) =>
    raise.includes(part.pod) ? { ...part, offsetMs: (part.offsetMs + AFTER_BURST_MS + PAUSED_MS) % 1000 } : part,
  );
}

/** Gives what is left of a cap to the nodes that would take longest, one by one. */
function handOut(
  parts: readonly NodeShare[],
  rate: Rate,
  cap: number,
  loads: readonly Pick<NodeLoad, 'pod' | 'connections'>[],
): NodeShare[] {
  const rates = new Map(parts.map((part) => [part.pod, part[rate]]));
  const seconds = ({ pod, connections }: (typeof loads)[number]) => connections / rates.get(pod)!;
  let left = cap - parts.reduce((sum, part) => sum + part[rate], 0);
  for (; left > 0 && loads.length > 0; left--) {
    const slowest = loads.reduce((worst, load) => (seconds(load) > seconds(worst) ? load : worst));
    rates.set(slowest.pod, rates.get(slowest.pod)! + 1);
  }
  return parts.map((part) => (rates.get(part.pod) === part[rate] ? part : { ...part, [rate]: rates.get(part.pod)! }));
}

function rateOf({ pod }: NodeLoad, shares: readonly NodeShare[]): number {
  return shares.find((part) => part.pod === pod)?.connectionsPerSecond ?? 1;
}

/** The nodes that are to get more, and evict at their old rate. */
function toBeStopped({ journal, observation, stoppedAt }: Situation): string[] {
  return (journal.raise ?? []).filter((pod) => {
    const node = observation.nodes.get(pod);
    return node?.evacuating && !isDrained(node) && !stoppedAt.has(pod);
  });
}

/** Whether every node that is to get more has been started again, or has nothing left. */
export function isRaised(situation: Situation, source: string): boolean {
  const { journal, observation } = situation;
  const waiting = nodesOf(observation, source).filter(({ evacuating }) => !evacuating);
  return toBeStopped(situation).length === 0 && !waiting.some(({ pod }) => journal.raise?.includes(pod));
}

/** Orders to stop the nodes that are to get more, each just after its burst. */
export function stopsToRaise(situation: Situation): Action[] {
  const { observation, journal } = situation;
  const origin = journal.evacuation?.startedAt ?? observation.at;
  return toBeStopped(situation).map((pod): Action => {
    const { offsetMs = 0 } = journal.shares?.find((part) => part.pod === pod) ?? {};
    // Its place in the second has moved on already.
    const burst = origin + offsetMs - PAUSED_MS;
    const afterMs = (((burst - observation.at) % 1000) + 1000) % 1000;
    return { do: 'stop-evacuation', pod, node: observation.nodes.get(pod)!.node, afterMs };
  });
}

/** How long until a node that was stopped to get more may start again; undefined for others. */
export function msUntilResumed({ observation, journal, stoppedAt }: Situation, pod: string): number | undefined {
  if (!journal.raise?.includes(pod)) return undefined;
  const at = stoppedAt.get(pod);
  return at === undefined ? UNKNOWN_PAUSE_MS : Math.max(0, at + PAUSED_MS - observation.at);
}
