import type { Check } from './check';
import type { StopCode } from './step';

export type UpgradeErrorCode =
  | 'BLOCKED'
  | 'LEASE_LOST'
  /** The API server refuses what no run can do without: its credentials, or their rights, are gone. */
  | 'ACCESS_LOST'
  | 'UNREACHABLE'
  | 'DETACHED'
  | 'NO_RUN'
  | 'NOT_TAKEN_UP'
  | 'NO_CURE'
  | StopCode;

/** A run ended before its end. What holds then is safe, and the same command goes on from there. */
export class UpgradeError extends Error {
  override readonly name = 'UpgradeError';
  constructor(
    readonly code: UpgradeErrorCode,
    /** What ended it, without what to do next. */
    readonly reason: string,
    /** What to do next. */
    readonly fix: string,
    options?: { cause?: unknown },
  ) {
    super(`${reason}; ${fix}`, options);
  }
}

/** Preflight found reasons not to begin. Nothing was written. */
export class BlockedError extends UpgradeError {
  constructor(readonly blockers: Check[]) {
    super(
      'BLOCKED',
      `the upgrade cannot begin:\n${blockers.map((check) => `  ✗ ${check.id}: ${check.finding}; ${check.fix}`).join('\n')}`,
      'nothing was written',
    );
  }
}
