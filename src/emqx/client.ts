import {
  type ClientView,
  curesOf,
  type DeviceListener,
  type EmqxPort,
  type EvacuationOrder,
  type NodeCount,
  type NodeView,
  type Page,
  PortError,
  type ProbeAnswer,
} from '../upgrade';
import type { Dialect } from './dialect';
import { EmqxApiError } from './errors';
import { isWithoutCredentials, ManagementApi, type ManagementApiOptions } from './management-api';
import type { Prober } from './mqtt-prober';
import { TransportError } from './transport';

export interface EmqxClientOptions extends ManagementApiOptions {
  /** Probes the listeners for devices. @default - none: whether they serve is unknown */
  prober?: Prober | undefined;
}

/** What the clients of all generations have in common. Each node is queried separately. */
export abstract class ManagementClient implements EmqxPort {
  protected readonly api: ManagementApi;

  protected constructor(
    private readonly options: EmqxClientOptions,
    private readonly dialect: Dialect,
  ) {
    this.api = new ManagementApi(options, dialect);
  }

  abstract observe(pod: string, node: string, signal?: AbortSignal): Promise<NodeView>;
  abstract live(pod: string, node: string, signal?: AbortSignal): Promise<number | undefined>;
  abstract clients(pod: string, node: string, page: Page, signal?: AbortSignal): Promise<ClientView[] | undefined>;
  abstract licensedConnections(pod: string, signal?: AbortSignal): Promise<number | undefined>;

  /** Its counts while it does not evacuate. */
  protected abstract load(pod: string, node: string, signal?: AbortSignal): Promise<Load>;

  /** The body of the request that starts an evacuation. */
  protected abstract bodyOf(order: EvacuationOrder): object;

  async count(pod: string, node: string, signal?: AbortSignal): Promise<NodeCount> {
    try {
      return { ...(await this.load(pod, node, signal)), unreachable: undefined, obstacle: undefined };
    } catch (error) {
      return { connections: 0, sessions: 0, ...this.asUnreachable(error, signal) };
    }
  }

  async probe(pod: string, listeners: readonly DeviceListener[], signal?: AbortSignal): Promise<ProbeAnswer> {
    const { prober, namespace } = this.options;
    if (!prober) return { state: 'unknown' };
    return prober.probe({ namespace, name: pod }, listeners, signal);
  }

  async startEvacuation(pod: string, node: string, order: EvacuationOrder, signal?: AbortSignal): Promise<void> {
    const path = `/load_rebalance/${node}/evacuation/start`;
    await this.done('already_started', this.api.write(pod, 'POST', path, this.bodyOf(order), signal));
  }

  async stopEvacuation(pod: string, node: string, signal?: AbortSignal): Promise<void> {
    const path = `/load_rebalance/${node}/evacuation/stop`;
    await this.done('not_started', this.api.write(pod, 'POST', path, {}, signal));
  }

  /** Waits for a write. @param already the reason of a node that declines because what is wanted is so already */
  protected async done(already: Parameters<EmqxApiError['hasReason']>[0], write: Promise<void>): Promise<void> {
    try {
      await write;
    } catch (error) {
      if (error instanceof EmqxApiError && error.hasReason(already)) return;
      throw this.portError(error);
    }
  }

  /** Undefined where the node does not answer, or declines. @throws errors that are not the node's */
  protected async ifAnswered<T>(answer: Promise<T>, signal?: AbortSignal): Promise<T | undefined> {
    try {
      return await answer;
    } catch (error) {
      this.asUnreachable(error, signal);
      return undefined;
    }
  }

  /** Why a node did not answer. @throws errors that are not the node's */
  protected asUnreachable(error: unknown, signal?: AbortSignal): Pick<NodeView, 'unreachable' | 'obstacle'> {
    signal?.throwIfAborted();
    if (error instanceof TransportError) {
      const { code, message } = error;
      const isWay = code === 'forbidden' || code === 'no-tunnel' || code === 'unauthorized';
      return { unreachable: message, ...(isWay && { obstacle: code }) };
    }
    if (isWithoutCredentials(error)) return { unreachable: error.message, obstacle: 'no-credentials' };
    if (error instanceof EmqxApiError) {
      const obstacle = error.status === 401 && { obstacle: this.dialect.refusedCredentials };
      return { unreachable: error.message, ...obstacle };
    }
    throw error;
  }

  protected portError(error: unknown): unknown {
    const options = { cause: error };
    if (error instanceof TransportError) return new PortError('unavailable', error.message, options);
    if (!(error instanceof EmqxApiError)) return error;
    const { message, status } = error;
    if (status === 401) {
      const cure = curesOf([{ obstacle: this.dialect.refusedCredentials }]);
      return new PortError('refused', `${message}: ${cure}`, options);
    }
    return new PortError(this.dialect.isTemporary(error) ? 'unavailable' : 'refused', message, options);
  }
}

export type Load = Pick<NodeView, 'connections' | 'sessions' | 'subscriptions'>;

/** A node of which nothing is known yet. */
export function unseen(pod: string, node: string): NodeView {
  return {
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
}
