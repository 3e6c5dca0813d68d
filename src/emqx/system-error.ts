import { type EmqxRequest, type PodRef, TransportError } from './transport';

/** What a system says when there was no connection at all; the rest happened on one. */
const KINDS: Readonly<Record<string, TransportError['code']>> = {
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'refused',
  ENETUNREACH: 'refused',
  ENOTFOUND: 'refused',
  EAI_AGAIN: 'refused',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  // Of a way that leads through a server, which says no itself.
  FORBIDDEN: 'forbidden',
  NO_TUNNEL: 'no-tunnel',
  UNAUTHORIZED: 'unauthorized',
};

/**
 * The error of an exchange that had no whole answer.
 *
 * @param late whether the exchange was given up because its time was over.
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
