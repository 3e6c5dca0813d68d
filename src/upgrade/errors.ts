import type { Check } from './check';
import type { StopCode } from './step';

export type UpgradeErrorCode =
  | 'BLOCKED'
  | 'LEASE_LOST'
  /** The API server refuses what every run needs: the credentials, or their rights, are gone. */
  | 'ACCESS_LOST'
  | 'UNREACHABLE'
  /** The cluster was deleted in the middle of the run, which has ended with it. */
  | 'DELETED'
  | 'DETACHED'
  | 'NO_RUN'
  | 'NOT_TAKEN_UP'
  | 'NO_CURE'
  /** The run is open, and the process that was to drive it has not come. */
  | 'UNDRIVEN'
  | StopCode;

/** A run stopped early. The cluster is then in a safe state, and the same command resumes the run. */
export class UpgradeError extends Error {
  override readonly name = 'UpgradeError';
  constructor(
    readonly code: UpgradeErrorCode,
    /** What stopped it, without what to do next. */
    readonly reason: string,
    /** What to do next. */
    readonly fix: string,
    options?: { cause?: unknown },
  ) {
    super(`${reason}; ${fix}`, options);
  }
}

/** Preflight found blockers. Nothing was written. */
export class BlockedError extends UpgradeError {
  constructor(readonly blockers: Check[]) {
    super(
      'BLOCKED',
      `the upgrade cannot begin:\n${blockers.map((check) => `  ✗ ${check.id}: ${check.finding}; ${check.fix}`).join('\n')}`,
      'nothing was written',
    );
  }
}
