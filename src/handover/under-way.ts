import { isOpen, type UpgradeContext, type UpgradeRequest } from '../upgrade';
import { targetOf } from '../upgrade/target';

/** Whether another process drives a run to what is wanted: then there is nothing to be handed over. */
export async function isUnderWay(
  { cluster, holder }: UpgradeContext,
  request: UpgradeRequest,
  signal?: AbortSignal,
): Promise<boolean> {
  const view = await cluster.observe(signal);
  const { journal, lease } = view;
  if (!isOpen(journal) || journal.aborted || !lease?.live || lease.holder === holder) return false;
  return targetOf(view, request).digest === journal.target;
}
