import { generationOf } from '../../resource';
import { operatorReportOf, type PodView, podsOf } from '../observation';
import { setsOf } from '../stages';
import type { Action, Situation, Step } from '../step';
import { openingGates, waitFor } from './common';

/**
 * An operator that goes on while it is held asks one core about all nodes in each pass: the oldest, an old one. If that core goes
 * in the middle of a pass, the operator knows of no node, and closes the readiness gates of all new ones until its next pass, one
 * second later, or thirty where it has seen meanwhile that the old ones are gone. And once the old set is gone that devices were connected
 * to, it takes the new one for blue where somebody changes the resource again, and closes its gates when a third set is ready. So before
 * the old nodes go the traffic Services of our own are made to route to the new nodes whatever their gates say, until the operator has
 * seen them again at rest.
 *
 * @see EMQX Operator 2.2.29, `update_pod_conditions.go`, `update_emqx_status.go`; seen on a real API server
 */
export function coverTraffic({ observation, journal }: Situation): Step | undefined {
  return coverWith({ observation, journal }, 'the traffic Services to keep the new nodes while the old ones go');
}

/**
 * The same in an abort, before the traffic Services lead to the old nodes: the operator wants these again. As soon as other nodes serve,
 * because somebody has applied the new template once more or another one, it closes the gates of the old ones, and nobody would get in. Then
 * it is too late where no process drives the run, or none may change Services.
 */
export function keepOldNodes({ observation, journal }: Situation): Step | undefined {
  if (!journal.aborted || journal.phase === 'revert') return undefined;
  return coverWith({ observation, journal }, 'the traffic Services to keep the old nodes');
}

function coverWith({ observation: { cluster }, journal }: Pick<Situation, 'observation' | 'journal'>, what: string) {
  const { covered = [] } = journal;
  if (generationOf(cluster.resource).sleepsWhileHeld) return undefined;
  // What its owner wants so stays so.
  const bare = cluster.traffic.filter(({ byOperator, routesToUnready }) => !byOperator && !routesToUnready);
  const unknown = bare.map(({ service }) => service).filter((service) => !covered.includes(service));
  if (unknown.length > 0) return { kind: 'note' as const, note: { covered: [...covered, ...unknown] } };
  if (bare.length === 0) return undefined;
  return waitFor(
    what,
    250,
    bare.map(({ service }): Action => ({ do: 'route-to-unready', service, wanted: true })),
  );
}

/** Orders that make the Services of {@link coverTraffic} route to ready pods only, as before. */
export function uncoverTraffic({ observation, journal }: Situation): Action[] {
  return observation.cluster.traffic
    .filter(({ service, routesToUnready }) => routesToUnready && journal.covered?.includes(service))
    .map(({ service }) => ({ do: 'route-to-unready', service, wanted: false }));
}

/** Orders to open what gates of the new nodes such an operator has closed meanwhile: devices may reach them through its own Service. */
export function reopenGates({ observation: { cluster }, journal }: Situation): Action[] {
  if (generationOf(cluster.resource).sleepsWhileHeld) return [];
  return openingGates(setsOf(journal, 'to').flatMap((set) => podsOf(cluster, set)));
}

/**
 * What is done about pods that will not stay ready, or are not yet: behind a closed gate, or unknown to an operator that goes on. That one
 * closes the gates of those that it does not know in its next pass, half a minute later at rest: so the traffic Services of our own route to
 * them whatever their gates say until it knows them. Undefined where all of these pods are settled.
 */
export function untilSettled({ observation, journal }: Situation, pods: readonly PodView[]): Step | undefined {
  const { resource } = observation.cluster;
  const { nodeNameOf, sleepsWhileHeld } = generationOf(resource);
  if (sleepsWhileHeld) return undefined;
  const { nodes } = operatorReportOf(observation.cluster);
  const isUnknown = (pod: PodView) => {
    const name = nodeNameOf(resource, pod);
    return name === undefined || !nodes.includes(name);
  };
  const running = pods.filter((pod) => pod.containersReady);
  const waitingFor = 'the operator to see every node, and the nodes to be ready';
  // A Service that is covered leads also to nodes that are still starting.
  const cover =
    running.length === pods.length && running.some(isUnknown) && coverWith({ observation, journal }, waitingFor);
  if (cover) return cover;
  return running.some((pod) => !pod.ready || isUnknown(pod)) ? waitFor(waitingFor, 500) : undefined;
}
