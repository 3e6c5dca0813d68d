import type { Bench, Invariant } from '../invariant';

/** What is routed changes this long after the endpoints of a Service have, ms: see `endpointLagMs` of the simulated cluster. */
const ROUTED_MS = 210;

/** A slow pass of the operator in which a core has crashed that it asks has closed the gates within this time, ms. */
const AFTER_CRASH_MS = 5_000;

/**
 * P1: a Service through which devices reach nodes is never without endpoints while a node could take devices, from the start of a run
 * until some time after its end: an operator at rest makes its next pass 30 s later.
 *
 * Not where a released operator has removed nodes; nor where a node has crashed: it may be the core that the operator of EMQX 5 was
 * asking, which then closes the gates of all new nodes until its next pass, whatever anybody does.
 */
export function neverNobody({ facts, causes, fail }: Bench): Invariant {
  const { clock } = facts.world;
  let isNobodyServed = false;
  let crashes = 0;
  let crashedAt = Number.NEGATIVE_INFINITY;
  const look = () => {
    if (causes.crashed.size > crashes) crashedAt = facts.now;
    crashes = causes.crashed.size;
    const was = isNobodyServed;
    isNobodyServed = !facts.isServed && facts.canAnyServe;
    if (!isNobodyServed || was || causes.released.size > 0 || facts.now - crashedAt < AFTER_CRASH_MS) return;
    fail('P1', `the Service routes to no pod, in phase ${facts.journal?.phase}`);
  };
  return {
    stored({ object }) {
      if (object.kind !== 'EndpointSlice' && object.kind !== 'Pod') return;
      look();
      clock.schedule(ROUTED_MS, look);
    },
  };
}
