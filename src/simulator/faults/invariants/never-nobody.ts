import type { Bench, Invariant } from '../invariant';

/** What is routed changes this long after the endpoints of a Service have, ms: see `endpointLagMs` of the simulated cluster. */
const ROUTED_MS = 210;

/** A slow pass of the operator in which a core has crashed that it asks has closed the gates within this time, ms. */
const AFTER_CRASH_MS = 5_000;

/**
 * Undisturbed milliseconds until the gates that the operator has closed are open again, and routed to: a second until the operator's next
 * pass, which closes them once more, then the time of an observation and of the changes of Kubernetes.
 */
const REOPENED_MS = 3_000;

/**
 * P1: a Service through which devices reach nodes is never without endpoints while a node could take devices, from the start of a run
 * until some time after its end: an operator at rest makes its next pass 30 s later.
 *
 * The operator's own Service cannot be kept from it, for the operator writes its spec: there the gates are open again, and the Service has
 * endpoints, within {@link REOPENED_MS}.
 *
 * Not where a released operator has removed nodes; nor where a node has crashed: it may be the core that the operator of EMQX 5 was
 * asking, which then closes the gates of all new nodes until its next pass, whatever anybody does.
 */
export function neverNobody({ facts, health, causes, fail }: Bench): Invariant {
  const { clock } = facts.world;
  const allowedMs = facts.isServiceOperators ? REOPENED_MS : 0;
  let since: number | undefined;
  let isReported = false;
  /** Whether the Service lost its endpoints because of a crash: they come back with the operator's next pass. */
  let isByCrash = false;
  let crashes = 0;
  let crashedAt = Number.NEGATIVE_INFINITY;
  const look = () => {
    if (causes.crashed.size > crashes) crashedAt = facts.now;
    crashes = causes.crashed.size;
    if (facts.isServed) isByCrash = false;
    else if (since === undefined) isByCrash ||= facts.now - crashedAt < AFTER_CRASH_MS;
    const isExcused = isByCrash || (since === undefined && causes.released.size > 0);
    if (facts.isServed || !facts.canAnyServe || isExcused) {
      since = undefined;
      isReported = false;
      return;
    }
    since ??= health.tick();
    const forMs = health.tick() - since;
    if (isReported || forMs < allowedMs) return;
    isReported = true;
    fail('P1', `the Service routes to no pod for ${forMs} ms, in phase ${facts.journal?.phase}`);
  };
  return {
    stored({ object }) {
      if (object.kind !== 'EndpointSlice' && object.kind !== 'Pod') return;
      look();
      clock.schedule(ROUTED_MS, look);
      if (allowedMs > 0) clock.schedule(ROUTED_MS + allowedMs, look);
    },
  };
}
