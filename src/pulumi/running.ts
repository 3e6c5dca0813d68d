import { generationOf, versionOf } from '../resource';
import type { ClusterView, SetView } from '../upgrade';
import { activeSets } from '../upgrade/observation';

/** The only set of the nodes that devices connect to; undefined while there are more, or none. */
export function servingSet(view: ClusterView): SetView | undefined {
  const [set, ...others] = activeSets(view);
  return others.length === 0 ? set : undefined;
}

/**
 * Whether a cluster matches its resource, and is at rest:
 *
 * 1. of each role one set has replicas: as many as requested, and all are ready;
 * 2. the operator's newest condition says that the cluster runs, and it counts as many ready nodes;
 * 3. it reports no upgrade;
 * 4. the nodes that have joined are those in the pods of these sets.
 *
 * The resource has no `observedGeneration`: right after a change the operator's status is out of date. So the sets count, too.
 *
 * @see EMQX Operator 2.2.29, `status` of EmqxEnterprise and of EMQX
 */
export function isRunning(view: ClusterView): boolean {
  const { nodeNameOf, reportOf, withDefaults } = generationOf(view.resource);
  const wanted = wantedNodes(view);
  const sets = wanted.flatMap(({ role }) => activeSets(view, role));
  const isComplete = wanted.every(({ role, replicas }) => {
    const [set, ...others] = activeSets(view, role);
    return others.length === 0 && (set?.replicas ?? 0) === replicas && (set?.readyReplicas ?? 0) === replicas;
  });
  if (!isComplete) return false;
  const report = reportOf(view.resource);
  const total = wantedTotal(view);
  if (!report.isRunning || report.readyNodes !== total || report.upgrade) return false;
  const complete = withDefaults(view.resource);
  const own = view.pods
    .filter((pod) => sets.some(({ name }) => name === pod.set))
    .map((pod) => nodeNameOf(complete, pod));
  const joined = report.nodes.flatMap((node) => node ?? []);
  return joined.length === total && joined.every((node) => own.includes(node));
}

/** How many nodes of each role the resource asks for. */
function wantedNodes({ resource }: ClusterView) {
  const { replicasOf, setKinds, withDefaults } = generationOf(resource);
  const complete = withDefaults(resource);
  return setKinds.map(({ role }) => ({ role, replicas: replicasOf(complete, role) }));
}

function wantedTotal(view: ClusterView): number {
  return wantedNodes(view).reduce((sum, { replicas }) => sum + replicas, 0);
}

/** Whether a Service routes devices to a node that is ready: the operator creates its own up to 20 s after the cluster runs. */
export function letsDevicesIn({ traffic }: ClusterView): boolean {
  return traffic.some(({ pods }) => pods.length > 0);
}

/** How far a cluster that does not run yet has come: a number that grows with each step. */
export function stepsDone(view: ClusterView): number {
  const { sets, pods, resource } = view;
  const joined = generationOf(resource).reportOf(resource).nodes.length;
  const steps = [sets, pods, pods.filter((pod) => pod.containersReady), pods.filter((pod) => pod.ready)];
  return steps.reduce((sum, { length }) => sum + length, joined + Number(isRunning(view)));
}

/** What a cluster that runs has come to. */
export function runningText({ resource, pods }: ClusterView): string {
  const nodes = pods.filter(({ ready }) => ready).length;
  return `${versionOf(resource)} runs on ${nodes} ${nodes === 1 ? 'node' : 'nodes'}`;
}

/**
 * What a cluster that does not run yet waits for.
 *
 * @param reason why a node is not ready
 */
export function progressOf(view: ClusterView, reason?: string): string {
  const wanted = wantedTotal(view);
  const ready = view.pods.filter((pod) => pod.ready).length;
  if (view.sets.length === 0) return 'waiting for the operator to create the nodes';
  if (isRunning(view)) return 'waiting for a Service that routes devices to the nodes';
  return ready === wanted
    ? 'waiting for the operator to report that the cluster runs'
    : `waiting for the nodes: ${ready} of ${wanted} ready${reason === undefined ? '' : ` (${reason})`}`;
}
