import { recognise } from './identity';
import type { Raw } from './inputs';
import { ClusterLink, POLL_MS, reasonOf } from './link';
import { Operation } from './operation';
import { stateOf } from './state';
import { viewWhenFree } from './update';

/**
 * Removes a cluster, and leaves nothing behind: no lease, no Service that selects one revision only. An upgrade that no process drives
 * ends with it.
 *
 * @throws Error when another process is upgrading the cluster, or when it is not gone in the end
 */
export async function remove(raw: Raw): Promise<void> {
  const state = stateOf(raw);
  const link = await ClusterLink.open(state);
  const operation = new Operation(state, link.clock);
  const { cluster, holder } = link;
  const { signal } = operation;
  try {
    const { view: present } = await recognise(link, state.identity, signal);
    if (present?.owner !== undefined && present.owner !== state.owner) {
      operation.warn(
        `the EmqxEnterprise ${link.id} is left as it is: another resource of Pulumi has adopted it, and manages it now`,
      );
      return;
    }
    const view = present && (await viewWhenFree(link, operation));
    if (view) {
      await cluster.holdLease(holder, signal); // from here on no other process starts
      operation.begin();
      for (const { service, byOperator, revision } of view.traffic) {
        if (!byOperator && revision !== undefined) await cluster.selectTraffic(service, undefined, signal);
      }
      await link.remove(signal);
    }
    for (let left = await link.podsLeft(signal); left > 0; left = await link.podsLeft(signal)) {
      operation.show(`waiting for ${left} nodes to terminate`);
      await link.clock.sleep(POLL_MS, signal);
    }
    await link.removeLease(signal);
  } catch (error) {
    await cluster.releaseLease(holder).catch(() => undefined); // it expires by itself
    const reason = signal.aborted
      ? `${(signal.reason as Error).message}: ${link.id} may not be gone yet`
      : reasonOf(error);
    throw new Error(reason);
  } finally {
    await operation.end();
    link.close();
  }
}
