import { type EmqxRequest, type PodRef, TransportError } from './transport';

/** System errors without any connection; all others happened on one. */
const KINDS: Readonly<Record<string, TransportError['code']>> = {
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'refused',
  ENETUNREACH: 'refused',
  ENOTFOUND: 'refused',
  EAI_AGAIN: 'refused',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  // Of a route through the API server, which refuses by itself.
  FORBIDDEN: 'forbidden',
  NO_TUNNEL: 'no-tunnel',
  UNAUTHORIZED: 'unauthorized',
};

/**
 * The error of an exchange without a complete answer.
 *
 * @param late whether the exchange timed out.
 */
export function transportError(pod: PodRef, request: EmqxRequest, error: unknown, late: boolean): TransportError {
  const what = `${request.method} ${request.path} of pod ${pod.name}`;
  const options = { cause: error };
  if (late) return new TransportError('timeout', `${what}: no answer within ${request.timeoutMs} ms`, options);
  if (error instanceof TransportError) return new TransportError(error.code, `${what}: ${error.message}`, options);
  // fetch wraps what happened.
  const { code, message } = [error, (error as { cause?: unknown }).cause].find(isSystemError) ?? NOTHING_KNOWN;
  return new TransportError(KINDS[code] ?? 'reset', `${what}: ${message || code}`, options);
}

const NOTHING_KNOWN = { code: '', message: 'the exchange failed' };

function isSystemError(error: unknown): error is { code: string; message: string } {
  return typeof (error as { code?: unknown } | undefined)?.code === 'string';
}
