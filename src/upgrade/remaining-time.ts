import type { Journal } from './journal';
import { isDrained, type NodeView, type Observation } from './observation';
import type { NodeShare } from './pacing';

/** Estimated ms until every node is drained: wave after wave, the slowest node of each. */
export function remainingTimeMs(observation: Observation, journal: Journal): number {
  const waves = new Map<number, number>();
  for (const part of journal.shares ?? []) {
    const node = observation.nodes.get(part.pod);
    if (!node || isDrained(node)) continue;
    const left = remainingNodeTimeMs(node, part, journal.waitTakeoverSeconds * 1000, observation.at);
    waves.set(part.wave, Math.max(waves.get(part.wave) ?? 0, left));
  }
  return [...waves.values()].reduce((sum, ms) => sum + ms, 0);
}

/** EMQX disconnects devices, waits for them to take over their sessions, and then moves the remaining sessions. */
function remainingNodeTimeMs(node: NodeView, part: NodeShare, waitMs: number, at: number): number {
  const connections = Math.ceil(node.connections / part.connectionsPerSecond) * 1000;
  const offline = Math.max(0, node.sessions - node.connections);
  if (offline === 0) return connections;
  const waited = node.emptySince === undefined ? 0 : at - node.emptySince;
  return connections + Math.max(0, waitMs - waited) + Math.ceil(offline / part.sessionsPerSecond) * 1000;
}
