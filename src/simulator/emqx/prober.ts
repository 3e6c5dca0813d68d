import type { Prober } from '../../emqx/mqtt-prober';
import type { PodRef } from '../../emqx/transport';
import type { DeviceListener, ProbeAnswer } from '../../upgrade';
import { AnySignal } from '../../upgrade/any-signal';
import type { SimulatedClock } from '../clock';
import type { EmqxNode } from './node';

/** A probe that was not answered within this is given up, ms. */
const PATIENCE_MS = 3_000;

/** Probes simulated nodes. What a probe leaves in their counters, one client more and one less, is not modelled. */
export class SimulatedProber implements Prober {
  /**
   * @param nodeOf the node that runs in a pod; undefined when there is no such pod
   * @param latencyMs the time of one exchange, half of it each way
   */
  constructor(
    private readonly clock: SimulatedClock,
    private readonly nodeOf: (pod: PodRef) => EmqxNode | undefined,
    private readonly latencyMs = 4,
  ) {}

  async probe(pod: PodRef, listeners: readonly DeviceListener[], signal?: AbortSignal): Promise<ProbeAnswer> {
    if (listeners.length === 0) return { state: 'unknown' };
    await this.clock.sleep(this.latencyMs, signal);
    const node = this.nodeOf(pod);
    if (!node?.isListening) return { state: 'silent', reason: `connection refused by ${pod.name}` };
    if (!node.accepts()) return { state: 'silent', reason: `connection closed by ${pod.name}` };
    const late = this.whenAnswering(node);
    if (late && !(await this.within(late, signal))) {
      return { state: 'silent', reason: `no answer within ${PATIENCE_MS / 1000} s` };
    }
    return node.refusesClients ? { state: 'silent', reason: 'server unavailable' } : { state: 'serves' };
  }

  /** Resolves when the node can answer a CONNECT; undefined where it answers at once. */
  private whenAnswering(node: EmqxNode): Promise<void> | undefined {
    let answer: (() => void) | undefined;
    if (!node.answersLater(() => answer?.())) return undefined;
    return new Promise((resolve) => {
      answer = () => {
        resolve();
        this.clock.touch();
      };
    });
  }

  private async within(answer: Promise<void>, signal?: AbortSignal): Promise<boolean> {
    const answered = new AbortController();
    const over = new AnySignal(answered.signal, signal);
    const patience = this.clock.sleep(PATIENCE_MS, over.signal).then(() => false);
    try {
      return await Promise.race([answer.then(() => true), patience]);
    } finally {
      answered.abort();
      over.release();
    }
  }
}
