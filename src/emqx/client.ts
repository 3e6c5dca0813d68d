import type { z } from 'zod';
import {
  type DeviceListener,
  type EmqxPort,
  type EvacuationOrder,
  type NodeCount,
  type NodeView,
  PortError,
  type ProbeAnswer,
} from '../upgrade';
import { EvacuationAnswer, EvictionAnswer, LicenseAnswer, MetricsAnswer, NodesAnswer, StatsAnswer } from './answers';
import { EmqxApiError, readable } from './errors';
import type { Prober } from './mqtt-prober';
import { type EmqxRequest, type EmqxResponse, type EmqxTransport, MAX_ANSWER_BYTES, TransportError } from './transport';

/** An application of the management API: `id` and `secret` of its Basic authentication. */
export interface Credentials {
  id: string;
  secret: string;
}

export interface EmqxClientOptions {
  transport: EmqxTransport;
  /** Probes the listeners for devices. @default - none: whether they serve is unknown */
  prober?: Prober | undefined;
  namespace: string;
  /** Called at the first request, and again after a failure or when a node refused the credentials. */
  credentials: () => Promise<Credentials>;
  /** Timeout of each request, in ms. @default 5000: a frozen peer blocks some answers for as long as it is frozen */
  timeoutMs?: number;
}

/**
 * Client of the management API of EMQX Enterprise 4.4 (`/api/v4`); each node is queried separately.
 *
 * - Progress is read from `node_eviction/status`, which answers in milliseconds even while `status` and `global_status`
 *   block on a busy or frozen peer.
 * - Reads are retried once at once: a kept-alive connection may have been closed by the node meanwhile. Orders are
 *   not: the engine reads their effect.
 * - A request that is refused for its credentials (401) is retried once, with those that the cluster has now.
 *
 * @see EMQX Enterprise 4.4, "Cluster rebalancing"
 */
export class EmqxClient implements EmqxPort {
  /** Sessions of devices that were offline when the node was last seen at rest, by pod. */
  private readonly away = new Map<string, number>();
  private authorization: Promise<string> | undefined;

  constructor(private readonly options: EmqxClientOptions) {}

  async observe(pod: string, node: string, signal?: AbortSignal): Promise<NodeView> {
    const view: NodeView = {
      pod,
      node,
      unreachable: undefined,
      version: undefined,
      connections: 0,
      sessions: 0,
      canEvacuate: true,
      evacuating: false,
      members: [],
    };
    try {
      const eviction = await this.evictionStatus(pod, signal);
      if (eviction === 'absent') view.canEvacuate = false;
      else if (eviction.status === 'enabled') {
        view.evacuating = true;
        return { ...view, ...(await this.evacuatingLoad(pod, node, eviction.stats, signal)) };
      }
      Object.assign(view, await this.stats(pod, node, signal));
      this.away.set(pod, awayOf(view));
      const members = await this.read(pod, '/api/v4/nodes', NodesAnswer, signal);
      view.members = members.flatMap((member) => (member.node_status === 'Running' ? (member.node ?? []) : []));
      view.version = members.find((member) => member.node === node)?.version;
      return view;
    } catch (error) {
      return { ...view, ...asUnreachable(error, signal) };
    }
  }

  async count(pod: string, node: string, signal?: AbortSignal): Promise<NodeCount> {
    try {
      return { ...(await this.stats(pod, node, signal)), unreachable: undefined, obstacle: undefined };
    } catch (error) {
      return { connections: 0, sessions: 0, ...asUnreachable(error, signal) };
    }
  }

  async live(pod: string, node: string, signal?: AbortSignal): Promise<number | undefined> {
    try {
      const metrics = await this.read(pod, `/api/v4/nodes/${node}/metrics`, MetricsAnswer, signal);
      return Math.max(0, metrics['client.connected'] - metrics['client.disconnected']);
    } catch (error) {
      asUnreachable(error, signal);
      return undefined;
    }
  }

  async probe(pod: string, listeners: readonly DeviceListener[], signal?: AbortSignal): Promise<ProbeAnswer> {
    const { prober, namespace } = this.options;
    if (!prober) return { state: 'unknown' };
    return prober.probe({ namespace, name: pod }, listeners, signal);
  }

  async startEvacuation(pod: string, node: string, order: EvacuationOrder, signal?: AbortSignal): Promise<void> {
    const body = {
      conn_evict_rate: order.connectionsPerSecond,
      sess_evict_rate: order.sessionsPerSecond,
      wait_takeover: order.waitTakeoverSeconds,
      migrate_to: order.migrateTo,
    };
    try {
      await this.post(pod, `/api/v4/load_rebalance/${node}/evacuation/start`, body, signal);
    } catch (error) {
      if (error instanceof EmqxApiError && error.hasReason('already_started')) return;
      throw portError(error);
    }
  }

  async stopEvacuation(pod: string, node: string, signal?: AbortSignal): Promise<void> {
    try {
      await this.post(pod, `/api/v4/load_rebalance/${node}/evacuation/stop`, {}, signal);
    } catch (error) {
      if (error instanceof EmqxApiError && error.hasReason('not_started')) return;
      throw portError(error);
    }
  }

