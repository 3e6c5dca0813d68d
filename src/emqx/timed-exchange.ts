import { AnySignal } from '../upgrade/any-signal';
import { transportError } from './system-error';
import type { EmqxRequest, EmqxResponse, PodRef } from './transport';

/**
 * One exchange within the time limit of its request.
 *
 * @param send is given a signal that aborts when time is over, or with the caller's
 * @throws TransportError whatever came of it, but for an answer
 * @throws the signal's reason, when the signal aborted the exchange
 */
export async function timedExchange(
  pod: PodRef,
  request: EmqxRequest,
  signal: AbortSignal | undefined,
  send: (signal: AbortSignal) => Promise<EmqxResponse>,
): Promise<EmqxResponse> {
  signal?.throwIfAborted();
  const deadline = AbortSignal.timeout(request.timeoutMs);
  const over = new AnySignal(signal, deadline);
  try {
    return await send(over.signal);
  } catch (error) {
    signal?.throwIfAborted();
    throw transportError(pod, request, error, deadline.aborted);
  } finally {
    over.release();
  }
}
