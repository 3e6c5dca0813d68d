import type { z } from 'zod';
import type {
  BalancingView,
  DeviceListener,
  DurableSite,
  DurableStorage,
  Emqx5Port,
  EvacuationOrder,
  EvacuationView,
  LicenseView,
  MemberView,
  NodeView,
  Page,
} from '../../upgrade';
import { type EmqxClientOptions, type Load, ManagementClient, unseen } from '../client';
import { clientViews } from '../clients';
import { EmqxApiError } from '../errors';
import {
  AvailableAnswer,
  ClientsAnswer,
  EvacuationAnswer,
  EvictionAnswer,
  GlobalAnswer,
  LicenseAnswer,
  ListenerAnswer,
  ListenersAnswer,
  MemberAnswer,
  MonitorAnswer,
  NamesAnswer,
  NodesAnswer,
  SiteAnswer,
  StatsAnswer,
  StorageAnswer,
} from './answers';
import { V5 } from './dialect';

/** Kinds of listeners, by their type in EMQX. Devices that use QUIC cannot be probed. */
const KINDS: Readonly<Record<string, DeviceListener['kind']>> = { tcp: 'mqtt', ssl: 'mqtts', ws: 'ws', wss: 'wss' };

/**
 * Client of the management API of EMQX 5 and 6 (`/api/v5`).
 *
 * - A node's own counts are read from `/nodes/:node` on that node: they are live, before and during an evacuation, and do not contain
 *   the durable sessions of offline devices, which the evacuation counts on every node (recorded with 5.8.9 and 6.2.0).
 * - Subscriptions are those of `/nodes/:node/stats`, up to 2 s old. They do not contain those of durable sessions.
 * - An evacuation is started with `wait_health_check: 0`: traffic has been switched before. The default is 60 s without any progress.
 * - Credentials are an API key, by default the operator's; users of the dashboard are refused.
 *
 * @see EMQX 5.8, "Cluster rebalancing"; EMQX 5.8, "Manage replication"
 */
export class Emqx5Client extends ManagementClient implements Emqx5Port {
  /** Pods whose running evacuation has been seen to refuse connections. */
  private readonly refusing = new Set<string>();
  /** Pods that were seen to evacuate last, or were ordered to. */
  private readonly evacuating = new Set<string>();

  constructor(options: EmqxClientOptions) {
    super(options, V5);
  }

  async observe(pod: string, node: string, signal?: AbortSignal): Promise<NodeView> {
    const view = unseen(pod, node);
    // Where each answer takes seconds, two of them one after the other would be too late for the pace.
    const counting = this.evacuating.has(pod) ? this.member(pod, node, signal) : undefined;
    counting?.catch(() => undefined);
    try {
      const eviction = await unless(isAbsent, this.api.read(pod, '/node_eviction/status', EvictionAnswer, signal));
      view.canEvacuate = eviction !== undefined;
      view.evacuating = eviction?.status === 'enabled';
      if (!view.evacuating) {
        this.refusing.delete(pod);
        this.evacuating.delete(pod);
        const counting = this.subscriptions(pod, node, signal);
        counting.catch(() => undefined);
        const members = await this.api.read(pod, '/nodes', NodesAnswer, signal);
        const self = members.find((member) => member.node === node) ?? (await this.member(pod, node, signal));
        view.members = members.flatMap((member) => (isRunning(member) ? (member.node ?? []) : []));
        return { ...view, version: self.version, ...loadOf(pod, node, self), ...(await counting) };
      }
      this.evacuating.add(pod);
      const self = await (counting ?? this.member(pod, node, signal));
      const load = loadOf(pod, node, self);
      // Reading its state may take long, and is needed only where the node seems to be done.
      const isEmpty = load.connections === 0 && load.sessions === 0;
      const stillAccepts = isEmpty && !(await this.refuses(pod, signal));
      return { ...view, version: self.version, ...load, ...(stillAccepts && { stillAccepts }) };
    } catch (error) {
      return { ...view, ...this.asUnreachable(error, signal) };
    }
  }

  override async startEvacuation(
    pod: string,
    node: string,
    order: EvacuationOrder,
    signal?: AbortSignal,
  ): Promise<void> {
    await super.startEvacuation(pod, node, order, signal);
    this.evacuating.add(pod);
  }

  async live(pod: string, node: string, signal?: AbortSignal): Promise<number | undefined> {
    return (await this.ifAnswered(this.member(pod, node, signal), signal))?.live_connections;
  }

