import { knownLoadOf } from '../upgrade/known-load';
import { Observer } from '../upgrade/observe';
import type { ClusterLink } from './link';
import { timeLimit } from './time-limit';

/** How long the nodes are asked for at most, ms. */
const ASK_MS = 3_000;

/** The devices that are connected to a cluster now; `null` where a node does not tell. */
export async function connectedDevices(link: ClusterLink, signal?: AbortSignal): Promise<number | null> {
  const { clock, cluster, emqx } = link.context({ report: () => undefined });
  const limit = timeLimit(clock, ASK_MS, signal);
  try {
    const { at, nodes } = await new Observer(clock, cluster, emqx).observe(undefined, limit.signal);
    const counts = [...nodes.values()].map((node) => knownLoadOf(node, at).connections);
    return counts.reduce((sum, count) => (sum === null || count === null ? null : sum + count), 0);
  } catch {
    signal?.throwIfAborted();
    return null;
  } finally {
    limit.end();
  }
}

/** What the end of a cluster does to its devices. */
export function cutOffText(devices: number | null): string {
  if (devices === null) return 'every device on it is cut off; how many are connected is not known';
  if (devices === 0) return 'no device is connected';
  return devices === 1
    ? '1 connected device is cut off'
    : `${devices.toLocaleString('en-US')} connected devices are cut off`;
}
