import type { Journal } from './journal';
import { isDrained, type NodeView, type Observation } from './observation';
import { evenedSeconds, type NodeShare } from './pacing';

/** Devices take their sessions along within this time after they were disconnected, ms. */
const RETURN_MS = 2_500;
/** Those of so many bursts of a node may be on their way at a time. */
const RETURNING_BURSTS = 3;

/** Estimated ms until every node is drained: wave after wave, the slowest node of each. */
export function remainingTimeMs(observation: Observation, journal: Journal): number {
  const { shares = [], evacuation, waitTakeoverSeconds } = journal;
  const parts = shares.flatMap((part) => {
    const node = observation.nodes.get(part.pod);
    return node && !isDrained(node) ? [{ node, part }] : [];
  });
  const evened = evenedSeconds(
    parts.map(({ node }) => node.connections),
    shares,
  );
  const waves = new Map<number, number>();
  for (const { node, part } of parts) {
    const seconds = Math.min(evened, Math.ceil(node.connections / part.connectionsPerSecond));
    const noneOffline = evacuation?.offline === 0 && areOnTheirWay(node, part.connectionsPerSecond, observation.at);
    const offline = noneOffline ? 0 : Math.max(0, node.sessions - node.connections);
    const left = seconds * 1000 + sessionTimeMs(node, offline, part, waitTakeoverSeconds * 1000, observation.at);
    waves.set(part.wave, Math.max(waves.get(part.wave) ?? 0, left));
  }
  return [...waves.values()].reduce((sum, ms) => sum + ms, 0);
}

/** Whether the sessions of a node without a connection may be those of devices that it has just disconnected. */
export function areOnTheirWay(node: NodeView, perSecond: number, at: number): boolean {
  const { connections, sessions, emptySince = Number.NEGATIVE_INFINITY } = node;
  return (connections > 0 || at - emptySince < RETURN_MS) && sessions - connections <= RETURNING_BURSTS * perSecond;
}

/** EMQX disconnects devices, waits for them to take over their sessions, and then moves the remaining sessions. */
function sessionTimeMs(node: NodeView, offline: number, part: NodeShare, waitMs: number, at: number): number {
  if (offline === 0) return 0;
  const waited = node.emptySince === undefined ? 0 : at - node.emptySince;
  return Math.max(0, waitMs - waited) + Math.ceil(offline / part.sessionsPerSecond) * 1000;
}