  async clients(pod: string, node: string, { page, limit }: Page, signal?: AbortSignal) {
    const path = `/clients?node=${node}&page=${page}&limit=${limit}`;
    const answer = await this.ifAnswered(this.api.read(pod, path, ClientsAnswer, signal), signal);
    return answer && clientViews(answer.data, node);
  }

  /** The sessions that the license allows: those are what it counts since 5.8.5. */
  async licensedConnections(pod: string, signal?: AbortSignal): Promise<number | undefined> {
    const license = await this.ifAnswered(this.api.read(pod, '/license', LicenseAnswer, signal), signal);
    const sessions = license && sessionsOf(license);
    if (sessions !== undefined) return sessions;
    const monitor = await this.ifAnswered(this.api.read(pod, '/monitor_current', MonitorAnswer, signal), signal);
    return monitor?.license_quota;
  }

  async members(pod: string, signal?: AbortSignal): Promise<MemberView[]> {
    const members = await this.ported(this.api.read(pod, '/nodes', NodesAnswer, signal));
    return members.flatMap((member) => {
      const { node, role, version, edition, connections: sessions, live_connections: connections } = member;
      return node === undefined
        ? []
        : { node, isRunning: isRunning(member), role, version, edition, connections, sessions };
    });
  }

  forceLeave(pod: string, node: string, signal?: AbortSignal): Promise<void> {
    const leaving = this.api.write(pod, 'DELETE', `/cluster/${node}/force_leave`, undefined, signal);
    return this.done('node_not_in_cluster', leaving);
  }

  async license(pod: string, signal?: AbortSignal): Promise<LicenseView | undefined> {
    const license = await this.optional(this.api.read(pod, '/license', LicenseAnswer, signal));
    if (!license) return undefined;
    const { type, expiry: isExpired, expiry_at: expiresOn } = license;
    return { type, maxSessions: sessionsOf(license), isExpired, expiresOn };
  }

  async evacuation(pod: string, signal?: AbortSignal): Promise<EvacuationView | undefined> {
    const answer = await this.optional(this.api.read(pod, '/load_rebalance/status', EvacuationAnswer, signal));
    if (answer?.process !== 'evacuation' || answer.state === undefined) return undefined;
    const { state, connection_eviction_rate, session_eviction_rate, session_recipients: recipients } = answer;
    return {
      state,
      connectionsPerSecond: connection_eviction_rate,
      sessionsPerSecond: session_eviction_rate,
      recipients,
    };
  }

  async balancing(pod: string, signal?: AbortSignal): Promise<BalancingView[] | undefined> {
    const status = await this.optional(this.api.read(pod, '/load_rebalance/global_status', GlobalAnswer, signal));
    if (!status) return undefined;
    const views = (kind: BalancingView['kind'], found: typeof status.purges) =>
      found.map(({ node, coordinator_node, state }) => ({ kind, node: node ?? coordinator_node, state }));
    return [
      ...views('evacuation', status.evacuations),
      ...views('rebalance', status.rebalances),
      ...views('purge', status.purges),
    ];
  }

  async isAvailable(pod: string, signal?: AbortSignal): Promise<boolean> {
    try {
      await this.api.read(pod, '/load_rebalance/availability_check', AvailableAnswer, signal);
      return true;
    } catch (error) {
      // With a code it is the node's own answer, not that of something in front of it.
      if (error instanceof EmqxApiError && error.status === 503 && error.code !== undefined) return false;
      throw this.portError(error);
    }
  }

  async deviceListeners(pod: string, signal?: AbortSignal): Promise<DeviceListener[] | undefined> {
    // Where 6.3.0 has joined nodes of 6.2, these answer 500 (issue 1256 of emqx/emqx-operator).
    const isUnable = ({ status }: EmqxApiError) => status === 404 || status === 500;
    const reading = this.api.read(pod, '/listeners', ListenersAnswer, signal);
    const listeners = await this.ported(unless(isUnable, reading));
    const found = listeners?.map(async ({ id, type, enable, bind }) => {
      const kind = KINDS[type];
      const port = Number(/(\d+)$/.exec(bind)?.[1]);
      if (!enable || !kind || !(port > 0)) return [];
      const settings = await this.ported(this.api.read(pod, `/listeners/${id}`, ListenerAnswer, signal));
      return [{ kind, port, ...(settings.proxy_protocol && { proxyProtocol: true }) }];
    });
    return found && (await Promise.all(found)).flat();
  }

