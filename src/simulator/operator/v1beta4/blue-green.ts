import { nodeNameOf } from '../../../resource';
import type { Pod, StatefulSet } from '../../kubernetes/core-types';
import { kinds } from '../../kubernetes/kinds';
import { failing, OperatorPanic } from '../failure';
import type { BlueGreenStatus } from './emqx-answers';
import type { Pass } from './pass';
import { byNameDescending, podsBySet, setsInCluster } from './stateful-sets';

/** The pod a node's name speaks of. @throws OperatorPanic when the name has no `@` */
export function podNameOf(node: string | undefined): string {
  const host = (node ?? '').split('@')[1];
  if (host === undefined) throw new OperatorPanic('index out of range [1] with length 1');
  return host.split('.')[0] as string;
}

/**
 * Moves the upgrade on by at most one step each: takes one pod from the old set, and starts one evacuation.
 *
 * Both use the same view of the evacuations, taken at the start of the pass: scaling comes first.
 */
export async function syncBlueGreen(pass: Pass, update: BlueGreenStatus): Promise<void> {
  const { api, signal, record } = pass.options;
  const pods = await podsBySet(pass, await setsInCluster(pass));
  const read = (name: string | undefined) => api.get<StatefulSet>(pass.ref(kinds.statefulSet, name ?? ''), signal);
  const current = await read(update.currentStatefulSet).catch(failing('failed to get current statefulset'));
  const origin = await read(update.originStatefulSet).catch(failing('failed to get origin statefulset'));
  const originPods = pods.get(origin.metadata.uid as string) ?? [];

  if (canBeScaledDown(pass, update, origin, originPods)) {
    const replicas = (origin.spec.replicas ?? 0) - 1;
    record('Normal', 'Evacuate', `Scale down StatefulSet ${origin.metadata.name} to ${replicas}`);
    await api.scale(pass.ref(kinds.statefulSet, origin.metadata.name), replicas, signal);
  }

  const last = originPods[0];
  if ((update.evacuationsStatus?.length ?? 0) > 0 || !last) return;
  const node = nodeNameOf(pass.instance, last.metadata.name);
  record('Normal', 'Evacuate', `Evacuate node ${node} start`);
  await startEvacuation(pass, node, pods.get(current.metadata.uid as string) ?? []);
}

/**
 * Whether the old set may lose a pod: its last pod's node holds nothing.
 *
 * The stock operator also says yes when it knows of no evacuation at all, which it mistakes for "not read yet". But a list that
 * was empty comes back absent from the API server, so this is how every upgrade begins.
 */
function canBeScaledDown(pass: Pass, update: BlueGreenStatus, origin: StatefulSet, pods: Pod[]): boolean {
  if (pass.options.variant === 'stock' && update.evacuationsStatus === undefined) return true;
  return (update.evacuationsStatus ?? []).some(({ node, state, stats }) => {
    const { current_connected: connected, current_sessions: sessions } = stats ?? {};
    if (connected === undefined) throw new OperatorPanic('nil pointer dereference: stats.current_connected');
    if (connected !== 0) return false;
    if (sessions === undefined) throw new OperatorPanic('nil pointer dereference: stats.current_sessions');
    if (sessions !== 0 || state !== 'prohibiting') return false;
    const pod = podNameOf(node);
    if (!pod.includes(origin.metadata.name)) return false;
    const last = [...pods].sort(byNameDescending)[0];
    if (!last) throw new OperatorPanic('index out of range [0] with length 0');
    if (last.metadata.name !== pod) return false;
    pass.options.record('Normal', 'Evacuate', `Evacuated node ${nodeNameOf(pass.instance, pod)} successfully`);
    return true;
  });
}

/** Whatever EMQX answers is ignored: a refused start is tried again by each pass. */
async function startEvacuation(pass: Pass, node: string, recipients: Pod[]): Promise<void> {
  const {
    waitTakeover = 0,
    connEvictRate = 0,
    sessEvictRate = 0,
  } = pass.instance.spec.blueGreenUpdate?.evacuationStrategy ?? {};
  const body = JSON.stringify({
    conn_evict_rate: connEvictRate,
    sess_evict_rate: sessEvictRate,
    migrate_to: recipients.map((pod) => nodeNameOf(pass.instance, pod.metadata.name)),
    ...(waitTakeover > 0 && { wait_takeover: waitTakeover }),
  });
  const { emqx, signal } = pass.options;
  await emqx
    .any('POST', `api/v4/load_rebalance/${node}/evacuation/start`, body, signal)
    .catch(failing(`Evacuate node ${node} failed`));
}
