import { connect, type IClientOptions, type IConnackPacket, type MqttClient } from 'mqtt';
import type { RefusalReason } from '../../simulator/clients/client-report';
import { LOOPBACK } from '../listen';
import {
  causeOf,
  type Identity,
  KEEP_ALIVE_SECONDS,
  refusalOf,
  type SocketClient,
  type SwarmContext,
  topicOf,
} from './socket-client';

/** A client of the npm library `mqtt`, as devices and services in the field run it. */
export class LibraryClient implements SocketClient {
  private client: MqttClient | undefined;
  private up = false;
  /** Whether it left a session behind that it expects to find again. */
  private hasSession = false;
  private subscribed = false;
  /** Whether it is leaving or has left: then what happens is its own doing. */
  private leaving = false;
  private refusal: RefusalReason | undefined;
  private disconnectCode: number | undefined;
  private onceReady: (() => void) | undefined;

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
      if (this.client) this.client.reconnect();
      else this.client = this.connect();
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
    this.ready();
    if (this.client && !this.client.disconnected) await this.client.endAsync(true);
  }

  private connect(): MqttClient {
    const client = connect(this.options());
    client.on('connect', (connack) => this.connected(client, connack));
    client.on('message', (topic) => {
      if (topic === topicOf(this.identity)) this.context.ledger.delivered(this.identity.number);
    });
    client.on('disconnect', ({ reasonCode }) => {
      this.disconnectCode = reasonCode;
    });
    client.on('error', (error) => {
      const { code } = error as { code?: number | string };
      if (typeof code === 'number') this.refusal = refusalOf(this.identity, code);
      else if (error.message === 'connack timeout') this.refusal = 'timeout';
    });
    client.on('reconnect', () => {
      client.options.reconnectPeriod = this.period();
    });
    client.on('close', () => this.closed());
    return client;
  }

  private options(): IClientOptions {
    const { clientId, group } = this.identity;
    const { protocolVersion, persistent, reconnect, sessionExpirySeconds } = group;
    const expires = persistent && protocolVersion === 5;
    return {
      host: LOOPBACK,
      port: this.context.port,
      clientId,
      protocolVersion,
      clean: !persistent,
      keepalive: KEEP_ALIVE_SECONDS,
      connectTimeout: reconnect.connectTimeoutMs,
      reconnectPeriod: this.period(),
      // Without it a client that was refused once stays away for good.
      reconnectOnConnackError: true,
      resubscribe: false,
      ...(expires ? { properties: { sessionExpiryInterval: sessionExpirySeconds } } : {}),
    };
  }

  /** The library waits equally long each time, so it is told a new time before each. */
  private period(): number {
    return this.identity.group.reconnect.delayMs(0, this.context.random);
  }

  private connected(client: MqttClient, { sessionPresent }: IConnackPacket): void {
    const { group, number } = this.identity;
    this.up = true;
    this.context.ledger.connected(number, this.hasSession ? sessionPresent : undefined);
    this.hasSession = group.persistent;
    if (!sessionPresent) this.subscribed = false;
    if (!group.persistent || this.subscribed) this.ready();
    else
      client.subscribe(topicOf(this.identity), { qos: 1 }, (error) => {
        if (error) return; // the connection has ended; the next one subscribes
        this.subscribed = true;
        this.ready();
      });
  }

  private closed(): void {
    const { ledger } = this.context;
    const { number } = this.identity;
    const wasUp = this.up;
    this.up = false;
    if (!this.leaving) {
      if (wasUp) ledger.disconnected(number, causeOf(this.identity, this.disconnectCode));
      else ledger.refused(this.refusal ?? 'tcp-refused', number);
    }
    this.refusal = undefined;
    this.disconnectCode = undefined;
  }

  private ready(): void {
    const { onceReady } = this;
    this.onceReady = undefined;
    onceReady?.();
  }
}
