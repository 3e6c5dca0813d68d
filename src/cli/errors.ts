import { ResourceError } from '../resource';
import { BlockedError, UpgradeError } from '../upgrade';

/** What the exit codes of every command mean. */
export const EXIT = {
  done: 0,
  /** Something this program did not foresee. */
  failed: 1,
  /** The input is wrong; nothing was done. */
  badInput: 2,
  /** Preflight found a reason not to begin; nothing was written. */
  blocked: 3,
  /** The run stopped before its end; what holds then is safe, and the same command goes on. */
  stopped: 4,
} as const;

/** The input of a command is wrong. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof ResourceError || error instanceof InputError) return EXIT.badInput;
  if (error instanceof BlockedError) return EXIT.blocked;
  if (error instanceof UpgradeError) return EXIT.stopped;
  return EXIT.failed;
}

/** What the user is told: the message of a foreseen error, everything about any other. */
export function messageOf(error: unknown): string {
  if (exitCodeOf(error) !== EXIT.failed) return (error as Error).message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
