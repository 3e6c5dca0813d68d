import { type EmqxResource, generationOf, type MqttListener, servingRoleOf } from '../resource';
import { type Finding, ok, warning } from './check';
import { isOpen } from './journal';
import type { ClusterView } from './observation';
import type { Target } from './target';

/** How much of what listeners accept is used. */
const USED = 0.9;

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
  return rates && sumOf(rates, nodes);
}

/** The highest rate of disconnects beside so many accepted connections: devices are spread over the nodes by chance. */
export function usable(acceptedPerSecond: number): number {
  return Math.max(1, Math.floor(USED * acceptedPerSecond));
}

function sumOf(rates: readonly AcceptRate[], nodes: number): number {
  return nodes * rates.reduce((sum, { perNode }) => sum + perNode, 0);
}

/** Whether more devices are disconnected per second than the new nodes accept. Of an open run its own rate and pace count. */
export function acceptRateCheck(cluster: ClusterView, { desired, driver, caps, pacing }: Target): Finding {
  const { journal } = cluster;
  const run = isOpen(journal) ? journal : { connectionCap: caps.connections, pacing, driver };
  const cap = run.connectionCap;
  // The operator alone keeps no rate.
  const rates = run.driver === 'pilot' ? acceptRates(cluster, desired) : undefined;
  if (!rates) return undefined;
  const nodes = generationOf(desired).replicasOf(desired, desired.kind === 'EMQX' ? servingRoleOf(desired) : 'core');
  const { kind, perNode } = rates.reduce((slowest, rate) => (rate.perNode < slowest.perNode ? rate : slowest));
  const all = Math.floor(nodes * perNode);
  if (cap <= all) return undefined;
  const what = `the new nodes accept ${all} connections/s by ${kind} (${nodes} × max_conn_rate ${perNode})`;
  const most = usable(sumOf(rates, nodes));
  if (run.pacing === 'adaptive')
    return ok(
      rates.length > 1
        ? `${what}, the rate follows what devices find, and is raised to at most ${most}/s: nine tenths of all listeners together`
        : `${what}, and the rate is raised to at most ${most}/s`,
    );
  return warning(
    `${what}, but up to ${cap} devices/s are disconnected: those that connect that way wait, or are refused`,
    `set a rate of at most ${usable(all)}, nine tenths of that, since devices are spread over the nodes by chance; or raise max_conn_rate of that listener; or let the rate follow the devices (--pacing adaptive)`,
  );
}
