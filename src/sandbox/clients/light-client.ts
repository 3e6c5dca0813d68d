import { connect } from 'node:net';
import type { IConnackPacket, IConnectPacket, Packet } from 'mqtt-packet';
import type { RefusalReason } from '../../simulator/clients/client-report';
import { connected, FRESH, type ReconnectState } from '../../simulator/clients/reconnect-policy';
import type { SimulatedClock, Timer } from '../../simulator/clock';
import { Deadlines } from '../../simulator/emqx/deadlines';
import { LOOPBACK } from '../listen';
import { PacketSocket } from '../mqtt/packet-socket';
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

const PING_AFTER_MS = (KEEP_ALIVE_SECONDS - 10) * 1000;
const SUBSCRIBE_ID = 1;

/** The timers that thousands of light clients share: each waits in them without a timer of its own. */
export interface LightTimers {
  clock: SimulatedClock;
  pings: Deadlines<LightClient>;
  connects: Deadlines<LightClient>;
}

export function lightTimers(clock: SimulatedClock): LightTimers {
  return {
    clock,
    pings: new Deadlines(clock, (client) => client.pingDue()),
    connects: new Deadlines(clock, (client) => client.connectTimedOut()),
  };
}

/** A bare socket with an MQTT parser: the least that a client costs. */
export class LightClient implements SocketClient, ReconnectState {
  waits = FRESH.waits;
  failures = FRESH.failures;
  connectionEnds = FRESH.connectionEnds;
  connectedAt = FRESH.connectedAt;
  isMqtt31 = FRESH.isMqtt31;
  private link: PacketSocket | undefined;
  private retry: Timer | undefined;
  private up = false;
  /** Whether it left a session behind that it expects to find again. */
  private hasSession = false;
  private subscribed = false;
  private awaitsPong = false;
  /** Why the attempt under way failed, once it is known. */
  private refusal: RefusalReason | undefined;
  private disconnectCode: number | undefined;
  private onceReady: (() => void) | undefined;
  /** Set once it is to disconnect or to stop: resolves when its socket is closed. */
  private gone: Promise<void> | undefined;
  private onceGone: (() => void) | undefined;

  constructor(
    private readonly context: SwarmContext,
    private readonly timers: LightTimers,
    readonly identity: Identity,
  ) {}

  get isConnected(): boolean {
    return this.up;
  }

  start(): Promise<void> {
    this.gone = undefined;
    return new Promise((resolve) => {
      this.onceReady = resolve;
      this.connect();
    });
  }

  leave(): Promise<void> {
    this.context.ledger.left(this.identity.number);
    return this.end(() => {
      this.send({ cmd: 'disconnect', reasonCode: 0 });
      this.link!.close();
    });
  }

  stop(): Promise<void> {
    this.ready();
    return this.end(() => this.link?.destroy());
  }

  connectTimedOut(): void {
    this.refusal = 'timeout';
    this.link?.destroy();
  }

  pingDue(): void {
    if (this.awaitsPong) {
      this.link?.destroy();
      return;
    }
    this.awaitsPong = true;
    this.send({ cmd: 'pingreq' });
    this.timers.pings.start(this, PING_AFTER_MS);
  }

  private connect(): void {
    this.refusal = undefined;
    this.disconnectCode = undefined;
    this.awaitsPong = false;
    this.link = new PacketSocket(connect({ host: LOOPBACK, port: this.context.port }), {
      protocolVersion: this.level,
      packet: (packet) => this.packet(packet),
      ended: () => this.ended(),
    });
    this.awaitConnack('start');
    this.send(this.connectPacket());
  }

  /** As which protocol its present connection is made. */
  private get level(): 3 | 4 | 5 {
    return this.isMqtt31 ? 3 : this.identity.group.protocolVersion;
  }

  /** TCP connects at once on the loopback interface. */
  private awaitConnack(how: 'start' | 'cancel'): void {
    const { connackTimeoutMs } = this.identity.group.reconnect;
    if (connackTimeoutMs !== 'never') this.timers.connects[how](this, connackTimeoutMs);
  }

  private connectPacket(): IConnectPacket {
    const { clientId, group } = this.identity;
    const { persistent, sessionExpirySeconds, reconnect } = group;
    const expires = persistent && group.protocolVersion === 5;
    return {
      cmd: 'connect',
      clientId,
      protocolId: this.isMqtt31 ? 'MQIsdp' : 'MQTT',
      protocolVersion: this.level,
      clean: !persistent && (this.connectionEnds === 0 || reconnect.cleanAgain === undefined),
      keepalive: KEEP_ALIVE_SECONDS,
      ...(expires ? { properties: { sessionExpiryInterval: sessionExpirySeconds } } : {}),
    };
  }

  private packet(packet: Packet): void {
    if (packet.cmd === 'connack') this.answered(packet);
    else if (packet.cmd === 'pingresp') this.awaitsPong = false;
    else if (packet.cmd === 'disconnect') this.disconnectCode = packet.reasonCode;
    else if (packet.cmd === 'suback') {
      this.subscribed = true;
      this.ready();
    } else if (packet.cmd === 'publish') {
      if (packet.topic === topicOf(this.identity)) this.context.ledger.delivered(this.identity.number);
      if (packet.qos === 1) this.send({ cmd: 'puback', messageId: packet.messageId });
    }
  }

  private answered({ reasonCode, returnCode, sessionPresent }: IConnackPacket): void {
    const { group, number } = this.identity;
    const code = reasonCode ?? returnCode ?? 0;
    this.awaitConnack('cancel');
    if (code !== 0) {
      this.refusal = refusalOf(this.identity, code);
      this.link!.close();
      return;
    }
    const { clock, ledger } = this.context;
    const { persistent, reconnect } = group;
    this.up = true;
    connected(reconnect, this, clock.now());
    this.timers.pings.start(this, PING_AFTER_MS);
    ledger.connected(number, this.hasSession ? sessionPresent : undefined);
    const isDeaf = this.subscribed && !sessionPresent && !reconnect.resubscribes;
    if (isDeaf) ledger.deaf(number);
    else if (!sessionPresent) this.subscribed = false;
    this.hasSession = persistent;
    if (!persistent || this.subscribed) this.ready();
    else {
      const subscriptions = [{ topic: topicOf(this.identity), qos: 1 as const }];
      this.send({ cmd: 'subscribe', messageId: SUBSCRIBE_ID, subscriptions });
    }
  }

  private ended(): void {
    const { number } = this.identity;
    const wasUp = this.up;
    this.up = false;
    this.link = undefined;
    this.timers.pings.cancel(this, PING_AFTER_MS);
    this.awaitConnack('cancel');
    if (this.gone) {
      this.onceGone!();
      return;
    }
    const next = wasUp
      ? nextAfterConnection(this.context, this, this.disconnectCode)
      : nextAfterRefusal(this.context, this, this.refusal);
    if (typeof next === 'number') {
      this.retry = this.timers.clock.schedule(next, () => this.connect());
      return;
    }
    this.context.ledger.gaveUp(number, next);
    this.ready();
  }

  private end(how: () => void): Promise<void> {
    this.retry?.cancel();
    this.gone ??= new Promise((resolve) => {
      this.onceGone = resolve;
    });
    if (this.link) how();
    else this.onceGone!();
    return this.gone;
  }

  private ready(): void {
    const { onceReady } = this;
    this.onceReady = undefined;
    onceReady?.();
  }

  private send(packet: Packet): void {
    this.link?.send(packet, this.level);
  }
}
