import type { Bench, Invariant } from '../invariant';

/** Undisturbed milliseconds after which a new, lower cap is in effect. */
const REACTION_MS = 2_500;

/** Orders reach a node a little late; a second begins this much before its first place, ms. */
const EARLY_MS = 60;

/**
 * P4: in each aligned second at most as many evictions as the cap in effect. Seconds begin with the places in them that the journal
 * assigns to the nodes. A lowered cap is in effect as soon as the engine could order the nodes to keep it.
 */
export function pace({ facts, health, evictsForOperator, fail }: Bench): Invariant {
  let caps: { cap: number; endedAt: number }[] = [];
  let current = 0;
  let second = '';
  let count = 0;
  return {
    stored({ object }) {
      if (object.kind !== 'ConfigMap') return;
      const cap = facts.journal?.connectionCap ?? current;
      if (cap === current) return;
      caps.push({ cap: current, endedAt: health.tick() });
      current = cap;
    },
    evicted(_client, node) {
      if (evictsForOperator(facts.podOf(node))) return;
      const origin = (facts.journal?.evacuation?.startedAt ?? 0) - EARLY_MS;
      const now = `${origin} ${Math.floor((facts.now - origin) / 1_000)}`;
      count = now === second ? count + 1 : 1;
      second = now;
      const undisturbed = health.tick();
      caps = caps.filter(({ endedAt }) => undisturbed - endedAt < REACTION_MS);
      const allowed = Math.max(current, ...caps.map(({ cap }) => cap));
      if (count === allowed + 1) fail('P4', `more than ${allowed} evictions in one second`);
    },
  };
}
