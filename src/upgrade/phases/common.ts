import { HOLD_DELAY_SECONDS, nodeNameOf } from '../../resource';
import type { Action, Situation, Step } from '../decide';
import { greenOf, nodesOf, podsOf } from '../observation';

/** The patch that makes the operator stand still behind a built green set. */
export const HOLD = { blueGreenUpdate: { initialDelaySeconds: HOLD_DELAY_SECONDS } };

/** Shortest time between two looks asked of the operator; each is a full pass and an event. */
const EAGER_HEARTBEAT_MS = 5_000;
/** Time between two looks when nothing new is known for the operator to see. */
const IDLE_HEARTBEAT_MS = 10_000;

export function stay(waitingFor: string, pollMs: number, actions: Action[] = []): Step {
  return { kind: 'stay', waitingFor, actions, pollMs };
}

/**
 * Makes the operator look at the cluster once: any change of the spec that is no change of the template does. While it
 * is held it looks at nothing by itself.
 */
export function heartbeat(situation: Situation, why: string, eager: boolean): Action[] {
  const pause = eager ? EAGER_HEARTBEAT_MS : IDLE_HEARTBEAT_MS;
  if (situation.observation.at - situation.heartbeatAt < pause) return [];
  const delay = situation.observation.cluster.resource.spec.blueGreenUpdate?.initialDelaySeconds ?? HOLD_DELAY_SECONDS;
  const spec = { blueGreenUpdate: { initialDelaySeconds: delay - 1 } };
  return [{ do: 'patch-resource', spec, why, heartbeat: true }];
}

/** Whether green can take devices: all its pods ready, and they alone behind every traffic Service. */
export function greenTakes(situation: Situation): boolean {
  const { observation, journal } = situation;
  const green = greenOf(observation.cluster, journal);
  if (!green || green.readyReplicas < journal.replicas) return false;
  const pods = podsOf(observation.cluster, green.name).filter((pod) => !pod.terminating);
  if (pods.length < journal.replicas || !pods.every((pod) => pod.ready)) return false;
  const names = new Set(pods.map((pod) => pod.name));
  return observation.cluster.traffic.every(
    (service) => service.pods.length === names.size && service.pods.every((pod) => names.has(pod)),
  );
}

/** Pods of a set whose nodes do not answer, or do not see all the others. */
export function unjoined(situation: Situation, set: string): string[] {
  const nodes = nodesOf(situation.observation, set);
  const names = nodes.map((node) => node.node);
  return nodes
    .filter((node) => node.unreachable !== undefined || !names.every((name) => node.members.includes(name)))
    .map((node) => node.pod);
}

/** Whether the operator is at rest: no upgrade in its status, and Running with nodes of `set` only. */
export function atRest({ observation, journal }: Situation, set: string): boolean {
  const { resource } = observation.cluster;
  const { status } = resource;
  const first = status?.conditions?.[0];
  const nodes = podsOf(observation.cluster, set).map((pod) => nodeNameOf(resource, pod.name));
  return (
    status !== undefined &&
    !status.blueGreenUpdateStatus &&
    first?.type === 'Running' &&
    first.status === 'True' &&
    status.readyReplicas === journal.replicas &&
    (status.emqxNodes ?? []).every(({ node }) => node !== undefined && nodes.includes(node))
  );
}
