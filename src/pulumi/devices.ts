import { knownLoadOf, sumOf } from '../upgrade/known-load';
import { Observer } from '../upgrade/observe';
import { within } from '../upgrade/time-limit';
import type { ClusterLink } from './link';

/** How long the nodes are asked for at most, ms. */
const ASK_MS = 3_000;

/** The devices that are connected to a cluster now; `null` where a node does not tell. */
export async function connectedDevices(link: ClusterLink, signal?: AbortSignal): Promise<number | null> {
  const { clock, cluster, emqx } = link.context({ report: () => undefined });
  const observer = new Observer(clock, cluster, emqx);
  try {
    const { at, nodes } = await within(clock, ASK_MS, (limited) => observer.observe(undefined, limited), signal);
    const loads = [...nodes.values()].map((node) => knownLoadOf(node, at));
    return sumOf(loads, at).connections;
  } catch {
    signal?.throwIfAborted();
    return null;
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
