import { setsOf } from '../../../upgrade/stages';
import { setOfPod } from '../facts';
import type { Bench, Invariant } from '../invariant';
import { isSticking } from '../stage';

/**
 * P2: a client is evicted at most once from the old nodes, and in an abort at most once from the new ones. Otherwise a connection
 * ends only with a node that crashed, or that a released operator removed. A client that reconnects to an old node, bypassing the
 * Service, may be evicted once for each time it does. A new run after one that ended moves every client again; one that takes the place
 * of another empties the remaining sets: each client leaves each of them once. Where an abort is replaced by such a run, clients are on
 * the old set again that had left it, because the abort routes them there; and so they are where such a run leads them to a set that the
 * operator wants again, and is replaced itself. That set goes now, and nothing but another eviction takes them off it.
 */
export function movedOnce({ facts, causes, evictsForOperator, fail }: Bench): Invariant {
  const evictions = new Map<string, number>();
  const returns = new Map<string, number>();
  const key = (client: string, node: string) => `${client} ${setOfPod(facts.podOf(node))}`;
  let run: string | undefined;
  /** By client and set: it had left that one, and was led back by the run that is under way. */
  const broughtBack = new Set<string>();
  const isRoutedBack = (pod: string) => {
    const { journal } = facts;
    return journal !== undefined && setsOf(journal, journal.aborted ? 'from' : 'to').includes(setOfPod(pod));
  };
  const add = (to: Map<string, number>, name: string) => to.set(name, (to.get(name) ?? 0) + 1).get(name)!;
  return {
    stored({ object }) {
      const next = object.kind === 'ConfigMap' ? facts.journal?.run : run;
      if (next === run) return;
      const isSame = facts.journal?.supersedes === run;
      run = next;
      if (isSame) for (const each of broughtBack) add(returns, each);
      broughtBack.clear();
      if (isSame) return;
      evictions.clear();
      returns.clear();
    },
    connected(client, node) {
      if (isSticking(client) && facts.journal) add(returns, key(client, node));
      else if (evictions.has(key(client, node)) && isRoutedBack(facts.podOf(node))) broughtBack.add(key(client, node));
    },
    evicted(client, node) {
      if (evictsForOperator(facts.podOf(node))) {
        causes.operatorEvictions++;
        return;
      }
      const times = add(evictions, key(client, node));
      const allowed = 1 + (returns.get(key(client, node)) ?? 0);
      if (times > allowed) fail('P2', `${client} is evicted from ${facts.podOf(node)}: ${times} times from that set`);
    },
    disconnected(client, cause, node) {
      const pod = facts.podOf(node);
      if (cause === 'evicted') return;
      if (cause === 'taken-over') fail('P2', `${client} on ${pod} is taken over by itself`);
      else if (causes.crashing === pod) causes.crashDisconnects++;
      else if (causes.released.has(pod)) causes.releaseDisconnects++;
      else fail('P2', `${client} is disconnected with ${pod}`);
    },
  };
}
