import { knownLoadOf } from '../upgrade/known-load';
import { Observer } from '../upgrade/observe';
import type { ClusterLink } from './link';

/** How long the nodes are asked for at most, ms. */
const ASK_MS = 3_000;

/** The devices that are connected to a cluster now; `null` where a node does not tell. */
export async function connectedDevices(link: ClusterLink, signal?: AbortSignal): Promise<number | null> {
  const { clock, cluster, emqx } = link.context({ report: () => undefined });
  const [late, over] = [new AbortController(), new AbortController()];
  const limit = signal ? AbortSignal.any([signal, late.signal]) : late.signal;
  clock.sleep(ASK_MS, over.signal).then(
    () => late.abort(),
    () => undefined,
  );
  try {
    const { at, nodes } = await new Observer(clock, cluster, emqx).observe(undefined, limit);
    const counts = [...nodes.values()].map((node) => knownLoadOf(node, at).connections);
    return counts.reduce((sum, count) => (sum === null || count === null ? null : sum + count), 0);
  } catch {
    signal?.throwIfAborted();
    return null;
  } finally {
    over.abort();
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
