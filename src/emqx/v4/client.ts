import type { z } from 'zod';
import type { EvacuationOrder, NodeView, Page } from '../../upgrade';
import { type EmqxClientOptions, type Load, ManagementClient, unseen } from '../client';
import { ClientList, clientViews } from '../clients';
import { EmqxApiError } from '../errors';
import { EvacuationAnswer, EvictionAnswer, LicenseAnswer, MetricsAnswer, NodesAnswer, StatsAnswer } from './answers';
import { V4 } from './dialect';

/**
 * Client of the management API of EMQX Enterprise 4.4 (`/api/v4`).
 *
 * Progress is read from `node_eviction/status`, which answers in milliseconds even while `status` and `global_status`
 * block on a busy or frozen peer.
 *
 * @see EMQX Enterprise 4.4, "Cluster rebalancing"
 */
export class EmqxClient extends ManagementClient {
  /** Sessions of devices that were offline when the node was last seen at rest, by pod. */
  private readonly away = new Map<string, number>();

  constructor(options: EmqxClientOptions) {
    super(options, V4);
  }

  async observe(pod: string, node: string, signal?: AbortSignal): Promise<NodeView> {
    const view = unseen(pod, node);
    try {
      const eviction = await this.evictionStatus(pod, signal);
      if (eviction === 'absent') view.canEvacuate = false;
      else if (eviction.status === 'enabled') {
        view.evacuating = true;
        return { ...view, ...(await this.evacuatingLoad(pod, node, eviction.stats, signal)) };
      }
      Object.assign(view, await this.load(pod, node, signal));
      this.away.set(pod, awayOf(view));
      const members = await this.api.read(pod, '/nodes', NodesAnswer, signal);
      view.members = members.flatMap((member) => (member.node_status === 'Running' ? (member.node ?? []) : []));
      view.version = members.find((member) => member.node === node)?.version;
      return view;
    } catch (error) {
      return { ...view, ...this.asUnreachable(error, signal) };
    }
  }

  async live(pod: string, node: string, signal?: AbortSignal): Promise<number | undefined> {
    const reading = this.api.read(pod, `/nodes/${node}/metrics`, MetricsAnswer, signal);
    const metrics = await this.ifAnswered(reading, signal);
    return metrics && Math.max(0, metrics['client.connected'] - metrics['client.disconnected']);
  }

  async clients(pod: string, node: string, { page, limit }: Page, signal?: AbortSignal) {
    const path = `/nodes/${node}/clients?_page=${page}&_limit=${limit}`;
    const list = await this.ifAnswered(this.api.read(pod, path, ClientList, signal), signal);
    return list && clientViews(list, node);
  }

  async licensedConnections(pod: string, signal?: AbortSignal): Promise<number | undefined> {
    const license = await this.ifAnswered(this.api.read(pod, '/license', LicenseAnswer, signal), signal);
    return license?.max_connections;
  }

  /** The evacuation of a node in full, with rates and recipients. Blocks for as long as a recipient is frozen. */
  evacuation(pod: string, signal?: AbortSignal): Promise<EvacuationAnswer> {
    return this.api.read(pod, '/load_rebalance/status', EvacuationAnswer, signal);
  }

  protected bodyOf(order: EvacuationOrder): object {
    return {
      conn_evict_rate: order.connectionsPerSecond,
      sess_evict_rate: order.sessionsPerSecond,
      wait_takeover: order.waitTakeoverSeconds,
      migrate_to: order.migrateTo,
    };
  }

  protected async load(pod: string, node: string, signal?: AbortSignal): Promise<Load> {
    const stats = await this.api.read(pod, `/nodes/${node}/stats`, StatsAnswer, signal);
    const sessions = stats['connections.count'];
    const subscriptions = stats['subscriptions.count'];
    return {
      sessions,
      connections: stats['live_connections.count'] ?? sessions,
      ...(subscriptions !== undefined && { subscriptions }),
    };
  }

  /**
   * While a node evacuates it reports its current connections, and of the sessions those it may move, of connected and of offline
   * devices. Devices that were offline when it began are still offline, as far as it may move their sessions. A client that did not
   * see it begin must take them from its statistics, which for some seconds also count devices that are reconnecting.
   */
  private async evacuatingLoad(pod: string, node: string, now: Load, signal?: AbortSignal): Promise<Load> {
    const { connections, sessions: movable } = now;
    if (connections === 0) return now;
    const away = this.away.get(pod) ?? (await this.awayNow(pod, node, signal));
    return {
      connections,
      sessions: away === undefined ? Math.max(connections, movable) : connections + Math.min(away, movable),
    };
  }

  private async awayNow(pod: string, node: string, signal?: AbortSignal): Promise<number | undefined> {
    const load = await this.ifAnswered(this.load(pod, node, signal), signal);
    return load && awayOf(load);
  }

  private async evictionStatus(pod: string, signal?: AbortSignal): Promise<z.infer<typeof EvictionAnswer> | 'absent'> {
    try {
      return await this.api.read(pod, '/node_eviction/status', EvictionAnswer, signal);
    } catch (error) {
      if (error instanceof EmqxApiError && error.status === 404) return 'absent';
      throw error;
    }
  }
}

/** Sessions of offline devices. */
function awayOf({ connections, sessions }: Load): number {
  return Math.max(0, sessions - connections);
}
