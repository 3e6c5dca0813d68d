import type { KubeApi } from '../kubernetes';
import type { ClusterRef } from '../resource';
import { named } from '../resource/cluster-ref';
import { RUNNER_NAME } from '../resource/runner-policy';
import { isOpen, startRun, type UpgradeContext, UpgradeError, type UpgradeRequest, whatHolds } from '../upgrade';
import { within } from '../upgrade/time-limit';
import type { RunHost } from './find-host';
import { UpgradeJob } from './upgrade-job';

/** How long it may take until another process has taken a run over, ms. A Job first pulls its image. */
const TAKEN_MS = { runner: 60_000, job: 600_000 } as const;
const POLL_MS = 1_000;

/** How long a Job that was not started may take to be removed, ms. */
const REMOVE_MS = 10_000;

export interface Handover {
  api: KubeApi;
  context: UpgradeContext;
  cluster: ClusterRef;
  host: RunHost;
  request: UpgradeRequest;
  /** Called once the run is open and nobody drives it. */
  released?: () => void;
}

/**
 * Starts a run, or resumes the open one, and hands it over to a process in the cluster.
 *
 * 1. A Job, where there is to be one, is created, and does nothing yet: without the right to create it nothing has begun.
 * 2. This process drives the run until the resource has the wanted template. Then the cluster and the journal alone say what is wanted:
 *    the target, the limits, the cap, and the earlier spec.
 * 3. It releases the lease. The host takes it, as it does with a run whose process was killed.
 *
 * So there is nothing else to be handed over, and nothing is lost when this process dies in between: the same command goes on.
 *
 * @throws UpgradeError `UNDRIVEN` when nothing takes the run; otherwise as `runUpgrade`
 */
export async function handOver(handover: Handover, signal?: AbortSignal): Promise<void> {
  const { context, cluster, host, request, released } = handover;
  const job = host.kind === 'job' ? await jobFor(handover, host.image, signal) : undefined;
  try {
    await startRun(context, request, signal);
    await job?.start(signal);
  } catch (error) {
    await within(context.clock, REMOVE_MS, async (late) => job?.remove(late)).catch(() => undefined);
    throw error;
  }
  released?.();
  const isTaken = await untilTaken(context, TAKEN_MS[host.kind], signal);
  if (isTaken) return;
  const { journal } = await context.cluster.observe(signal);
  const { namespace } = cluster;
  const what =
    host.kind === 'runner'
      ? [
          `the runner in the namespace ${host.namespace}`,
          `\`kubectl -n ${host.namespace} logs deployment/${RUNNER_NAME}\``,
        ]
      : [`the Job ${job?.ref.name}`, `\`kubectl -n ${namespace} describe job,pods -l job-name=${job?.ref.name}\``];
  throw new UpgradeError(
    'UNDRIVEN',
    `${what[0]} has not taken the run over within ${TAKEN_MS[host.kind] / 1_000} s; state: ${whatHolds(journal?.phase)}`,
    `${what[1]} says why; \`emqx-blue-green resume ${named(cluster)}\` drives the run from here`,
  );
}

async function jobFor({ api, context, cluster }: Handover, image: string, signal?: AbortSignal): Promise<UpgradeJob> {
  const { traffic } = await context.cluster.observe(signal);
  const services = traffic.map(({ service }) => service);
  return UpgradeJob.create(api, cluster, { image, mark: context.holder, services }, signal);
}

/** Whether another process has the lease, or the run has ended. Whoever has it now has taken it after this process released it. */
async function untilTaken(
  { clock, cluster, holder }: UpgradeContext,
  limitMs: number,
  signal?: AbortSignal,
): Promise<boolean> {
  const deadline = clock.now() + limitMs;
  while (clock.now() < deadline) {
    const { lease, journal } = await cluster.observeFresh(signal);
    if ((lease && lease.holder !== holder) || !isOpen(journal)) return true;
    await clock.sleep(POLL_MS, signal);
  }
  return false;
}
