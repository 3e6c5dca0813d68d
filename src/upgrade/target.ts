import { createHash } from 'node:crypto';
import { type EmqxResource, generationOf, HOLD_DELAY_SECONDS, isHeld } from '../resource';
import type { Pacing } from './adaptive-rate';
import { type Change, changes, mergePatch } from './changes';
import { BACK_PERCENT } from './gates';
import type { Driver, Journal, Limits } from './journal';
import type { ClusterView } from './observation';

/** What the user wants. */
export interface UpgradeRequest {
  /** The wanted resource; missing fields get the defaults of the operator's webhook. */
  desired: EmqxResource;
  /** @default 'pilot' */
  driver?: Driver;
  /**
   * Most disconnects per second in the whole cluster (the storm cap).
   * @default - `connectionEvictionRate`: what the operator's one node at a time would give
   */
  stormCap?: number;
  /**
   * `fixed`: devices are disconnected at the storm cap. `adaptive`: as fast as those before them reconnect, at most at the storm cap.
   * @default 'fixed'
   */
  pacing?: Pacing | undefined;
  /** Allow the operator driver although it loses sessions. @default false */
  acceptLoss?: boolean;
  /** Whether the version may be older than the running one, within one minor line. @default false */
  acceptDowngrade?: boolean;
  /** How many of the connections, and of the subscriptions, must be back in the end, in percent: gates of the report. @default 99 */
  backPercent?: number | undefined;
  /**
   * Sample the devices before and after, so that the report can say whether those with MQTT 3.1 have become more; see `sampleDevices`.
   * @default false
   */
  sampleDevices?: boolean;
  /** When the run ends by itself. */
  limits?: Partial<Limits>;
}

/** Ten minutes for a pod that pulls its image; two for everything that takes seconds. */
const LIMITS: Limits = { readyMs: 600_000, stallMs: 120_000, onFailure: 'stop', onLoss: 'continue' };

/** A request compared with the cluster as it is. */
export interface Target {
  driver: Driver;
  acceptLoss: boolean;
  acceptDowngrade: boolean;
  desired: EmqxResource;
  /** The live resource, with defaults filled in so that both sides compare. */
  live: EmqxResource;
  /** Differences of `spec`, except for the hold. */
  changes: Change[];
  /** Differences of labels and annotations of the resource itself. */
  metadataChanges: Change[];
  /** Digest of the wanted pod template. */
  digest: string;
  /** Digest of the live one. */
  liveDigest: string;
  /** Whether the live resource already has the wanted pod template. */
  applied: boolean;
  caps: { connections: number; sessions: number };
  pacing: Pacing;
  waitTakeoverSeconds: number;
  /** How long to wait between the switch of the traffic and the first eviction. */
  initialDelaySeconds: number;
  backPercent: number;
  limits: Limits;
}

export function targetOf(view: ClusterView, request: UpgradeRequest): Target {
  const generation = generationOf(view.resource);
  const live = generation.withDefaults(view.resource);
  const desired = generation.withDefaults(request.desired);
  const strategy = generation.strategyOf(desired);
  const delay = generation.delayOf(desired) ?? 0;
  const [digest, liveDigest] = [digestOf(desired), digestOf(live)];
  return {
    driver: request.driver ?? 'pilot',
    acceptLoss: request.acceptLoss ?? false,
    acceptDowngrade: request.acceptDowngrade ?? false,
    desired,
    live,
    changes: changes(withoutDelay(live), withoutDelay(desired)),
    metadataChanges: changes(generation.metadataTriggersOf(live), generation.metadataTriggersOf(desired)),
    digest,
    liveDigest,
    applied: liveDigest === digest,
    caps: {
      connections: request.stormCap ?? strategy?.connEvictRate ?? 0,
      sessions: strategy?.sessEvictRate ?? 0,
    },
    pacing: request.pacing ?? 'fixed',
    waitTakeoverSeconds: strategy?.waitTakeover ?? 0,
    backPercent: request.backPercent ?? BACK_PERCENT,
    limits: { ...LIMITS, ...request.limits },
    initialDelaySeconds: isHeld(desired) ? (view.keptInitialDelaySeconds ?? 0) : delay,
  };
}

/** {@link targetOf} for one request. What was read is never changed in place, so each pair is compared once. */
export function targetsOf(request: UpgradeRequest): (view: ClusterView) => Target {
  let latest: { view: ClusterView; target: Target } | undefined;
  return (view) => {
    const { resource, keptInitialDelaySeconds } = latest?.view ?? {};
    if (!latest || view.resource !== resource || view.keptInitialDelaySeconds !== keptInitialDelaySeconds) {
      latest = { view, target: targetOf(view, request) };
    }
    return latest.target;
  };
}

/**
 * Patch of `spec` that makes the live resource the wanted one.
 *
 * @param hold whether the operator is held; if not, a held one continues after the delay that its owner keeps
 */
export function specPatch(target: Target, hold: boolean): Record<string, unknown> {
  const { live, desired } = target;
  const wanted = hold ? HOLD_DELAY_SECONDS : target.initialDelaySeconds;
  const after = hold || isHeld(desired) ? generationOf(desired).withDelay(desired.spec, wanted) : { ...desired.spec };
  return mergePatch(live.spec as Record<string, unknown>, after);
}

/** Identity of what makes the operator create new nodes: the same whatever the order of the fields. */
export function digestOf(resource: EmqxResource): string {
  const counted = canonical(generationOf(resource).triggersOf(resource));
  return createHash('sha256').update(counted).digest('hex').slice(0, 16);
}

/** The same of a resource as somebody has written it, without the defaults. */
export function liveDigestOf(resource: EmqxResource): string {
  return digestOf(generationOf(resource).withDefaults(resource));
}

/** The digest of what an open run has the resource ask for; undefined in an abort of a run that does not know what that was before. */
export function wantedDigest({ aborted, from, target }: Journal): string | undefined {
  return aborted ? from.digest : target;
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = value as Record<string, unknown>;
  const names = Object.keys(fields).filter((name) => fields[name] !== undefined);
  return `{${names
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonical(fields[name])}`)
    .join(',')}}`;
}

/** The spec without the delay, which the engine itself changes. */
function withoutDelay(resource: EmqxResource): object {
  return generationOf(resource).withDelay(resource.spec, undefined);
}
