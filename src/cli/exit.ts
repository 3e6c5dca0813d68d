/** What the exit codes of every command mean. */
export const EXIT = {
  done: 0,
  /** Something this program did not foresee. */
  failed: 1,
  /** The input is wrong, or names what is not there; nothing was done. */
  badInput: 2,
  /** A check found a reason not to begin; nothing was written. */
  blocked: 3,
  /** The run stopped before its end; what holds then is safe, and the same command goes on. */
  stopped: 4,
  /** The cluster does not answer, or refuses: no network, an expired token, no permission. */
  refused: 5,
  /** The upgrade is done, and sessions were lost with what went wrong meanwhile; the report says which. */
  lossy: 6,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