  async sites(pod: string, signal?: AbortSignal): Promise<DurableSite[] | undefined> {
    const ids = await this.optional(this.api.read(pod, '/ds/sites', NamesAnswer, signal));
    const sites = ids?.map(async (id) => {
      const { node, up: isUp } = await this.ported(this.api.read(pod, `/ds/sites/${id}`, SiteAnswer, signal));
      return { id, node, isUp };
    });
    return sites && Promise.all(sites);
  }

  async storages(pod: string, signal?: AbortSignal): Promise<DurableStorage[] | undefined> {
    const names = await this.optional(this.api.read(pod, '/ds/storages', NamesAnswer, signal));
    const storages = names?.map(async (name) => {
      const { shards } = await this.ported(this.api.read(pod, `/ds/storages/${name}`, StorageAnswer, signal));
      return {
        name,
        shards: shards.map(({ id, replicas, transitions }) => ({
          id,
          replicas,
          transitions: transitions.map(({ site, transition: change }) => ({ site, change })),
        })),
      };
    });
    return storages && Promise.all(storages);
  }

  async moveReplicas(pod: string, storage: string, sites: readonly string[], signal?: AbortSignal): Promise<void> {
    await this.ported(this.api.write(pod, 'PUT', `/ds/storages/${storage}/replicas`, sites, signal));
  }

  async disconnectedDurableSessions(pod: string, signal?: AbortSignal): Promise<number | undefined> {
    const monitor = await this.ported(this.api.read(pod, '/monitor_current', MonitorAnswer, signal));
    return monitor.disconnected_durable_sessions;
  }

  protected bodyOf(order: EvacuationOrder): object {
    return {
      wait_health_check: 0,
      conn_evict_rate: order.connectionsPerSecond,
      sess_evict_rate: order.sessionsPerSecond,
      wait_takeover: order.waitTakeoverSeconds,
      migrate_to: order.migrateTo,
    };
  }

  protected async load(pod: string, node: string, signal?: AbortSignal): Promise<Load> {
    const counting = this.subscriptions(pod, node, signal);
    counting.catch(() => undefined);
    return { ...loadOf(pod, node, await this.member(pod, node, signal)), ...(await counting) };
  }

  /** Nothing where the node does not report them: its other counts do not depend on it. */
  private async subscriptions(pod: string, node: string, signal?: AbortSignal): Promise<Pick<Load, 'subscriptions'>> {
    const stats = await this.ifAnswered(this.api.read(pod, `/nodes/${node}/stats`, StatsAnswer, signal), signal);
    const subscriptions = stats?.['subscriptions.count'];
    return subscriptions === undefined ? {} : { subscriptions };
  }

  private member(pod: string, node: string, signal?: AbortSignal): Promise<MemberAnswer> {
    return this.api.read(pod, `/nodes/${node}`, MemberAnswer, signal);
  }

  /** Whether a node that evicts refuses new connections. It does not while it waits for load balancers, nor as donor of a new rebalance. */
  private async refuses(pod: string, signal?: AbortSignal): Promise<boolean> {
    if (this.refusing.has(pod)) return true;
    const { process, state } = await this.api.read(pod, '/load_rebalance/status', EvacuationAnswer, signal);
    const refuses = process === 'evacuation' && state !== undefined && state !== 'waiting_health_check';
    if (refuses) this.refusing.add(pod);
    return refuses;
  }

  private async ported<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      throw this.portError(error);
    }
  }

  private optional<T>(answer: Promise<T>): Promise<T | undefined> {
    return this.ported(unless(({ status }) => status === 404, answer));
  }
}

function sessionsOf({ max_sessions, max_connections }: z.infer<typeof LicenseAnswer>): number | undefined {
  return max_sessions ?? max_connections;
}

function isRunning({ node_status }: MemberAnswer): boolean {
  return node_status === 'running';
}

/** @throws EmqxApiError of a node that does not report its counts: it has none to show that it is empty */
function loadOf(pod: string, node: string, { connections: sessions, live_connections }: MemberAnswer): Load {
  if (sessions === undefined) {
    const reason = 'it does not report its connections; it boots, or shuts down';
    throw new EmqxApiError(pod, `${V5.base}/nodes/${node}`, 200, undefined, reason);
  }
  // Each connected device has a session.
  return { connections: live_connections ?? sessions, sessions };
}

/** Undefined where the node declines in this way. */
async function unless<T>(isExpected: (error: EmqxApiError) => boolean, answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof EmqxApiError && isExpected(error)) return undefined;
    throw error;
  }
}

/** Whether the node has no such path: then the answer is a page. Otherwise it says in JSON what is not found. */
function isAbsent({ status, code }: EmqxApiError): boolean {
  return status === 404 && code === undefined;
}
