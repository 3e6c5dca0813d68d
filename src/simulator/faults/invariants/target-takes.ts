import { podOf, setOfPod } from '../facts';
import type { Bench, Invariant } from '../invariant';
import { isSticking } from '../stage';

/**
 * Undisturbed milliseconds after which nothing evicts any more when the target can no longer take devices: the engine looks at
 * least each 1.2 s, and an order to a node takes its place in the second.
 */
const REACTION_MS = 2_300;

/**
 * Undisturbed milliseconds after which nothing evicts any more when a node of the target does not answer as a broker: a probe is made
 * each 2 s, it is waited for 3 s, and then the engine reacts as above; each look waits half a second for the silent node.
 */
const SILENT_MS = 2_000 + 3_000 + REACTION_MS + 500;

/** Milliseconds from the look on which an order is decided until it arrives: it waits for its place in the second. */
const ORDER_MS = 2_000;

/**
 * P1: nobody is evicted while the other set cannot take him: every pod of it Ready, joined, answering as a broker, and they alone
 * behind the Service.
 *
 * Nor is an evacuation ordered in a phase in which that set is not to be emptied, nor does the Service lead anybody to a node that
 * evacuates, unless a released operator has begun that.
 *
 * What evicts already goes on by itself until it is told to stop: so much time as the engine needs for that is allowed, counted only
 * while there is one that could.
 */
export function targetTakes({ facts, health, causes, evictsForOperator, fail }: Bench): Invariant {
  /** Undisturbed time at which a set ceased to take devices. */
  const lostAt = new Map<string, number>();
  /** Time at which it did. */
  const ceasedAt = new Map<string, number>();
  const look = () => {
    const { journal } = facts;
    for (const set of [journal?.from.set, journal?.to.set]) {
      if (set === undefined) continue;
      if (facts.takes(set)) {
        lostAt.delete(set);
        ceasedAt.delete(set);
      } else if (!lostAt.has(set)) {
        lostAt.set(set, health.tick());
        ceasedAt.set(set, facts.now);
      }
    }
  };
  return {
    stored({ object }) {
      if (['Pod', 'EndpointSlice', 'ConfigMap'].includes(object.kind)) look();
    },
    ordered({ process, verb, target }) {
      if (verb !== 'start') return;
      const { phase, from } = facts.journal ?? {};
      const phases = setOfPod(target) === from?.set ? ['evacuate', 'retire'] : ['return', 'retire-green'];
      const taker = setOfPod(target) === from?.set ? facts.journal?.to.set : from?.set;
      look();
      const since = facts.now - (ceasedAt.get(taker ?? '') ?? Number.POSITIVE_INFINITY);
      if (since > ORDER_MS)
        fail('P1', `${process} orders ${target} to evacuate, ${since} ms after ${taker} ceased to take devices`);
      if (phase && !phases.includes(phase))
        fail('P1', `${process} orders ${target} to evacuate, and the run is in ${phase}`);
    },
    refused(client, reason) {
      // A device that was led to a node before it froze waits until it loses patience.
      if (['tcp-refused', 'timeout'].includes(reason) || isSticking(client) || causes.released.size > 0) return;
      fail('P1', `${client} is led to a node that refuses it (${reason})`);
    },
    evicted(client, node) {
      const { journal } = facts;
      const pod = podOf(node);
      if (evictsForOperator(pod)) return;
      const taker = setOfPod(pod) === journal?.from.set ? journal.to.set : journal?.from.set;
      if (taker === undefined) {
        fail('P1', `${client} is evicted from ${pod}, and there is nobody to take it`);
        return;
      }
      look();
      const since = health.tick() - (lostAt.get(taker) ?? Number.POSITIVE_INFINITY);
      if (since > REACTION_MS) {
        fail('P1', `${client} is evicted from ${pod}, ${since} ms after ${taker} ceased to take devices`);
      }
      for (const [silent, { since: began, process }] of causes.silent) {
        const silentMs = health.tick() - began;
        // One that was started again meanwhile answers.
        const lasts = facts.nodeIn(silent)?.responsiveness === process;
        if (setOfPod(silent) === taker && lasts && silentMs > SILENT_MS) {
          fail('P1', `${client} is evicted from ${pod}, ${silentMs} ms after ${silent} ceased to answer`);
        }
      }
    },
  };
}
