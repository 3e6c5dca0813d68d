/**
 * A node declined a request.
 *
 * EMQX 4 answers many errors with HTTP 200 and a `code` in the body, and prints some messages as an Erlang list of
 * character codes; both are undone here.
 */
export class EmqxApiError extends Error {
  override readonly name = 'EmqxApiError';
  constructor(
    readonly pod: string,
    readonly path: string,
    /** HTTP status. */
    readonly status: number,
    /** `code` of the body; undefined where it has none. */
    readonly code: number | string | undefined,
    /** The node's own words. */
    readonly reason: string,
  ) {
    super(`${pod} declined ${path}: ${reason} (HTTP ${status}${code === undefined ? '' : `, code ${code}`})`);
  }

  /** Whether the node's message contains one of its fixed reasons; the quoting around them differs by version. */
  hasReason(reason: 'already_started' | 'not_started' | 'eviction_agent_busy'): boolean {
    return this.reason.includes(reason);
  }
}

/** `[69,114,114]` as text, anything else as it is. At most 500 characters: an answer may be anything. */
export function readable(message: string): string {
  const codes = /^\[(\d+(,\d+)*)/.exec(message.slice(0, 5_000))?.[1]?.split(',').map(Number);
  const text = codes?.every((code) => code >= 9 && code < 0x110000) ? String.fromCodePoint(...codes) : message;
  return text.length > 500 ? `${text.slice(0, 500)}…` : text;
}
