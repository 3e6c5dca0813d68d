import type { Pod } from '../../kubernetes/core-types';
import { kinds } from '../../kubernetes/kinds';
import { failing, OperatorPanic } from '../failure';
import { readEvacuations } from '../go-json';
import { moveConditions } from './condition-machine';
import type { CoreRequester } from './core-requester';
import type { NodeStatus } from './emqx';
import { readNodes, successful } from './emqx-answers';
import type { EmqxPass } from './pass';
import { core, hashOf, labelsOf, type Role, replicant, type Sets, setsOf } from './roles';

/**
 * Reads sets and EMQX, moves the conditions on and writes the status.
 *
 * When the nodes cannot be read, both lists become empty, and the status is written so: the readiness gates that are set by it
 * close for all green pods (measured: 3 s of failures empty the Service for 3 s).
 *
 * @see EMQX Operator 2.2.29, `update_emqx_status.go`: read
 */
export async function updateStatus(pass: EmqxPass): Promise<void> {
  for (const role of [core, replicant]) {
    const counts = role.statusOf(pass);
    const replicas = role.templateOf(pass.instance)?.spec?.replicas;
    if (replicas !== undefined) counts.replicas = replicas;
    if (counts.updateRevision && !counts.currentRevision) counts.currentRevision = counts.updateRevision;
  }
  const cores = await setsOf(pass, core);
  if (await passOn(pass, core, cores)) return;
  const replicants = await setsOf(pass, replicant);
  if (await passOn(pass, replicant, replicants)) return;

  const { emqx } = pass.options;
  if (!emqx) return;
  const nodes = await nodesOf(pass, emqx).catch((error: Error) => {
    pass.options.record('Warning', 'FailedToGetNodeStatuses', error.message);
    return { cores: [], replicants: [] };
  });
  pass.status.coreNodes = nodes.cores;
  pass.status.replicantNodes = nodes.replicants;
  count(pass, core, nodes.cores, cores);
  count(pass, replicant, nodes.replicants, replicants);
  if (isEnterprise(nodes.cores, cores)) {
    pass.status.nodeEvacuationsStatus = await evacuationsOf(pass, emqx).catch((error: Error) => {
      pass.options.record('Warning', 'FailedToGetNodeEvacuationStatuses', error.message);
      return [];
    });
  }
  await moveConditions(pass);
  await pass.writeStatus().catch(failing('failed to update status'));
}

/**
 * When the current set has no pods left, the oldest old set that has some becomes the current one, else the update set. Then the
 * status is written, and no more is done in this step.
 */
async function passOn(pass: EmqxPass, role: Role, { update, current, old }: Sets): Promise<boolean> {
  if (!update) return false;
  const isReplaced =
    !current || (current.metadata.uid !== update.metadata.uid && (current.status?.replicas ?? 0) === 0);
  if (!isReplaced) return false;
  const next = old.find((set) => (set.status?.replicas ?? 0) > 0) ?? update;
  role.statusOf(pass).currentRevision = hashOf(next) as string;
  await pass.writeStatus().catch(failing('failed to update status'));
  return true;
}

/**
 * The nodes that have a pod. That of a core is found by the beginning of the node's name, so node `…-10` is booked on pod `…-1`
 * too: eleven cores count as twelve, and are never Ready (measured).
 */
export async function nodesOf(
  pass: EmqxPass,
  emqx: CoreRequester,
): Promise<{ cores: NodeStatus[]; replicants: NodeStatus[] }> {
  const { api, signal } = pass.options;
  const path = 'api/v5/nodes';
  const nodes = await emqx
    .any('GET', path, undefined, signal)
    .then((answer) => readNodes(successful(answer, path).body))
    .catch(failing('failed to get node statues by API'));
  const query = { namespace: pass.namespace, labels: labelsOf(pass.instance), ...kinds.pod };
  const pods = (await api.list<Pod>(query, signal)).items;
  pass.pods = pods;
  const withPods = (role: string, isOf: (host: string, pod: Pod) => boolean) =>
    nodes.filter((node) => node.role === role).flatMap((node) => pods.flatMap((pod) => booked(node, pod, isOf)));
  return {
    cores: withPods('core', (host, pod) => host.startsWith(pod.metadata.name)),
    replicants: withPods('replicant', (host, pod) => host === pod.status?.podIP),
  };
}

function booked(node: NodeStatus, pod: Pod, isOf: (host: string, pod: Pod) => boolean): NodeStatus[] {
  const name = node.node ?? '';
  const host = name.slice(name.indexOf('@') + 1).split(':')[0] as string;
  const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller);
  if (!owner || !isOf(host, pod)) return [];
  return [{ ...node, podUID: pod.metadata.uid as string, controllerUID: owner.uid }];
}

export function count(pass: EmqxPass, role: Role, nodes: readonly NodeStatus[], { update, current }: Sets): void {
  const of = (uid: string | undefined) => nodes.filter(({ controllerUID }) => controllerUID === uid).length;
  const counts = role.statusOf(pass);
  counts.readyReplicas = nodes.filter(({ node_status }) => node_status === 'running').length;
  counts.currentReplicas = current ? of(current.metadata.uid) : 0;
  counts.updateReplicas = update ? of(update.metadata.uid) : 0;
}

function isEnterprise(nodes: readonly NodeStatus[], { current }: Sets): boolean {
  if (nodes.length > 0 && !current) throw new OperatorPanic('nil pointer dereference: the current StatefulSet');
  return nodes.some(
    ({ controllerUID, edition }) => controllerUID === current?.metadata.uid && edition === 'Enterprise',
  );
}

export function evacuationsOf(pass: EmqxPass, emqx: CoreRequester) {
  const path = 'api/v5/load_rebalance/global_status';
  return emqx
    .any('GET', path, undefined, pass.options.signal)
    .then((answer) => readEvacuations(successful(answer, path).body));
}
