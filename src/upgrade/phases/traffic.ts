import { generationOf, type OperatorReport } from '../../resource';
import type { Stage } from '../journal';
import { withOldCount } from '../node-counts';
import {
  activeSets,
  isDrained,
  newestBeside,
  operatorReportOf,
  podsOf,
  replicasOf,
  servingRevision,
  setOf,
} from '../observation';
import { setWord } from '../set-word';
import { setsOf, stagesOf, withStages } from '../stages';
import type { Action, Situation, Step } from '../step';
import {
  closeForgottenGates,
  FREQUENT_POLL_MS,
  frequentHeartbeat,
  heartbeat,
  isInPlace,
  moveOf,
  openGates,
  podsNotJoined,
  RECONCILE_INTERVAL_MS,
  ROUTES_MS,
  selections,
  silentNodes,
  stopOrders,
  waitFor,
} from './common';

/**
 * Before green exists, the traffic Services are tied to blue: green becomes ready one pod at a time, and must not get
 * devices before all of it can take them. The operator's own Service cannot be tied, for it is rewritten in every full pass
 * until the operator waits: a device that reaches green through it early stays there.
 */
export function pinTraffic(situation: Situation): Step {
  const { observation, journal } = situation;
  // An operator that goes on takes blue out of every Service as soon as all of green is ready: tied to blue they would be empty then.
  if (!generationOf(observation.cluster.resource).sleepsWhileHeld) return { kind: 'next', phase: 'apply' };
  const blue = setOf(observation.cluster, journal.from.set);
  if (!blue?.revision) {
    return {
      kind: 'stop',
      code: 'BLUE_GONE',
      reason: `the ${setWord(observation.cluster)} ${journal.from.set} is gone`,
      fix: 'nothing was changed yet; check the cluster, then try again',
    };
  }
  const own = observation.cluster.traffic.filter((service) => !service.byOperator);
  // A run whose journal was deleted has switched already: what comes back now would be disconnected again.
  const green = newestBeside(observation.cluster, blue.name);
  const isSwitched = own.every((service) => service.revision === green?.revision && service.pods.length > 0);
  if (green && own.length > 0 && isSwitched && green.readyReplicas >= green.replicas)
    return { kind: 'next', phase: 'apply' };
  const actions = ownSelections(situation, servingRevision(observation.cluster, blue.name, blue.revision));
  const names = new Set(podsOf(observation.cluster, blue.name).map((pod) => pod.name));
  const settled = own.every((service) => service.pods.length > 0 && service.pods.every((pod) => names.has(pod)));
  if (actions.length === 0 && settled) return { kind: 'next', phase: 'apply' };
  return waitFor('only blue pods behind the traffic Service', 500, actions);
}

/** The operator builds green and then waits. One that sleeps meanwhile sees changes only when a pass is triggered. */
export function waitForGreen(situation: Situation): Step {
  const { observation, journal } = situation;
  const { cluster } = observation;
  const { sleepsWhileHeld } = generationOf(cluster.resource);
  const { upgrade, wanted } = operatorReportOf(cluster);
  const isGreenReady = isNewReady(situation);
  if (!isGreenReady && journal.greenAt !== undefined) return { kind: 'note', note: { greenAt: undefined } };
  const replaced = stagesToReplace(situation);
  const stages = replaced.flatMap((stage) => {
    const set = newestBeside(cluster, stage.from.set, stage.role);
    return set ? [{ stage, set }] : [];
  });
  const [first] = stages;
  const stops = foreignEvacuations(situation);
  if (!first || stages.length < replaced.length)
    return waitFor('the operator to create the green nodes', 1_000, [
      ...stops,
      ...heartbeat(situation, 'have the operator check the new template', RECONCILE_INTERVAL_MS.patient),
    ]);
  const ready = stages.every(({ stage, set }) => set.readyReplicas >= stage.replicas);
  if (ready && isGreenReady) {
    const unsettled = settling(situation);
    if (unsettled) return unsettled;
    const isTaken = ({ stage, set }: (typeof stages)[number]) =>
      wanted?.includes(set.name) ?? (upgrade && isTakenFor(upgrade, stage.from.set, set.name));
    const taken = stages.filter((each) => !isTaken(each));
    if (taken.length > 0) {
      return {
        kind: 'stop',
        code: 'UNEXPECTED_SETS',
        reason: `the operator takes ${upgrade?.blue.join()} for blue and ${upgrade?.green.join()} for green; they are ${taken[0]!.stage.from.set} and ${taken[0]!.set.name}`,
        fix: 'no device was disconnected; check the sets of the cluster before you continue',
      };
    }
    const alone = stages.flatMap(({ set }) => podsNotJoined(situation, set.name));
    if (alone.length > 0) return waitFor(`${alone.join(', ')} to join the EMQX cluster`, 1_000);
    if (stages.some(({ set }) => !set.revision)) return waitFor('the revision of the green set', 1_000);
    const known = stages.map(({ stage, set }) => ({ ...stage, to: { set: set.name, revision: set.revision ?? '' } }));
    return { kind: 'next', phase: 'switch', note: withStages(journal, known) };
  }
  // Pods of blue that were restarted meanwhile have another revision.
  const revision = servingRevision(cluster, journal.from.set, journal.from.revision);
  const repin = sleepsWhileHeld ? ownSelections(situation, revision) : [];
  const gates = isGreenReady ? openGates(observation, first.set.name) : [];
  const pods = stages.flatMap(({ set }) => podsOf(cluster, set.name));
  const replicas = stages.reduce((sum, { stage }) => sum + stage.replicas, 0);
  const built = pods.length >= replicas && pods.every((pod) => pod.containersReady);
  const readyCount = pods.filter((pod) => pod.ready).length;
  const why = 'have the operator check the green pods';
  return waitFor(
    ready
      ? 'the operator to see that green is ready'
      : `${built ? 'the operator to let green pods become ready' : 'green pods to become ready'} (${readyCount} of ${replicas})`,
    built ? FREQUENT_POLL_MS : 1_000,
    [
      ...stops,
      ...repin,
      ...gates,
      // One pass opens the gates, the next one sees that all of them are ready.
      ...(built ? frequentHeartbeat(situation, why) : heartbeat(situation, why, RECONCILE_INTERVAL_MS.patient)),
    ],
  );
}

