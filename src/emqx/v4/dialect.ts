import { type Dialect, jsonOf } from '../dialect';
import { shortened } from '../errors';

/**
 * EMQX 4 answers many errors with HTTP 200 and a `code` in the body, and prints some messages as an Erlang list of
 * character codes; both are undone here.
 */
export const V4: Dialect = {
  base: '/api/v4',
  refusedCredentials: 'password',
  outcomeOf(_request, { status, body: text }) {
    if (status !== 200) return { code: undefined, reason: readable(text) };
    const parsed = jsonOf(text, readable);
    if ('reason' in parsed) return { code: undefined, reason: parsed.reason };
    const { json: body } = parsed;
    if (typeof body !== 'object' || body === null) return { data: body };
    const { code, message, data } = body as { code?: unknown; message?: unknown; data?: unknown };
    if (message !== undefined && code !== 0) {
      return { code: code as number | undefined, reason: readable(String(message)) };
    }
    // Some answers are not enveloped.
    return { data: code === 0 ? data : body };
  },
  isTemporary: () => false,
};

/** `[69,114,114]` as text, anything else as it is. At most 500 characters. */
export function readable(message: string): string {
  const codes = /^\[(\d+(,\d+)*)/.exec(message.slice(0, 5_000))?.[1]?.split(',').map(Number);
  const isText = codes?.every((code) => code >= 9 && code < 0x110000);
  return shortened(codes && isText ? String.fromCodePoint(...codes) : message);
}
