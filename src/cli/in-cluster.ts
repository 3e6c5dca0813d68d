import { findHost, handOver, isUnderWay, type RunHost } from '../handover';
import { generationOf } from '../resource';
import { imageReference } from '../resource/image-reference';
import { lastRecord, type ProgressEvent, type UpgradeReport, type UpgradeRequest, watchUpgrade } from '../upgrade';
import type { Connection } from './connection';
import { CommandError } from './errors';
import { EXIT } from './exit';
import type { OptionReader } from './options';
import type { UpgradeReporter } from './upgrade-reporter';

/** The options that say what drives a run inside the cluster. */
export interface InClusterFlags {
  inCluster?: boolean;
  /** Of a Job, where no runner is. */
  image?: string;
  runnerNamespace?: string;
}

export function checkInCluster(reader: OptionReader, { inCluster, image, runnerNamespace }: InClusterFlags): void {
  const violation = image === undefined ? undefined : imageReference(image);
  if (violation) reader.problem({ path: '--image', value: image, ...violation });
  reader.name('--runner-namespace', runnerNamespace);
  if (inCluster) return;
  for (const [path, value] of Object.entries({ '--image': image, '--runner-namespace': runnerNamespace })) {
    if (value === undefined) continue;
    reader.problem({
      path,
      value,
      bound: 'left out without --in-cluster',
      reason: 'this process drives the upgrade itself',
      fix: `leave ${path} out, or add --in-cluster`,
    });
  }
}

/** What drives the run: undefined where another process does so already. @param isOpen whether it has begun */
export async function hostFor(
  { api, namespace, name, live, context }: Connection,
  request: UpgradeRequest,
  { image, runnerNamespace }: InClusterFlags,
  isOpen: boolean,
  signal: AbortSignal,
): Promise<RunHost | undefined> {
  const own = context();
  if (isOpen && (await isUnderWay(own, request, signal))) return undefined;
  const { desired, stormCap } = request;
  const capPerSecond = stormCap ?? generationOf(desired).strategyOf(desired)?.connEvictRate ?? 0;
  const cluster = { kind: live.kind, namespace, name };
  const run = isOpen ? undefined : { capPerSecond };
  return findHost({ api, clock: own.clock, cluster, image, runnerNamespace, run }, signal);
}

interface Following {
  emit(event: ProgressEvent): void;
  reporter: UpgradeReporter;
  signal: AbortSignal;
  /** The command that watches the run again. */
  attach: string;
}

/** Hands the run over, and shows it to its end. @param host undefined where another process drives it already */
export async function runInCluster(
  connection: Connection,
  request: UpgradeRequest,
  host: RunHost | undefined,
  { emit, reporter, signal, attach }: Following,
): Promise<UpgradeReport> {
  const { api, namespace, name, live } = connection;
  let isReleased = host === undefined;
  try {
    if (host) {
      const context = connection.context(emit);
      const cluster = { kind: live.kind, namespace, name };
      const released = () => {
        isReleased = true;
        reporter.handedOver(host);
      };
      await handOver({ api, context, cluster, host, request, released }, signal);
    }
    const context = connection.context();
    for await (const event of watchUpgrade(context, signal)) emit(event);
    const report = await lastRecord(context, signal);
    if (report) return report;
  } catch (error) {
    if (!signal.aborted || !isReleased) throw error;
    throw new CommandError(
      EXIT.stopped,
      'DETACHED',
      'no longer watching; the upgrade continues in the cluster',
      `to watch it again, run: ${attach}`,
      { cause: error },
    );
  }
  const fix = 'status shows the state of the cluster';
  throw new CommandError(EXIT.stopped, 'NO_REPORT', 'the upgrade has ended without a report', fix);
}
