import { generationOf, type OnlyRead } from '../resource';
import { type Check, type Finding, ok, warning } from './check';
import { nodesWanted, type Observation, operatorReportOf } from './observation';
import { curesOf } from './obstacle';
import { operatorCheck, operatorLineCheck } from './operator-check';
import type { PreflightFacts } from './preflight-facts';
import { type SetStatus, setStatus } from './set-status';

/** A cluster that is only read: what prevents its upgrade, and its nodes set by set. */
export interface OnlyReadStatus extends OnlyRead {
  sets: SetStatus[];
}

/** @returns undefined for a cluster that can be upgraded */
export function onlyReadStatus(observation: Observation): OnlyReadStatus | undefined {
  const { cluster } = observation;
  const onlyRead = generationOf(cluster.resource).onlyRead;
  if (!onlyRead) return undefined;
  const sets = cluster.sets.filter(({ replicas, knownPods }) => replicas > 0 || knownPods > 0);
  return { ...onlyRead, sets: sets.map((set) => setStatus(observation, set)) };
}

/** The checks of such a cluster: what it is like, and that it cannot be upgraded. No other check applies: nothing will be written. */
export function onlyReadChecks(observation: Observation, { operators }: Pick<PreflightFacts, 'operators'>): Check[] {
  const { resource } = observation.cluster;
  const found = [
    { id: 'status', group: 'cluster', finding: statusFinding(observation) },
    { id: 'operator', group: 'operator', finding: operatorCheck(operators, true, resource) },
    { id: 'operator-line', group: 'operator', finding: operatorLineCheck(operators, resource) },
    { id: 'nodes', group: 'nodes', finding: nodesFinding(observation) },
  ] as const;
  return found.flatMap(({ id, group, finding }) => (finding ? [{ id, group, ...finding }] : []));
}

function statusFinding({ cluster }: Observation): Finding {
  const { condition, isRunning, readyNodes } = operatorReportOf(cluster);
  const wanted = nodesWanted(cluster.resource);
  const text = `${condition}, ${readyNodes ?? 'an unknown number'} of ${wanted} nodes ready`;
  if (isRunning && readyNodes === wanted) return ok(text);
  return warning(text, 'the operator is at work, or waits for pods: kubectl get pods, and its events, show for what');
}

function nodesFinding({ nodes }: Observation): Finding {
  const all = [...nodes.values()];
  const silent = all.filter(({ unreachable }) => unreachable !== undefined);
  if (silent.length > 0) {
    const names = silent.map(({ pod, unreachable }) => `${pod}: ${unreachable}`).join('; ');
    return warning(`the management API does not answer: ${names}`, curesOf(silent));
  }
  const busy = all.filter(({ evacuating }) => evacuating).map(({ pod }) => pod);
  const evacuated = busy.length > 0 ? `; evacuated by the operator: ${busy.join(', ')}` : '';
  return all.length > 0 ? ok(`${all.length} nodes answer${evacuated}`) : undefined;
}
