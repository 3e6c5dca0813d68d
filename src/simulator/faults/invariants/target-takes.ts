import { setsOf, stagesOf } from '../../../upgrade/stages';
import type { Facts } from '../facts';
import { setOfPod } from '../facts';
import type { Bench, Invariant } from '../invariant';
import { isSticking } from '../stage';

/**
 * Undisturbed milliseconds after which no node evicts any more once the target can no longer accept devices: the engine observes
 * at least every 1.2 s, and an order to a node waits for its place in the second.
 */
const REACTION_MS = 2_300;

/**
 * Undisturbed milliseconds after which no node evicts any more once a node of the target does not answer as a broker: it is probed
 * every 2 s with a timeout of 3 s, and then the engine reacts as above; each observation waits half a second for the silent node, and the first one
 * as long for what that node knows of the durable storage.
 */
const SILENT_MS = 2_000 + 3_000 + REACTION_MS + 500 + 500;

/** Milliseconds from the observation on which an order is based until it arrives: it waits for its place in the second. */
const ORDER_MS = 2_000;

/**
 * P1: no device is evicted while the other set cannot accept it: every pod of it Ready, joined, answering as a broker, and only
 * these pods behind the Service. Devices on cores beside replicants are led to those: then both sets are ready, and the replicants answer.
 *
 * Nor is an evacuation ordered in a phase in which that set is not to be evacuated, nor does the Service route devices to a node
 * that evacuates, unless a released operator started that.
 *
 * A node that evicts already continues on its own until it is stopped: the time that the engine needs for that is allowed, counted
 * only while there is an engine that could do so.
 */
export function targetTakes({ facts, health, causes, evictsForOperator, waitsToStop, fail }: Bench): Invariant {
  /** Undisturbed time at which a set ceased to accept devices. */
  const lostAt = new Map<string, number>();
  /** Simulated time of the same. */
  const ceasedAt = new Map<string, number>();
  const look = () => {
    for (const set of allSets(facts)) {
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
      const { phase } = facts.journal ?? {};
      const { taker, isOld } = takerFor(facts, setOfPod(target));
      const phases = isOld ? ['evacuate', 'retire'] : ['return', 'retire-green'];
      look();
      const since = facts.now - (ceasedAt.get(taker ?? '') ?? Number.POSITIVE_INFINITY);
      if (since > ORDER_MS)
        fail('P1', `${process} orders ${target} to evacuate, ${since} ms after ${taker} ceased to accept devices`);
      if (phase && !phases.includes(phase))
        fail('P1', `${process} orders ${target} to evacuate while the run is in ${phase}`);
    },
    refused(client, reason) {
      // A device that was routed to a node before it froze waits until its own timeout.
      if (['tcp-refused', 'timeout'].includes(reason) || isSticking(client) || causes.released.size > 0) return;
      fail('P1', `${client} is routed to a node that refuses it (${reason})`);
    },
    evicted(client, node) {
      const pod = facts.podOf(node);
      if (evictsForOperator(pod) || waitsToStop(pod)) return;
      const { taker } = takerFor(facts, setOfPod(pod));
      if (taker === undefined) {
        fail('P1', `${client} is evicted from ${pod}, but there is no set to accept it`);
        return;
      }
      look();
      const led = ledTo(facts, pod) ?? taker;
      for (const set of new Set([taker, led])) {
        const since = health.tick() - (lostAt.get(set) ?? Number.POSITIVE_INFINITY);
        if (since > REACTION_MS)
          fail('P1', `${client} is evicted from ${pod}, ${since} ms after ${set} ceased to accept devices`);
      }
      for (const [silent, { since: began, process }] of causes.silent) {
        const silentMs = health.tick() - began;
        // A node that was restarted meanwhile answers.
        const lasts = facts.nodeIn(silent)?.responsiveness === process;
        if (setOfPod(silent) === led && lasts && silentMs > SILENT_MS) {
          fail('P1', `${client} is evicted from ${pod}, ${silentMs} ms after ${silent} ceased to answer`);
        }
      }
    },
  };
}

function allSets({ journal }: Facts): string[] {
  return journal ? [...setsOf(journal, 'from'), ...setsOf(journal, 'to')] : [];
}

/** The set that new connections of the devices of a pod go to: beside replicants it is one of them, also for those of cores. */
function ledTo({ journal, size }: Facts, pod: string): string | undefined {
  const role = size.replicants > 0 ? 'replicant' : 'core';
  const stage = journal && stagesOf(journal).findLast((each) => each.role === role);
  return takerFor({ journal }, setOfPod(pod)).isOld ? stage?.to?.set : stage?.from.set;
}

/** The set that is to take the sessions of a set, and whether that one is an old set. */
function takerFor({ journal }: Pick<Facts, 'journal'>, set: string): { taker: string | undefined; isOld: boolean } {
  const stages = journal ? stagesOf(journal) : [];
  const old = stages.find(({ from }) => from.set === set);
  const back = stages.find(({ to }) => to?.set === set) ?? stages[0];
  return old ? { taker: old.to?.set, isOld: true } : { taker: back?.from.set, isOld: false };
}
