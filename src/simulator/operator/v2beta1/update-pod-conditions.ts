import { coerce, lt } from 'semver';
import { conditionOf, type Pod, type PodCondition } from '../../kubernetes/core-types';
import { kinds } from '../../kubernetes/kinds';
import { timestamp } from '../../kubernetes/object-store';
import { OperatorPanic } from '../failure';
import { gateOf, patchGate } from '../pod-gate';
import { isTrue } from './conditions';
import { hasReplicants, type NodeStatus } from './emqx';
import type { EmqxPass } from './pass';
import { core, labelsOf, replicant, setsOf } from './roles';

/** Since this version a node is asked whether it is available. */
const ASKED_SINCE = '5.0.3';

/**
 * The readiness gates of all pods:
 *
 * - of the update sets: true when the node is in the status' list and answers that it is available;
 * - of the current sets: false by force while the cluster is Available, else as it was;
 * - of all other sets: as it was.
 *
 * Each gate is written, changed or not, as it was when the step began: a change that someone else made meanwhile is lost. (One
 * of three in a measured abort. The real one reads from a cache, which makes that time a little longer than here.)
 *
 * @see EMQX Operator 2.2.29, `update_pod_conditions.go`: read
 */
export async function updatePodConditions(pass: EmqxPass): Promise<void> {
  const { api, signal } = pass.options;
  const uids = async (which: 'update' | 'current') => {
    const sets = [await setsOf(pass, core), await setsOf(pass, replicant)];
    return sets.flatMap((each) => each[which]?.metadata.uid ?? []);
  };
  const [update, current] = [await uids('update'), await uids('current')];
  const query = { namespace: pass.namespace, labels: labelsOf(pass.instance), ...kinds.pod };
  for (const pod of (await api.list<Pod>(query, signal)).items) {
    const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller);
    if (!owner) continue;
    const before = gateOf(pod)?.status;
    let status = before;
    if (conditionOf(pod, 'ContainersReady') === 'True') {
      if (update.includes(owner.uid)) status = await stateOf(pass, pod);
      else if (current.includes(owner.uid) && isTrue(pass.status, 'Available')) status = 'False';
    }
    if (status) await write(pass, pod, status, status !== before);
  }
}

/** Failures to write it are passed over. */
async function write(pass: EmqxPass, pod: Pod, status: PodCondition['status'], changed: boolean): Promise<void> {
  const now = timestamp(pass.now);
  const { lastTransitionTime = now, ...gate } = gateOf(pod) ?? { type: 'apps.emqx.io/on-serving' };
  const next = { ...gate, status, lastProbeTime: null, lastTransitionTime: changed ? now : lastTransitionTime };
  const ref = pass.ref(kinds.pod, pod.metadata.name);
  await patchGate(pass.options, ref, pod, () => next).catch(() => undefined);
}

async function stateOf(pass: EmqxPass, pod: Pod): Promise<PodCondition['status']> {
  const { coreNodes = [], replicantNodes = [] } = pass.status;
  const nodes = hasReplicants(pass.instance) ? [...coreNodes, ...replicantNodes] : coreNodes;
  const node = nodes.find(({ podUID }) => podUID === pod.metadata.uid);
  if (!node) return 'False';
  return isAsked(node) ? ask(pass, pod) : 'True';
}

function isAsked({ edition, version = '' }: NodeStatus): boolean {
  if (edition !== 'Enterprise') return false;
  const known = /^v?\d/.test(version) ? coerce(version) : null;
  if (!known) throw new OperatorPanic(`nil pointer dereference: the version ${JSON.stringify(version)} of a node`);
  return !lt(known, ASKED_SINCE);
}

async function ask(pass: EmqxPass, pod: Pod): Promise<PodCondition['status']> {
  const { emqx, signal } = pass.options;
  if (!emqx) return 'False';
  const path = 'api/v5/load_rebalance/availability_check';
  const answer = await emqx.pod(pod.metadata.name, 'GET', path, undefined, signal).catch(() => undefined);
  if (!answer) return 'Unknown';
  return answer.status === 200 ? 'True' : 'False';
}