/** What remains until the operator has built the new nodes of all roles, once it reports that all are ready; undefined where it has. */
function settling({ observation: { at, cluster }, journal: { greenAt } }: Situation): Step | undefined {
  const { settlesMs, setKinds, replicasOf } = generationOf(cluster.resource);
  const roles = setKinds.filter(({ role }) => replicasOf(cluster.resource, role) > 0);
  if (settlesMs === undefined || roles.length < 2) return undefined;
  if (greenAt === undefined) return { kind: 'note', note: { greenAt: at } };
  const left = greenAt + settlesMs - at;
  const waitingFor = 'the operator to build the nodes of all roles';
  // A silent watch would hide that it does.
  return left > 0 ? { kind: 'wait', waitingFor, actions: [], pollMs: Math.min(left, 1_000), fresh: true } : undefined;
}

/** Where several old sets are replaced the operator may want one again that it took for blue, and then reports no upgrade. */
function isNewReady({ observation: { cluster }, journal }: Situation): boolean | undefined {
  const { upgrade, isWantedReady } = operatorReportOf(cluster);
  return journal.supersedes === undefined ? upgrade?.isGreenReady : isWantedReady;
}

/**
 * Which roles get new nodes is known when all of these are there; and which sets are old ones: after a change in the middle of an upgrade
 * there are several of one role, and replicants are built only when the cores are there.
 */
function stagesToReplace(situation: Situation): Stage[] {
  const {
    observation: { cluster },
    journal,
  } = situation;
  const stages = stagesOf(journal);
  const { wanted } = operatorReportOf(cluster);
  if (!wanted || !isNewReady(situation)) return stages;
  const { setKinds } = generationOf(cluster.resource);
  return setKinds.flatMap(({ role }) =>
    activeSets(cluster, role)
      .filter(({ name }) => !wanted.includes(name))
      .map(
        ({ name, revision = '', replicas }): Stage =>
          stages.find(({ from }) => from.set === name) ?? {
            role,
            ...withOldCount(replicasOf(cluster, role), replicas),
            from: { set: name, revision },
          },
      ),
  );
}

function isTakenFor({ blue, green }: NonNullable<OperatorReport['upgrade']>, from: string, to: string): boolean {
  return blue.includes(from) && green.includes(to);
}

/**
 * Orders to stop what no process of this run has begun: before its own evacuation none is wanted, but where an earlier run ended while its
 * nodes did not answer they go on, and did not say so either when this one began. One that the operator wants again would never get ready.
 */
function foreignEvacuations({ observation, journal }: Situation): Action[] {
  const old = setsOf(journal, 'from');
  const unwanted = observation.cluster.pods.flatMap(({ name, set }) => {
    const node = observation.nodes.get(name);
    return node && !(old.includes(set) && isDrained(node)) ? [node] : [];
  });
  return stopOrders(unwanted);
}

/** The actions that make every traffic Service of our own route to this revision alone. */
function ownSelections(situation: Situation, revision: string | undefined): Action[] {
  return selections(situation, revision).filter((action) => action.do === 'select-traffic');
}

/** From here on new connections go to green only. This disconnects no device. */
export function switchTraffic(situation: Situation): Step {
  const { observation, journal } = situation;
  const actions = selections(situation, moveOf(situation).revision);
  if (actions.length > 0 || !isInPlace(situation)) {
    // Routes that have changed since need their time once more.
    if (journal.switchedAt !== undefined) return { kind: 'note', note: { switchedAt: undefined } };
    const gates = [...openGates(observation, journal.to.set ?? ''), ...closeForgottenGates(situation)];
    const stops = foreignEvacuations(situation);
    return waitFor('only green pods behind the traffic Service', 500, [...actions, ...gates, ...stops]);
  }
  const silent = silentNodes(situation);
  if (silent.length > 0) return waitFor(`${silent.map(({ pod }) => pod).join(', ')} to answer as a broker`, 500);
  if (journal.switchedAt === undefined) return { kind: 'note', note: { switchedAt: observation.at } };
  const left = journal.switchedAt + Math.max(ROUTES_MS, journal.initialDelaySeconds * 1000) - observation.at;
  if (left > 0) return waitFor(`the initial delay of ${journal.initialDelaySeconds} s`, Math.min(left, 2_000));
  return { kind: 'next', phase: 'evacuate' };
}
