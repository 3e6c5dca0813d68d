import { extraSetsOf } from '../extra-sets';
import type { Journal } from '../journal';
import { activeSets, type ClusterView, type Observation, operatorReportOf, podsOf, type SetView } from '../observation';
import { rescueAdvice } from '../open-run';
import { setWord } from '../set-word';
import { isSetOfRun, stagesOf } from '../stages';
import type { Situation, Step } from '../step';
import { stopEvacuations, waitFor } from './common';
import { stopIfStalled } from './stalled';

/**
 * What is done about sets with nodes that are neither the old nor the new ones; undefined where there are none. The operator of EMQX 4.4
 * builds one when the template changes in the middle of a run, and leaves it alone once the template is set back: nobody else would scale
 * it to 0. Held, it lets no device to it; where one is there all the same, the run stops.
 */
export function surplusStep(situation: Situation): Step | undefined {
  const { observation, journal } = situation;
  const { cluster } = observation;
  const sets = strangersAmong(cluster, journal);
  if (sets.length === 0) return undefined;
  const names = sets.map(({ name }) => name).join(', ');
  const uses = operatorReportOf(cluster).wanted ? [] : sets.flatMap((set) => usesOf(observation, set));
  if (!operatorReportOf(cluster).wanted && uses.length === 0) {
    const what = `${names}, which nothing asks for any more, to be scaled to 0`;
    const actions = sets.map(({ name }) => ({ do: 'scale-set' as const, set: name, replicas: 0 }));
    return stopIfStalled(situation, waitFor(what, 500, actions));
  }
  return {
    kind: 'stop',
    code: 'UNEXPECTED_SETS',
    reason: [`a third ${setWord(cluster)} has replicas: ${names}`, ...uses].join('; '),
    fix: adviceOn(cluster),
    actions: stopEvacuations(situation),
  };
}

function adviceOn(cluster: ClusterView): string {
  if (extraSetsOf(cluster)) return rescueAdvice(cluster);
  const cause = 'find out what created it, and how devices reach it';
  return operatorReportOf(cluster).wanted
    ? `${cause}; scale it to 0 once no device is connected there, then run the same command again`
    : `${cause}; once none is connected there, the same command scales it to 0`;
}

/** Sets with nodes that are neither the old nor the new ones, as far as these are known. */
function strangersAmong(cluster: ClusterView, journal: Journal): SetView[] {
  const known = new Set(stagesOf(journal).flatMap(({ role, to }) => (to ? role : [])));
  return [...known].flatMap((role) => activeSets(cluster, role).filter(({ name }) => !isSetOfRun(journal, name)));
}

/** Why devices may be on a set. A pod that was never let serve has none. */
function usesOf({ cluster, nodes }: Observation, { name }: SetView): string[] {
  const pods = podsOf(cluster, name).filter(({ terminating }) => !terminating);
  const routed = cluster.traffic
    .filter((service) => service.pods.some((pod) => pods.some((own) => own.name === pod)))
    .map(({ service }) => `${service} routes devices there`);
  const used = pods.flatMap((pod): string[] => {
    if (!pod.containersReady && !pod.onServing) return [];
    const node = nodes.get(pod.name);
    if (!node || node.unreachable !== undefined) return [`${pod.name} does not answer`];
    if (node.connections + node.sessions === 0) return [];
    return [`${pod.name} has ${node.connections} connections and ${node.sessions} sessions`];
  });
  return [...routed, ...used];
}
