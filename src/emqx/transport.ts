/**
 * The port for the management API of one EMQX node: one HTTP exchange with one pod.
 *
 * Adapters: a port-forward or base URL on a real cluster, loopback HTTP in the sandbox, a function call in the simulator.
 * The transport carries bytes; what they mean (envelopes, HTTP 200 with code 400) is the client's business.
 */

/** Names the pod whose node is queried. */
export interface PodRef {
  namespace: string;
  name: string;
}

export interface EmqxRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path with query, starting with `/api/v4/`, `/api/v5/` or `/status`. A raw `@`, never `%40`: EMQX 4 does not decode it. */
  path: string;
  headers: Readonly<Record<string, string>>;
  body?: string;
  /** The exchange fails with a {@link TransportError} when it has not ended after this many milliseconds. */
  timeoutMs: number;
}

export interface EmqxResponse {
  status: number;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  body: string;
}

export interface EmqxTransport {
  exchange(pod: PodRef, request: EmqxRequest, signal?: AbortSignal): Promise<EmqxResponse>;
}

/** Longer answers are not valid for any request of this project. */
export const MAX_ANSWER_BYTES = 1_000_000;

/**
 * There was no complete answer: refused, reset, timed out, or too long; or the route to the pod was `forbidden`, did not carry a
 * connection (`no-tunnel`), or needs other credentials (`unauthorized`). Whether the node acted on the request is unknown.
 */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  constructor(
    readonly code: 'refused' | 'reset' | 'timeout' | 'too-long' | 'forbidden' | 'no-tunnel' | 'unauthorized',
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
