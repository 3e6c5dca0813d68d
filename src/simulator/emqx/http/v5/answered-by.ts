import type { EmqxNode } from '../../node';
import type { Answer } from '../answers';

const LOOK_MS = 100;

/**
 * An answer that asks these nodes: measured on 5.8.9, calls into a frozen node (SIGSTOP) return when it thaws, or ends. Each node is
 * looked at ten times a second.
 */
export function answeredBy(nodes: readonly EmqxNode[], answer: () => Answer): Answer {
  const isFrozen = () => nodes.some(({ isListening, responsiveness }) => isListening && responsiveness.isFrozen);
  if (!isFrozen()) return answer();
  const wait = async () => {
    while (isFrozen()) await nodes[0]?.cluster.clock.sleep(LOOK_MS);
    return answer();
  };
  return wait();
}