  async licensedConnections(pod: string, signal?: AbortSignal): Promise<number | undefined> {
    try {
      return (await this.read(pod, '/api/v4/license', LicenseAnswer, signal)).max_connections;
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof EmqxApiError || error instanceof TransportError) return undefined;
      throw error;
    }
  }

  /** The evacuation of a node in full, with rates and recipients. Blocks for as long as a recipient is frozen. */
  evacuation(pod: string, signal?: AbortSignal): Promise<EvacuationAnswer> {
    return this.read(pod, '/api/v4/load_rebalance/status', EvacuationAnswer, signal);
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
    const stats = await this.stats(pod, node, signal).catch((error: unknown) => void asUnreachable(error, signal));
    return stats && awayOf(stats);
  }

  private async stats(pod: string, node: string, signal?: AbortSignal) {
    const stats = await this.read(pod, `/api/v4/nodes/${node}/stats`, StatsAnswer, signal);
    const sessions = stats['connections.count'];
    const subscriptions = stats['subscriptions.count'];
    return {
      sessions,
      connections: stats['live_connections.count'] ?? sessions,
      ...(subscriptions !== undefined && { subscriptions }),
    };
  }

  private async evictionStatus(pod: string, signal?: AbortSignal): Promise<z.infer<typeof EvictionAnswer> | 'absent'> {
    try {
      return await this.read(pod, '/api/v4/node_eviction/status', EvictionAnswer, signal);
    } catch (error) {
      if (error instanceof EmqxApiError && error.status === 404) return 'absent';
      throw error;
    }
  }

  private async read<S extends z.ZodType>(
    pod: string,
    path: string,
    schema: S,
    signal?: AbortSignal,
  ): Promise<z.output<S>> {
    const request = { method: 'GET', path } as const;
    const response = await this.exchange(pod, request, signal).catch((error: unknown) => {
      signal?.throwIfAborted();
      if (error instanceof TransportError && error.code === 'reset') return this.exchange(pod, request, signal);
      throw error;
    });
    const answer = schema.safeParse(payload(pod, path, response));
    if (!answer.success) {
      const first = answer.error.issues[0];
      throw new EmqxApiError(
        pod,
        path,
        response.status,
        undefined,
        `an answer this client does not understand, at '${first?.path.join('.') ?? ''}': ${first?.message ?? ''}`,
      );
    }
    return answer.data;
  }

  private async post(pod: string, path: string, body: object, signal?: AbortSignal): Promise<void> {
    const response = await this.exchange(pod, { method: 'POST', path, body: JSON.stringify(body) }, signal);
    payload(pod, path, response);
  }

  private async exchange(
    pod: string,
    request: Pick<EmqxRequest, 'method' | 'path' | 'body'>,
    signal?: AbortSignal,
    isLast = this.authorization === undefined,
  ): Promise<EmqxResponse> {
    this.authorization ??= this.options.credentials().then(basic);
    const used = this.authorization;
    const authorization = await used.catch((error: unknown) => {
      this.authorization = undefined; // the next request asks again
      throw error;
    });
    const headers: Record<string, string> = { accept: 'application/json', authorization };
    if (request.body !== undefined) headers['content-type'] = 'application/json';
    const response = await this.options.transport.exchange(
      { namespace: this.options.namespace, name: pod },
      { ...request, headers, timeoutMs: this.options.timeoutMs ?? 5000 },
      signal,
    );
    if (response.status !== 401) return response;
    // They may have changed, or another request may have renewed them meanwhile.
    if (this.authorization === used) this.authorization = undefined;
    return isLast ? response : this.exchange(pod, request, signal, true);
  }
}

type Load = Pick<NodeView, 'connections' | 'sessions'>;

/** Sessions of offline devices. */
function awayOf({ connections, sessions }: Load): number {
  return Math.max(0, sessions - connections);
}

/** Why a node did not answer. @throws errors that are not the node's */
function asUnreachable(error: unknown, signal?: AbortSignal): Pick<NodeView, 'unreachable' | 'obstacle'> {
  signal?.throwIfAborted();
  if (error instanceof TransportError) {
    const { code, message } = error;
    const isWay = code === 'forbidden' || code === 'no-tunnel' || code === 'unauthorized';
    return { unreachable: message, ...(isWay && { obstacle: code }) };
  }
  if (error instanceof EmqxApiError) {
    return { unreachable: error.message, ...(error.status === 401 && { obstacle: 'password' as const }) };
  }
  throw error;
}

function basic({ id, secret }: Credentials): string {
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
}

/** The content of the answer: its `data` where it is enveloped, otherwise the whole body. */
function payload(pod: string, path: string, response: EmqxResponse): unknown {
  if (response.body.length > MAX_ANSWER_BYTES) {
    throw new EmqxApiError(pod, path, response.status, undefined, `an answer of ${response.body.length} bytes`);
  }
  if (response.status !== 200) {
    throw new EmqxApiError(pod, path, response.status, undefined, readable(response.body));
  }
  let body: unknown;
  try {
    body = JSON.parse(response.body);
  } catch {
    throw new EmqxApiError(pod, path, response.status, undefined, `not JSON: ${readable(response.body)}`);
  }
  if (typeof body !== 'object' || body === null) return body;
  const { code, message, data } = body as { code?: unknown; message?: unknown; data?: unknown };
  if (message !== undefined && code !== 0) {
    throw new EmqxApiError(pod, path, 200, code as number | undefined, readable(String(message)));
  }
  return code === 0 ? data : body;
}

function portError(error: unknown): unknown {
  if (error instanceof TransportError) return new PortError('unavailable', error.message, { cause: error });
  if (error instanceof EmqxApiError) return new PortError('refused', error.message, { cause: error });
  return error;
}
