import { connect } from 'node:net';
import type { IConnackPacket, IConnectPacket, Packet } from 'mqtt-packet';
import type { RefusalReason } from '../../simulator/clients/client-report';
import type { SimulatedClock, Timer } from '../../simulator/clock';
import { Deadlines } from '../../simulator/emqx/deadlines';
import { LOOPBACK } from '../listen';
import { PacketSocket } from '../mqtt/packet-socket';
import {
  causeOf,
  type Identity,
  KEEP_ALIVE_SECONDS,
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
export class LightClient implements SocketClient {
  private link: PacketSocket | undefined;
  private retry: Timer | undefined;
  private up = false;
  /** How many times it waited to retry since it was last connected. */
  private waits = 0;
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
    const { group } = this.identity;
    this.refusal = undefined;
    this.disconnectCode = undefined;
    this.awaitsPong = false;
    this.link = new PacketSocket(connect({ host: LOOPBACK, port: this.context.port }), {
      protocolVersion: group.protocolVersion,
      packet: (packet) => this.packet(packet),
      ended: () => this.ended(),
    });
    this.timers.connects.start(this, group.reconnect.connectTimeoutMs);
    this.send(connectPacket(this.identity));
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
    this.timers.connects.cancel(this, group.reconnect.connectTimeoutMs);
    if (code !== 0) {
      this.refusal = refusalOf(this.identity, code);
      this.link!.close();
      return;
    }
    this.up = true;
    this.waits = 0;
    this.timers.pings.start(this, PING_AFTER_MS);
    this.context.ledger.connected(number, this.hasSession ? sessionPresent : undefined);
    this.hasSession = group.persistent;
    if (!sessionPresent) this.subscribed = false;
    if (!group.persistent || this.subscribed) this.ready();
    else {
      const subscriptions = [{ topic: topicOf(this.identity), qos: 1 as const }];
      this.send({ cmd: 'subscribe', messageId: SUBSCRIBE_ID, subscriptions });
    }
  }

  private ended(): void {
    const { group, number } = this.identity;
    const { ledger, random } = this.context;
    const wasUp = this.up;
    this.up = false;
    this.link = undefined;
    this.timers.pings.cancel(this, PING_AFTER_MS);
    this.timers.connects.cancel(this, group.reconnect.connectTimeoutMs);
    if (this.gone) {
      this.onceGone!();
      return;
    }
    if (wasUp) ledger.disconnected(number, causeOf(this.identity, this.disconnectCode));
    else ledger.refused(this.refusal ?? 'tcp-refused', number);
    this.retry = this.timers.clock.schedule(group.reconnect.delayMs(this.waits++, random), () => this.connect());
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
    this.link?.send(packet, this.identity.group.protocolVersion);
  }
}

function connectPacket({ clientId, group }: Identity): IConnectPacket {
  const { protocolVersion, persistent, sessionExpirySeconds } = group;
  const expires = persistent && protocolVersion === 5;
  return {
    cmd: 'connect',
    clientId,
    protocolId: 'MQTT',
    protocolVersion,
    clean: !persistent,
    keepalive: KEEP_ALIVE_SECONDS,
    ...(expires ? { properties: { sessionExpiryInterval: sessionExpirySeconds } } : {}),
  };
}
