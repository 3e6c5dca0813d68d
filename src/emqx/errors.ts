/** A node declined a request. */
export class EmqxApiError extends Error {
  override readonly name = 'EmqxApiError';
  constructor(
    readonly pod: string,
    readonly path: string,
    /** HTTP status. */
    readonly status: number,
    /** `code` of the body: a number in EMQX 4, a word in EMQX 5; undefined where it has none. */
    readonly code: number | string | undefined,
    /** The node's own words. */
    readonly reason: string,
  ) {
    super(`${pod} declined ${path}: ${reason} (HTTP ${status}${code === undefined ? '' : `, code ${code}`})`);
  }

  /** Whether the node's message contains one of its fixed reasons; the quoting around them differs by version. */
  hasReason(reason: 'already_started' | 'not_started' | 'eviction_agent_busy' | 'node_not_in_cluster'): boolean {
    return this.reason.includes(reason);
  }
}

/** At most 500 characters: an answer may be anything. */
export function shortened(text: string): string {
  return text.length > 500 ? `${text.slice(0, 500)}…` : text;
}
