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
    const waiting = new AbortController();
    const waits = signal ? AbortSignal.any([signal, waiting.signal]) : waiting.signal;
    const timeout = async () => {
      await this.clock.sleep(request.timeoutMs, waits);
      throw new TransportError('timeout', `no answer of ${pod.name} within ${request.timeoutMs} ms`);
    };
    try {
      return await Promise.race([this.answer(pod, request, waits), timeout()]);
    } finally {
      waiting.abort();
    }
  }

  private async answer(pod: PodRef, request: EmqxRequest, signal: AbortSignal): Promise<EmqxResponse> {
    await this.clock.sleep(this.latencyMs / 2, signal);
    const node = this.nodeOf(pod);
    if (!node) throw new TransportError('refused', `connection refused: no pod ${pod.name}`);
    const response = await node.handle(request);
    await this.clock.sleep(this.latencyMs / 2, signal);
    return response;
  }
}
