import type { Pod } from '../../kubernetes/core-types';
import { kinds } from '../../kubernetes/kinds';
import { failing } from '../failure';
import type { CoreRequester } from '../v2beta1/core-requester';
import { hasReplicants, type NodeStatus } from '../v2beta1/emqx';
import { readNodes, successful } from '../v2beta1/emqx-answers';
import type { EmqxPass } from '../v2beta1/pass';
import { core, hashOf, labelsOf, type Role, replicant, type Sets, setsOf } from '../v2beta1/roles';
import { evacuationsOf } from '../v2beta1/update-status';
import { moveV2Conditions } from './conditions';

/**
 * Reads sets and EMQX, moves the conditions on and writes the status. Where EMQX cannot be read, the pass ends: other than in 2.2 the lists
 * of nodes stay, and with them the readiness gates.
 *
 * @see EMQX Operator 2.3, `internal/controller/update_emqx_status.go`: read, not run; `dsReplication` is not modelled
 */
export async function updateV2Status(pass: EmqxPass): Promise<void> {
  const { emqx } = pass.options;
  const { instance, status } = pass;
  const cores = await countSets(pass, core);
  const hasSome = hasReplicants(instance) || (await setsOf(pass, replicant)).old.length > 0;
  const replicants = hasSome ? await countSets(pass, replicant) : undefined;
  if (!replicants) {
    delete status.replicantNodesStatus;
    status.conditions = status.conditions?.filter(({ type }) => !type.startsWith('ReplicantNodes'));
  }
  const nodes = emqx ? await nodesOf(pass, emqx) : [];
  for (const role of [core, ...(replicants ? [replicant] : [])]) {
    const own = nodes.filter((node) => node.role === role.name);
    role.statusOf(pass).readyReplicas = own.filter(({ node_status }) => node_status === 'running').length;
  }
  status.coreNodes = nodes.filter(({ role }) => role === 'core');
  status.replicantNodes = nodes.filter(({ role }) => role === 'replicant');
  status.nodeEvacuationsStatus = emqx
    ? await evacuationsOf(pass, emqx).catch(failing('failed to get node evacuation status'))
    : [];
  moveV2Conditions(pass, { cores: cores.update, replicants: replicants?.update });
  await pass.writeStatus().catch(failing('failed to update status'));
}

/** When the current set has no pods left, the oldest other set that has some becomes the current one, else the update set. */
async function countSets(pass: EmqxPass, role: Role): Promise<Sets> {
  const sets = await setsOf(pass, role);
  const { update, current, old } = sets;
  const isReplaced = update !== undefined && (current?.status?.replicas ?? 0) === 0;
  const next = isReplaced ? (old.find((set) => (set.status?.replicas ?? 0) > 0) ?? update) : current;
  const counts = role.statusOf(pass);
  counts.replicas = role.templateOf(pass.instance)?.spec?.replicas;
  counts.currentRevision = next && hashOf(next);
  counts.currentReplicas = next?.status?.replicas;
  counts.updateReplicas = update?.status?.replicas;
  return { ...sets, current: next };
}

/** All nodes, also those without a pod. That of a core is the first whose name the node's host begins with. */
async function nodesOf(pass: EmqxPass, emqx: CoreRequester): Promise<NodeStatus[]> {
  const { api, signal } = pass.options;
  const path = 'api/v5/nodes';
  const nodes = await emqx
    .any('GET', path, undefined, signal)
    .then((answer) => readNodes(successful(answer, path).body))
    .catch(failing('failed to get node status'));
  const query = { namespace: pass.namespace, labels: labelsOf(pass.instance), ...kinds.pod };
  const pods = (await api.list<Pod>(query, signal)).items.filter(({ metadata }) => !metadata.deletionTimestamp);
  pass.pods = pods;
  return nodes.map((node) => {
    const name = node.node ?? '';
    const host = name.slice(name.indexOf('@') + 1).split(':')[0] as string;
    const pod = pods.find(({ metadata, status }) =>
      node.role === 'core' ? host.startsWith(metadata.name) : host === status?.podIP,
    );
    if (!pod) return node;
    const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller);
    return { ...node, podUID: pod.metadata.uid, controllerUID: owner?.uid };
  });
}
