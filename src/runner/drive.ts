import { type EmqxResource, generationOf } from '../resource';
import type { RunnerPolicy } from '../resource/runner-policy';
import {
  BlockedError,
  continueRun,
  liveDigestOf,
  planUpgrade,
  runUpgrade,
  type UpgradeContext,
  type UpgradeReport,
  type UpgradeRequest,
} from '../upgrade';
import type { PlanSummary } from './told';

/** The template, or the cluster, has changed after it was decided to upgrade to it: it is decided again. */
export class TemplateChanged extends Error {
  override readonly name = 'TemplateChanged';
}

/** The template that waits, and the cluster on which it does. */
interface Which {
  digest: string;
  uid: string | undefined;
}

/** Is called on the way to a run. */
interface Steps {
  /** Before anything is written. */
  planned(plan: PlanSummary): Promise<void>;
  /** It begins now. */
  starting(plan: PlanSummary): Promise<void>;
}

/**
 * Begins the upgrade to the template that waits.
 *
 * @param which digest of that template, and uid of the cluster
 * @throws TemplateChanged when another one waits meanwhile
 * @throws BlockedError when a check prevents it; nothing was written
 * @throws UpgradeError when the run stops
 */
export async function takeUp(
  context: UpgradeContext,
  which: Which,
  policy: RunnerPolicy,
  { planned, starting }: Steps,
  signal: AbortSignal,
): Promise<UpgradeReport> {
  const request = requestOf(await waiting(context, which, signal), policy);
  const { checks, from, to, connections, sessions, capPerSecond, estimateMs, devicesAway } = await planUpgrade(
    context,
    request,
    signal,
  );
  const blockers = checks.filter(({ status }) => status === 'blocker');
  if (blockers.length > 0) throw new BlockedError(blockers);
  const plan = { from, to, connections, sessions, capPerSecond, estimateMs, devicesAway };
  await planned(plan);
  // All that has taken seconds.
  const resource = await waiting(context, which, signal);
  await starting(plan);
  return runUpgrade(context, requestOf(resource, policy), signal);
}

/** Goes on with the open run; undefined where another process has ended it meanwhile. @throws as {@link takeUp} */
export function goOn(context: UpgradeContext, signal: AbortSignal): Promise<UpgradeReport | undefined> {
  return continueRun(context, undefined, signal);
}

async function waiting({ cluster }: UpgradeContext, which: Which, signal: AbortSignal): Promise<EmqxResource> {
  const { resource, uid } = await cluster.observeFresh(signal);
  if (liveDigestOf(resource) !== which.digest || uid !== which.uid) throw new TemplateChanged();
  return resource;
}

function requestOf(desired: EmqxResource, policy: RunnerPolicy): UpgradeRequest {
  const { rateCap, pacing, offlineBudget, onFailure, backPercent, sampleDevices } = policy;
  const limits = { onFailure, ...(offlineBudget !== undefined && { offlineBudget }) };
  // A limit for many clusters makes none of them faster.
  const own = generationOf(desired).strategyOf(desired)?.connEvictRate ?? Number.POSITIVE_INFINITY;
  return {
    desired,
    limits,
    pacing,
    backPercent,
    sampleDevices,
    ...(rateCap !== undefined && { stormCap: Math.min(rateCap, own) }),
  };
}
