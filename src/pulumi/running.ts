import { asEnterprise, DEFAULT_REPLICAS, versionOf } from '../resource';
import type { ClusterView, SetView } from '../upgrade';
import { activeSets } from '../upgrade/observation';

/** The only set of nodes; undefined while there are more, or none. */
export function servingSet(view: ClusterView): SetView | undefined {
  const [set, ...others] = activeSets(view);
  return others.length === 0 ? set : undefined;
}

/**
 * Whether a cluster matches its resource, and is at rest:
 *
 * 1. one stateful set has replicas: as many as requested, and all are ready;
 * 2. the operator's newest condition is `Running`, true, and it counts as many ready nodes;
 * 3. it reports no upgrade;
 * 4. every node that has joined belongs to that set.
 *
 * The resource has no `observedGeneration`: right after a change the operator's status is out of date. So the sets count, too.
 *
 * @see EMQX Operator 2.2.29, `status` of EmqxEnterprise
 */
export function isRunning(view: ClusterView): boolean {
  const { spec, status } = asEnterprise(view.resource);
  const wanted = spec.replicas ?? DEFAULT_REPLICAS;
  const set = servingSet(view);
  if (set?.replicas !== wanted || set.readyReplicas !== wanted) return false;
  const [newest] = status?.conditions ?? [];
  if (newest?.type !== 'Running' || newest.status !== 'True' || status?.readyReplicas !== wanted) return false;
  if (status.blueGreenUpdateStatus) return false;
  const joined = (status.emqxNodes ?? []).flatMap(({ node }) => node ?? []);
  return joined.length === wanted && joined.every((node) => node.includes(`@${set.name}-`));
}

/** Whether a Service routes devices to a node that is ready: the operator creates its own up to 20 s after the cluster runs. */
export function letsDevicesIn({ traffic }: ClusterView): boolean {
  return traffic.some(({ pods }) => pods.length > 0);
}

/** How far a cluster that does not run yet has come: a number that grows with each step. */
export function stepsDone(view: ClusterView): number {
  const { sets, pods, resource } = view;
  const joined = (asEnterprise(resource).status?.emqxNodes ?? []).length;
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
  const wanted = asEnterprise(view.resource).spec.replicas ?? DEFAULT_REPLICAS;
  const ready = view.pods.filter((pod) => pod.ready).length;
  if (view.sets.length === 0) return 'waiting for the operator to create the nodes';
  if (isRunning(view)) return 'waiting for a Service that routes devices to the nodes';
  return ready === wanted
    ? 'waiting for the operator to report Running'
    : `waiting for the nodes: ${ready} of ${wanted} ready${reason === undefined ? '' : ` (${reason})`}`;
}
