import { textOf } from './text-of';
import { timedExchange } from './timed-exchange';
import { type EmqxRequest, type EmqxResponse, type EmqxTransport, type PodRef, TransportError } from './transport';

/** Where the management API of a pod is reached, as `http://host:port` without a path; undefined while it cannot be reached. */
export type BaseUrlOf = (pod: PodRef) => string | undefined;

/** Reaches each node by a URL of its own: a port-forward, an address inside the cluster, or a loopback port. */
export class BaseUrlTransport implements EmqxTransport {
  constructor(private readonly baseUrlOf: BaseUrlOf) {}

  /**
   * @throws TransportError `refused` when nothing listens, `reset` when the connection ended before the answer did,
   * `timeout` when the answer took too long, `too-long` when it was too long
   * @throws the signal's reason, when the signal aborted the exchange
   */
  async exchange(pod: PodRef, request: EmqxRequest, signal?: AbortSignal): Promise<EmqxResponse> {
    const { method, path, headers, body } = request;
    signal?.throwIfAborted();
    const baseUrl = this.baseUrlOf(pod);
    if (baseUrl === undefined)
      throw new TransportError('refused', `${method} ${path} of pod ${pod.name}: the pod has no address`);
    return timedExchange(pod, request, signal, async (either) => {
      const response = await fetch(baseUrl + path, {
        method,
        headers: { ...headers },
        ...(body === undefined ? {} : { body }),
        // Credentials go only to the addressed node.
        redirect: 'manual',
        signal: either,
      });
      const text = response.body ? await textOf(response.body) : '';
      return { status: response.status, headers: Object.fromEntries(response.headers), body: text };
    });
  }
}
