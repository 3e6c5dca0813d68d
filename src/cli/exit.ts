/** What the exit codes of every command mean. */
export const EXIT = {
  done: 0,
  /** An unexpected error. */
  failed: 1,
  /** The input is wrong, or names something that does not exist; nothing was done. */
  badInput: 2,
  /** A check prevents the upgrade; nothing was written. */
  blocked: 3,
  /** The run stopped before its end, in a safe state; the same command resumes it. */
  stopped: 4,
  /** The cluster does not answer, or refuses: no network, an expired token, no permission. */
  refused: 5,
  /** The upgrade is done, but incidents lost sessions; the report names them. */
  lossy: 6,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Receives the exit code of the command that was run. */
export type End = (code: ExitCode) => void;
