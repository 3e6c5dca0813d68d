import { TransportError } from '../../../emqx/transport';
import type { EmqxNode } from '../node';
import type { Answer } from './answers';

/** The multicall behind `global_status` gives up on a node after this long. */
const MULTICALL_TIMEOUT_MS = 15_000;

/** An answer of the evacuation process of a node, as soon as it can answer. @param unreachable where another node ends before that */
export function callEvacuation(
  asking: EmqxNode,
  target: EmqxNode,
  answer: (target: EmqxNode) => Awaited<Answer>,
  unreachable: (target: EmqxNode) => Awaited<Answer>,
): Answer {
  const wait = target.evacuation.whenFree();
  if (!wait) return answer(target);
  return wait.then(
    () => answer(target),
    (error: unknown) => {
      if (target === asking) throw error;
      return unreachable(target);
    },
  );
}

/**
 * An answer about all nodes that evacuate, of those that answer within the time-out of the call; one that moves sessions does not.
 *
 * @param answer gets the nodes that answered and evacuate
 */
export function callAll(asking: EmqxNode, answer: (evacuating: readonly EmqxNode[]) => Awaited<Answer>): Answer {
  const { cluster } = asking;
  const asked = cluster.membersSeenBy(asking).filter(({ hasRebalance }) => hasRebalance);
  const answerOf = (answered: readonly EmqxNode[]) =>
    answer(answered.filter(({ evacuation }) => evacuation.state !== 'disabled'));
  const waits = asked.map(({ evacuation }) => evacuation.whenFree());
  if (waits.every((wait) => wait === undefined)) return answerOf(asked);
  const late = new Set(asked);
  const answers = asked.map(async (node, index) => {
    await waits[index]?.catch(() => undefined);
    if (node.hasRebalance) late.delete(node);
  });
  const all = Promise.race([Promise.all(answers), cluster.clock.sleep(MULTICALL_TIMEOUT_MS)]);
  return all.then(() => answerOf(asked.filter((node) => !late.has(node))));
}

/** An answer that is late gets lost with the node. */
export function unlessEnded(node: EmqxNode, answer: Answer): Answer {
  if (!(answer instanceof Promise)) return answer;
  const { bootedAt } = node;
  return answer.then((response) => {
    if (node.isListening && node.bootedAt === bootedAt) return response;
    throw new TransportError('reset', 'connection reset: the node ended');
  });
}
