import type { Action, Situation, Step } from '../decide';
import { greenOf, isDrained, nodesOf, podsOf } from '../observation';
import { duration, type NodeShare, share } from '../pacing';
import { loadsOf } from '../plan';
import { timeLeft } from '../sample';
import { greenTakes, heartbeat, LOOK_EVERY, selections, stay, unjoined } from './common';

/** Longest time between two looks at the nodes; a look is one request per blue node. */
const POLL_MS = 1_200;

/** All blue nodes are emptied at the same time, each at its share of the cap. */
export function evacuate(situation: Situation): Step {
  const { observation, journal } = situation;
  const blue = journal.from.set;
  if (!journal.shares || !journal.evacuation) {
    const loads = loadsOf(observation, blue);
    if (loads.length < journal.replicas || nodesOf(observation, blue).some((node) => node.unreachable !== undefined)) {
      return stay('every blue node to answer', POLL_MS);
    }
    const caps = { connections: journal.connectionCap, sessions: journal.sessionCap };
    const shares = share(loads, caps);
    const { lowerBoundMs } = duration(loads, shares, caps, journal.waitTakeoverSeconds);
    return { kind: 'note', note: { shares, evacuation: { startedAt: observation.at, lowerBoundMs } } };
  }
  if (allDrained(situation)) {
    const evacuation = { ...journal.evacuation, drainedAt: observation.at };
    return { kind: 'next', phase: 'retire', note: { evacuation } };
  }
  const actions = [
    ...selections(situation, journal.to.revision),
    ...starts(situation),
    ...heartbeat(situation, 'refresh the status of the resource', LOOK_EVERY.idle),
  ];
  return {
    kind: 'stay',
    waitingFor: greenTakes(situation)
      ? 'the blue nodes to be drained'
      : 'green to be ready again before more is evicted',
    actions,
    pollMs: Math.min(POLL_MS, Math.max(250, timeLeft(observation, journal))),
  };
}

/** Whether every blue pod is there, answers, and is drained. */
export function allDrained({ observation, journal }: Situation): boolean {
  const pods = podsOf(observation.cluster, journal.from.set);
  return pods.length >= journal.replicas && pods.every((pod) => isDrained(observation.nodes.get(pod.name)));
}

/**
 * Orders for the nodes of the current wave that do not evacuate: not begun yet, or begun and lost with the pod.
 * None while green cannot take devices.
 */
export function starts(situation: Situation): Action[] {
  const { observation, journal } = situation;
  const green = greenOf(observation.cluster, journal);
  if (!journal.shares || !journal.evacuation || !green || !greenTakes(situation)) return [];
  const migrateTo = nodesOf(observation, green.name).map((node) => node.node);
  if (migrateTo.length < journal.replicas || unjoined(situation, green.name).length > 0) return [];
  const open = journal.shares.filter((part) => !isDrained(observation.nodes.get(part.pod)));
  const wave = Math.min(...open.map((part) => part.wave));
  // A node of an earlier wave that came back: the cap belongs to the later wave until that has ended.
  if (open.some((part) => part.wave > wave && observation.nodes.get(part.pod)?.evacuating)) return [];
  return open.flatMap((part): Action[] => {
    const node = observation.nodes.get(part.pod);
    if (part.wave !== wave || !node || node.unreachable !== undefined || node.evacuating) return [];
    const order = {
      connectionsPerSecond: part.connectionsPerSecond,
      sessionsPerSecond: part.sessionsPerSecond,
      waitTakeoverSeconds: journal.waitTakeoverSeconds,
      migrateTo,
    };
    return [{ do: 'start-evacuation', pod: part.pod, node: node.node, order, afterMs: untilSlot(situation, part) }];
  });
}

/**
 * How long until the node's place in the second comes round: nodes evict once a second, and a node that is started late
 * must still not burst together with another. A place just missed is taken at once.
 */
function untilSlot({ observation, journal }: Situation, part: NodeShare): number {
  const slots = journal.shares?.filter((other) => other.wave === part.wave).length ?? 1;
  const origin = journal.evacuation?.startedAt ?? observation.at;
  const wait = (((origin + part.offsetMs - observation.at) % 1000) + 1000) % 1000;
  return wait > 1000 - 250 / slots ? 0 : wait;
}
