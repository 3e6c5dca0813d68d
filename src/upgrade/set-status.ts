import { generationOf, type Role } from '../resource';
import { knownLoadOfSet, UNKNOWN } from './known-load';
import { activeSets, type Observation, podsOf, type SetView } from './observation';
import type { NodeProgress, SetLoad } from './progress';
import { nodeProgressOf } from './sample';
import { servingRole } from './stages';

/** A set, and each of its nodes. */
export interface SetStatus extends SetLoad {
  role: Role;
  nodes: readonly NodeProgress[];
}

export function setStatus(
  observation: Observation,
  { name, role = 'core', replicas, readyReplicas }: SetView,
): SetStatus {
  const nodes = nodeProgressOf(observation, name);
  // A pod whose node the operator does not name yet cannot be asked.
  const isWhole = nodes.length === podsOf(observation.cluster, name).length;
  const load = isWhole ? knownLoadOfSet(observation, name) : UNKNOWN;
  return { role, set: name, replicas, ready: readyReplicas, ...load, nodes };
}

/** All sets with nodes but these. */
export function otherSets(observation: Observation, shown: readonly (string | undefined)[]): SetStatus[] {
  const { cluster } = observation;
  return generationOf(cluster.resource)
    .setKinds.flatMap(({ role }) => activeSets(cluster, role))
    .filter(({ name }) => !shown.includes(name))
    .map((set) => setStatus(observation, set));
}

/** The sets of the roles that devices are not meant to connect to, but may: cores beside replicants. */
export function setsBeside(observation: Observation): SetStatus[] {
  const { cluster } = observation;
  if (servingRole(cluster) === 'core') return [];
  return activeSets(cluster, 'core').map((set) => setStatus(observation, set));
}
