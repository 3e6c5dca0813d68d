import {
  type EmqxRequest,
  type EmqxResponse,
  type EmqxTransport,
  type PodRef,
  TransportError,
} from '../../emqx/transport';
import type { SimulatedClock } from '../clock';
import type { EmqxNode } from './node';

/** The port to the management API, on simulated nodes: function calls that take simulated time. */
export class SimulatedEmqxTransport implements EmqxTransport {
  /**
   * @param nodeOf the node that runs in a pod; undefined when there is no such pod
   * @param latencyMs the time of one exchange, half of it each way
   */
  constructor(
    private readonly clock: SimulatedClock,
    private readonly nodeOf: (pod: PodRef) => EmqxNode | undefined,
    private readonly latencyMs = 4,
  ) {}

  async exchange(pod: PodRef, request: EmqxRequest, signal?: AbortSignal): Promise<EmqxResponse> {
    const limit = this.limit(pod, request, signal);
    try {
      return await Promise.race([this.answer(pod, request, signal), limit.passed]);
    } finally {
      limit.cancel();
    }
  }

  /** Rejects when the answer has taken too long, or when the caller gives up. */
  private limit(pod: PodRef, { timeoutMs }: EmqxRequest, signal?: AbortSignal) {
    let cancel = () => {};
    const passed = new Promise<never>((_, reject) => {
      const onAbort = () => reject(signal?.reason as Error);
      const timer = this.clock.scheduleWaking(timeoutMs, () => {
        reject(new TransportError('timeout', `no answer of ${pod.name} within ${timeoutMs} ms`));
      });
      signal?.addEventListener('abort', onAbort, { once: true });
      cancel = () => {
        timer.cancel();
        signal?.removeEventListener('abort', onAbort);
      };
    });
    return { passed, cancel };
  }

  private async answer(pod: PodRef, request: EmqxRequest, signal?: AbortSignal): Promise<EmqxResponse> {
    await this.clock.sleep(this.latencyMs / 2, signal);
    const node = this.nodeOf(pod);
    if (!node) throw new TransportError('refused', `connection refused: no pod ${pod.name}`);
    const response = await node.handle(request);
    await this.clock.sleep(this.latencyMs / 2, signal);
    return response;
  }
}
