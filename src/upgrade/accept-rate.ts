import { type EmqxResource, generationOf, type MqttListener, servingRoleOf } from '../resource';
import { type Finding, ok, warning } from './check';
import { isOpen } from './journal';
import type { ClusterView } from './observation';
import type { Target } from './target';

/** What the new nodes accept through one kind of listener. */
interface AcceptRate {
  kind: MqttListener;
  /** Connections per second of one node. */
  perNode: number;
}

/** Of each kind of listener that the Services are known to publish; undefined where one of them has no limit, or none is known. */
function acceptRates({ traffic }: Pick<ClusterView, 'traffic'>, resource: EmqxResource): AcceptRate[] | undefined {
  const kinds = new Set(traffic.flatMap(({ listeners = [] }) => listeners.map(({ kind }) => kind)));
  const rates = [...kinds].map((kind) => ({ kind, perNode: generationOf(resource).maxConnRateOf(resource, kind) }));
  const limited = rates.filter((rate): rate is AcceptRate => rate.perNode !== undefined);
  return limited.length > 0 && limited.length === rates.length ? limited : undefined;
}

/**
 * Connections per second that so many nodes accept in all, through all listeners that devices connect through; undefined where that is not
 * limited.
 */
export function acceptedPerSecond(cluster: ClusterView, nodes: number): number | undefined {
  const rates = nodes > 0 ? acceptRates(cluster, cluster.resource) : undefined;
  return rates && nodes * rates.reduce((sum, { perNode }) => sum + perNode, 0);
}

/** Whether more devices are disconnected per second than the new nodes accept. Of an open run its own rate and pace count. */
export function acceptRateCheck(cluster: ClusterView, { desired, driver, caps, pacing }: Target): Finding {
  const { journal } = cluster;
  const run = isOpen(journal) ? journal : { connectionCap: caps.connections, pacing, driver };
  const [cap, isPilot] = [run.connectionCap, run.driver === 'pilot'];
  const [slowest] = (acceptRates(cluster, desired) ?? []).sort((a, b) => a.perNode - b.perNode);
  if (!slowest) return undefined;
  const { kind, perNode } = slowest;
  const nodes = generationOf(desired).replicasOf(desired, desired.kind === 'EMQX' ? servingRoleOf(desired) : 'core');
  const all = Math.floor(nodes * perNode);
  if (cap <= all) return undefined;
  const what = `the new nodes accept ${all} connections/s by ${kind} (${nodes} × max_conn_rate ${perNode})`;
  if (isPilot && run.pacing === 'adaptive') return ok(`${what}: the rate follows what they accept`);
  return warning(
    `${what}, but up to ${cap} devices/s are disconnected: those that connect that way wait, or are refused`,
    `set a rate of at most ${all}, or raise max_conn_rate of that listener${isPilot ? '; or let the rate follow the devices (--pacing adaptive)' : ''}`,
  );
}
