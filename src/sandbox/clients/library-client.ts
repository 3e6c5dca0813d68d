import { connect, type IClientOptions, type IConnackPacket, type MqttClient } from 'mqtt';
import type { RefusalReason } from '../../simulator/clients/client-report';
import { connected, type Ending, FRESH, type ReconnectState } from '../../simulator/clients/reconnect-policy';
import type { SimulatedClock, Timer } from '../../simulator/clock';
import { LOOPBACK } from '../listen';
import {
  type Identity,
  KEEP_ALIVE_SECONDS,
  nextAfterConnection,
  nextAfterRefusal,
  refusalOf,
  type SocketClient,
  type SwarmContext,
  topicOf,
} from './socket-client';

/** Longer than any run, ms: the longest that a timer of Node takes. */
const NEVER_MS = 2 ** 31 - 1;

/**
 * A client of the npm library `mqtt`, as devices and services in the field run it. When it tries again follows the policy of its
 * group; so does what it does when it is refused, whatever the version of the library.
 *
 * Its timers use the simulated clock: nodes measure keep-alive and takeover by that clock, and a client on another clock would
 * be offline for too long, or dropped as silent, wherever the two differ.
 */
export class LibraryClient implements SocketClient, ReconnectState {
  waits = FRESH.waits;
  failures = FRESH.failures;
  connectionEnds = FRESH.connectionEnds;
  connectedAt = FRESH.connectedAt;
  isMqtt31 = FRESH.isMqtt31;
  private client: MqttClient | undefined;
  private up = false;
  /** Whether it left a session behind that it expects to find again. */
  private hasSession = false;
  private subscribed = false;
  /** Whether it is disconnecting or has disconnected by itself: then an end of its connection is no incident. */
  private leaving = false;
  private refusal: RefusalReason | undefined;
  private disconnectCode: number | undefined;
  private onceReady: (() => void) | undefined;
  /** Of the attempt under way, or of the next one. */
  private timer: Timer | undefined;

  constructor(
    private readonly context: SwarmContext,
    readonly identity: Identity,
  ) {}

  get isConnected(): boolean {
    return this.up;
  }

  start(): Promise<void> {
    this.leaving = false;
    return new Promise((resolve) => {
      this.onceReady = resolve;
      this.attempt();
    });
  }

  async leave(): Promise<void> {
    this.leaving = true;
    this.up = false;
    this.context.ledger.left(this.identity.number);
    await this.client!.endAsync();
  }

  async stop(): Promise<void> {
    this.leaving = true;
    this.up = false;
    this.timer?.cancel();
    this.ready();
    if (this.client && !this.client.disconnected) await this.client.endAsync(true);
  }

  private attempt(): void {
    if (this.client) this.client.reconnect();
    else this.client = this.connect();
    const { connackTimeoutMs } = this.identity.group.reconnect;
    if (connackTimeoutMs === 'never') return;
    this.timer = this.context.clock.schedule(connackTimeoutMs, () => {
      this.refusal = 'timeout';
      this.client!.stream.destroy();
    });
  }

  private connect(): MqttClient {
    const client = connect(this.options());
    // It would make room at once for all aliases of topics that a node allows, a megabyte for each connection, and uses none.
    client.on('packetreceive', (packet) => {
      if (packet.cmd === 'connack' && packet.properties) packet.properties.topicAliasMaximum = 0;
    });
    client.on('connect', (connack) => this.accepted(client, connack));
    client.on('message', (topic) => {
      if (topic === topicOf(this.identity)) this.context.ledger.delivered(this.identity.number);
    });
    client.on('disconnect', ({ reasonCode }) => {
      this.disconnectCode = reasonCode;
    });
    client.on('error', (error) => {
      const { code } = error as { code?: number | string };
      if (typeof code === 'number') this.refusal = refusalOf(this.identity, code);
    });
    client.on('close', () => this.closed());
    return client;
  }

  private options(): IClientOptions {
    const { clientId, group } = this.identity;
    const { protocolVersion, persistent, sessionExpirySeconds } = group;
    const expires = persistent && protocolVersion === 5;
    return {
      host: LOOPBACK,
      port: this.context.port,
      clientId,
      protocolVersion,
      clean: !persistent,
      keepalive: KEEP_ALIVE_SECONDS,
      timerVariant: keepAliveTimer(this.context.clock),
      // Both are waited for here, by the simulated clock.
      connectTimeout: NEVER_MS,
      reconnectPeriod: NEVER_MS,
      // Without it a client that was refused once never reconnects.
      reconnectOnConnackError: true,
      resubscribe: false,
      ...(expires ? { properties: { sessionExpiryInterval: sessionExpirySeconds } } : {}),
    };
  }

  private accepted(client: MqttClient, { sessionPresent }: IConnackPacket): void {
    const { group, number } = this.identity;
    const { clock, ledger } = this.context;
    this.timer?.cancel();
    this.up = true;
    connected(group.reconnect, this, clock.now());
    ledger.connected(number, this.hasSession ? sessionPresent : undefined);
    this.hasSession = group.persistent;
    const isDeaf = this.subscribed && !sessionPresent && !group.reconnect.resubscribes;
    if (isDeaf) ledger.deaf(number);
    else if (!sessionPresent) this.subscribed = false;
    if (!group.persistent || this.subscribed) this.ready();
    else
      client.subscribe(topicOf(this.identity), { qos: 1 }, (error) => {
        if (error) return; // the connection has ended; the next one subscribes
        this.subscribed = true;
        this.ready();
      });
  }

  private closed(): void {
    const wasUp = this.up;
    this.up = false;
    this.timer?.cancel();
    if (!this.leaving)
      this.retry(
        wasUp
          ? nextAfterConnection(this.context, this, this.disconnectCode)
          : nextAfterRefusal(this.context, this, this.refusal),
      );
    this.refusal = undefined;
    this.disconnectCode = undefined;
  }

  private retry(next: number | Ending): void {
    const { clock, ledger } = this.context;
    if (typeof next === 'number') this.timer = clock.schedule(next, () => this.attempt());
    else {
      ledger.gaveUp(this.identity.number, next);
      this.ready();
    }
  }

  private ready(): void {
    const { onceReady } = this;
    this.onceReady = undefined;
    onceReady?.();
  }
}

/** What the library's keep-alive waits by: an interval, as `setInterval` makes one. */
function keepAliveTimer(clock: SimulatedClock): Exclude<IClientOptions['timerVariant'], string | undefined> {
  const timers = new Map<number, Timer>();
  let count = 0;
  return {
    set: (callback: () => void, ms: number) => {
      const id = ++count;
      const next = () => timers.set(id, clock.schedule(ms, fire));
      const fire = () => {
        next();
        callback();
      };
      next();
      return id;
    },
    clear: (id: number) => {
      timers.get(id)?.cancel();
      timers.delete(id);
    },
  } as Exclude<IClientOptions['timerVariant'], string | undefined>;
}
