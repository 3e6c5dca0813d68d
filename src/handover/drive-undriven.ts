import { BlockedError, continueRun, type UpgradeContext, UpgradeError, watchUpgrade } from '../upgrade';

/**
 * Watches the open run, and drives it whenever no other process does, until it has ended. Reports what happens either way.
 *
 * @throws as `continueRun`, but not because another process has the lease
 */
export async function driveUndriven(context: UpgradeContext, signal?: AbortSignal): Promise<void> {
  for (;;) {
    for await (const event of watchUpgrade(context, signal, { untilUndriven: true })) context.progress.report(event);
    try {
      await continueRun(context, undefined, signal);
      return;
    } catch (error) {
      if (!isDrivenElsewhere(error)) throw error;
    }
  }
}

function isDrivenElsewhere(error: unknown): boolean {
  if (error instanceof BlockedError) return error.blockers.every(({ id }) => id === 'lease');
  return error instanceof UpgradeError && error.code === 'LEASE_LOST';
}
