import { connectedDevices, cutOffText } from './devices';
import { recognise } from './identity';
import { type Raw, resourceOf } from './inputs';
import { ClusterLink, POLL_MS, reasonOf } from './link';
import { Operation } from './operation';
import type { Claims } from './resource-type';
import { typeOf } from './resource-types';
import { stateOf } from './state';
import { viewWhenFree } from './update';
import { deletionOf } from './volumes';

/**
 * Removes a cluster, and leaves nothing behind: no lease, no Service that selects one revision only. An upgrade that no process drives
 * ends with it. Before anything is removed it says how many devices are connected.
 *
 * Volume claims stay unless `deleteVolumes` is set; they are named.
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
        `the ${link.title} is left as it is: another resource of Pulumi has adopted it, and manages it now`,
      );
      return;
    }
    const view = present && (await viewWhenFree(link, operation));
    if (view) {
      const devices = await connectedDevices(link, signal);
      operation.log(devices === 0 ? 'info' : 'warning', `removes ${link.id}: ${cutOffText(devices)}`);
      await cluster.holdLease(holder, signal); // from here on no other process starts
      operation.begin();
      for (const { service, byOperator, revision, routesToUnready } of view.traffic) {
        if (!byOperator && revision !== undefined) await cluster.selectTraffic(service, undefined, signal);
        if (routesToUnready && view.journal?.covered?.includes(service))
          await cluster.routeToUnready(service, false, signal);
      }
      await link.remove(signal);
    }
    await untilGone(link, operation);
    await link.removeLease(signal);
    const claims = typeOf(state).claimsOf(view?.resource ?? resourceOf(state));
    if (claims) await endVolumes(link, claims, state.deleteVolumes === true, operation);
    operation.show('removed');
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

/** Waits until the last node of a cluster is gone. */
export async function untilGone(link: ClusterLink, operation: Operation): Promise<void> {
  const { signal } = operation;
  for (let left = await link.podsLeft(signal); left > 0; left = await link.podsLeft(signal)) {
    operation.show(`waiting for ${left} nodes to terminate`);
    await link.clock.sleep(POLL_MS, signal);
  }
}

async function endVolumes(link: ClusterLink, named: Claims, isDeleting: boolean, operation: Operation): Promise<void> {
  const { signal } = operation;
  const claims = await link.volumeClaims(named, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    if (isDeleting) throw error;
    operation.warn(`whether volume claims of ${link.id} stay is not known: ${reasonOf(error)}`);
    return [];
  });
  if (claims.length === 0) return;
  if (!isDeleting) {
    operation.warn(
      `the data of ${link.id} stays on ${claims.length} volume claims, and a new cluster of this name is refused over them; without a need for it: ${deletionOf(link.id, claims)}`,
    );
    return;
  }
  for (const claim of claims) await link.removeVolumeClaim(claim, signal);
  operation.log('info', `deleted ${claims.length} volume claims: ${claims.join(', ')}`);
}
