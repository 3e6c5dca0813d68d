import type { EmqxEnterpriseStatus } from '../../../resource';
import { failing } from '../failure';
import { readEvacuations } from '../go-json';
import { readNodes } from './emqx-answers';
import type { Pass } from './pass';
import { setsInCluster } from './stateful-sets';

/**
 * Step 1 and 7: reads the EMQX cluster and writes the status. When EMQX cannot be read, or gives an answer that does not
 * parse, that is reported, nothing is written, and the pass continues with the status it has.
 */
export async function updateStatus(pass: Pass): Promise<void> {
  try {
    await readNodeList(pass).catch(failing('failed to update ready replicas'));
    await judge(pass).catch(failing('failed to update condition'));
  } catch (error) {
    pass.options.record('Warning', 'ReconcileError', (error as Error).message);
    return;
  }
  await pass.writeStatus().catch(failing('failed to update emqx status'));
}

async function readNodeList(pass: Pass): Promise<void> {
  const { emqx, signal } = pass.options;
  const nodes = await emqx
    .any('GET', 'api/v4/nodes', undefined, signal)
    .then((answer) => readNodes(answer.body))
    .catch(failing('failed to get node statuses'));
  pass.status.emqxNodes = nodes;
  pass.status.readyReplicas = nodes.filter(({ node_status }) => node_status === 'Running').length;
  pass.status.replicas = pass.instance.spec.replicas;
}

async function judge(pass: Pass): Promise<void> {
  const sets = await setsInCluster(pass);
  const { status } = pass;
  if (sets.length === 1) {
    status.currentStatefulSetVersion = sets[0]?.status?.currentRevision;
    if (status.readyReplicas === status.replicas) {
      setCondition(pass, 'Running', 'True', 'ClusterReady', 'All resources are ready');
    } else {
      setCondition(pass, 'Running', 'False', 'ClusterNotReady', 'Some resources are not ready');
    }
    delete status.blueGreenUpdateStatus;
    return;
  }

  const origin = sets.at(-1)!;
  const current = sets.at(-2)!;
  status.currentStatefulSetVersion = current.status?.currentRevision;
  setCondition(pass, 'BlueGreenUpdating', 'True');
  if ((current.status?.readyReplicas ?? 0) !== current.spec.replicas) return;

  status.blueGreenUpdateStatus ??= {};
  const update = status.blueGreenUpdateStatus;
  update.currentStatefulSet = current.metadata.name;
  update.originStatefulSet = origin.metadata.name;
  update.startedAt ??= new Date(pass.options.clock.now()).toISOString();
  const { emqx, signal } = pass.options;
  update.evacuationsStatus = await emqx
    .any('GET', 'api/v4/load_rebalance/global_status', undefined, signal)
    .then((answer) => readEvacuations(answer.body))
    .catch(failing('failed to get evacuation status'));
}

/** Sets a condition and moves it to the front. No condition is ever removed; only the first keeps its transition time. */
function setCondition(pass: Pass, type: string, state: string, reason?: string, message?: string): void {
  const now = new Date(pass.options.clock.now()).toISOString();
  const conditions: NonNullable<EmqxEnterpriseStatus['conditions']> = pass.status.conditions ?? [];
  const index = conditions.findIndex((condition) => condition.type === type);
  const lastTransitionTime = index === 0 ? conditions[0]?.lastTransitionTime : now;
  const condition = { type, status: state, lastUpdateTime: now, lastTransitionTime, reason, message };
  if (index < 0) conditions.push(condition);
  else conditions[index] = condition;
  const updated = (each: (typeof conditions)[number]) => Date.parse(each.lastUpdateTime ?? '');
  pass.status.conditions = conditions.sort((a, b) => updated(b) - updated(a));
}
