import type { Socket } from 'node:net';
import type { IConnectPacket, IDisconnectPacket, IPublishPacket, ISubscribePacket, Packet } from 'mqtt-packet';
import type {
  Channel,
  CloseCause,
  ConnectAnswer,
  Connection,
  ConnectRequest,
  Delivery,
  ProtocolVersion,
} from '../../simulator/emqx/types';
import type { Listener } from '../../simulator/traffic-front';
import { MAX_PACKET_BYTES, PacketSocket } from './packet-socket';
import { isSharedFilter, isTopicFilter, isTopicName } from './topics';

/** What a connection needs of the listener that accepted it. */
export interface ConnectionHost {
  /** Calls `timedOut` of the connection after this many milliseconds, unless it is watched anew or forgotten before. */
  watch(connection: MqttConnection, waitMs: number): void;
  forget(connection: MqttConnection, waitMs: number): void;
  /** A client id for a client that gave none. */
  newClientId(): string;
}

/** EMQX's `idle_timeout`: a socket without a CONNECT is closed after it. */
const IDLE_MS = 15_000;
/** EMQX's `max_awaiting_rel`. */
const MAX_AWAITING_RELEASE = 100;

const IDENTIFIER_REJECTED = 2;
const SERVER_UNAVAILABLE = 3;
const DISCONNECT_WITH_WILL = 0x04;
const KEEP_ALIVE_TIMEOUT = 0x8d;
const FILTER_INVALID = 0x8f;
const SHARED_NOT_SUPPORTED = 0x9e;
const FAILURE = 0x80;

/**
 * The node's end of one MQTT connection over a socket: MQTT 3.1, 3.1.1 and 5.
 *
 * What a client may not send (anything before CONNECT, a second CONNECT, packets of servers, malformed ones, topic
 * aliases, which it was not granted) closes the socket.
 */
export class MqttConnection implements Connection {
  private readonly link: PacketSocket;
  private channel: Channel | undefined;
  private version: ProtocolVersion = 4;
  /** How long the client may say nothing; 0 for as long as it likes. */
  private patienceMs = IDLE_MS;
  /** Whether the CONNECT came to a node that will answer it later. */
  private isUnanswered = false;
  /** Ids of QoS 2 messages that came and were not released. */
  private awaitingRelease: Set<number> | undefined;

  constructor(
    socket: Socket,
    private readonly node: Listener,
    private readonly host: ConnectionHost,
  ) {
    this.link = new PacketSocket(socket, { packet: (packet) => this.packet(packet), ended: () => this.ended() });
    host.watch(this, this.patienceMs);
  }

  /** The client was silent for too long. */
  timedOut(): void {
    if (!this.channel) {
      this.link.destroy();
      return;
    }
    this.leave('lost');
    this.bye({ cmd: 'disconnect', reasonCode: KEEP_ALIVE_TIMEOUT });
  }

  closed(cause: CloseCause): void {
    this.channel = undefined;
    if (cause.kind === 'shutdown') this.link.destroy();
    else if (cause.kind === 'taken-over') this.bye({ cmd: 'disconnect', reasonCode: cause.reasonCode });
    else this.bye({ cmd: 'disconnect', reasonCode: cause.reasonCode, ...reference(cause.serverReference) });
  }

  deliver({ topic, payload, qos, dup, packetId }: Delivery): void {
    if (packetId === undefined && this.link.isCongested) return;
    const packet: IPublishPacket = { cmd: 'publish', topic, payload: asBuffer(payload), qos, dup, retain: false };
    this.send(packetId === undefined ? packet : { ...packet, messageId: packetId });
  }

  private packet(packet: Packet): void {
    if (packet.cmd === 'connect' && !this.channel && !this.isUnanswered) {
      this.isUnanswered = this.node.answersLater?.(() => this.answerLate(packet)) ?? false;
      // A process that does not run counts no time either.
      if (this.isUnanswered) this.host.forget(this, this.patienceMs);
      else this.connect(packet);
      return;
    }
    const { channel } = this;
    if (!channel) {
      this.link.destroy();
      return;
    }
    this.watch();
    switch (packet.cmd) {
      case 'publish':
        this.publish(channel, packet);
        break;
      case 'puback':
        channel.acknowledge(packet.messageId!);
        break;
      case 'pubrel':
        this.awaitingRelease?.delete(packet.messageId!);
        this.send({ cmd: 'pubcomp', messageId: packet.messageId });
        break;
      case 'subscribe':
        this.subscribe(channel, packet);
        break;
      case 'unsubscribe':
        for (const filter of packet.unsubscriptions) channel.unsubscribe(filter);
        this.send({ cmd: 'unsuback', messageId: packet.messageId, granted: packet.unsubscriptions.map(() => 0) });
        break;
      case 'pingreq':
        this.send({ cmd: 'pingresp' });
        break;
      case 'disconnect':
        this.leave(packet.reasonCode === DISCONNECT_WITH_WILL ? 'lost' : 'normal');
        this.link.close();
        break;
      case 'connect':
      case 'connack':
      case 'pubrec':
      case 'pubcomp':
      case 'suback':
      case 'unsuback':
      case 'pingresp':
      case 'auth':
        this.link.destroy();
        break;
    }
  }

  private answerLate(packet: IConnectPacket): void {
    if (!this.link.isOpen) return;
    this.isUnanswered = false;
    this.host.watch(this, this.patienceMs);
    this.connect(packet);
  }

  private connect(packet: IConnectPacket): void {
    this.version = packet.protocolVersion ?? 4;
    if (packet.will && !isTopicName(packet.will.topic)) {
      this.link.destroy();
      return;
    }
    // Only MQTT 5, or a client that leaves nothing behind, may be named by the server.
    if (packet.clientId === '' && (this.version === 3 || (this.version === 4 && !packet.clean))) {
      this.refuse({ returnCode: IDENTIFIER_REJECTED });
      return;
    }
    const clientId = packet.clientId || this.host.newClientId();
    const answer = this.node.connect(connectRequest(packet, clientId, this.version), this);
    if (answer.accepted) this.accept(packet, clientId, answer);
    else if (this.version === 5) this.refuse({ reasonCode: answer.reasonCode, ...reference(answer.serverReference) });
    else this.refuse({ returnCode: SERVER_UNAVAILABLE });
  }

  private accept(packet: IConnectPacket, clientId: string, answer: ConnectAnswer & { accepted: true }): void {
    this.channel = answer.channel;
    const { sessionPresent } = answer;
    if (this.version === 5) {
      const properties = {
        maximumPacketSize: MAX_PACKET_BYTES,
        retainAvailable: false,
        sharedSubscriptionAvailable: false,
        ...(packet.clientId === '' ? { assignedClientIdentifier: clientId } : {}),
      };
      this.send({ cmd: 'connack', reasonCode: 0, sessionPresent, properties });
    } else {
      // MQTT 3.1 has no such flag.
      this.send({ cmd: 'connack', returnCode: 0, sessionPresent: sessionPresent && this.version === 4 });
    }
    this.watch((packet.keepalive ?? 0) * 1500);
  }

  private publish(channel: Channel, packet: IPublishPacket): void {
    const { topic, qos, messageId } = packet;
    if (!isTopicName(topic) || packet.properties?.topicAlias !== undefined) {
      this.link.destroy();
      return;
    }
    // A copy: the parser's own bytes are part of a large buffer, which a queued message would keep.
    const message = { topic, payload: Buffer.from(packet.payload), qos };
    if (qos === 2) {
      this.awaitingRelease ??= new Set();
      if (!this.awaitingRelease.has(messageId!)) {
        if (this.awaitingRelease.size === MAX_AWAITING_RELEASE) {
          this.link.destroy();
          return;
        }
        this.awaitingRelease.add(messageId!);
        channel.publish(message);
      }
      this.send({ cmd: 'pubrec', messageId });
    } else {
      channel.publish(message);
      if (qos === 1) this.send({ cmd: 'puback', messageId });
    }
  }

  private subscribe(channel: Channel, { messageId, subscriptions }: ISubscribePacket): void {
    const granted = subscriptions.map(({ topic, qos }) => {
      if (isSharedFilter(topic)) return this.version === 5 ? SHARED_NOT_SUPPORTED : FAILURE;
      if (!isTopicFilter(topic)) return this.version === 5 ? FILTER_INVALID : FAILURE;
      return channel.subscribe(topic, qos);
    });
    this.send({ cmd: 'suback', messageId, granted });
  }

  private refuse(answer: { returnCode: number } | { reasonCode: number }): void {
    this.send({ cmd: 'connack', sessionPresent: false, ...answer });
    this.link.close();
  }

  /** Ends the connection from this side: with a word for MQTT 5, without one for 3.x, which has none. */
  private bye(packet: IDisconnectPacket): void {
    if (this.version === 5) this.send(packet);
    this.link.close();
  }

  private leave(how: 'normal' | 'lost'): void {
    const { channel } = this;
    this.channel = undefined;
    channel?.close(how);
  }

  private ended(): void {
    this.host.forget(this, this.patienceMs);
    this.leave('lost');
  }

  private send(packet: Packet): void {
    this.link.send(packet, this.version);
  }

  /** Lets the client's time run from now, or forgets it (0). */
  private watch(patienceMs = this.patienceMs): void {
    if (patienceMs !== this.patienceMs) this.host.forget(this, this.patienceMs);
    this.patienceMs = patienceMs;
    if (patienceMs > 0) this.host.watch(this, patienceMs);
  }
}

function connectRequest(packet: IConnectPacket, clientId: string, protocolVersion: ProtocolVersion): ConnectRequest {
  const { will, clean = false, properties } = packet;
  const request: ConnectRequest = { clientId, protocolVersion, cleanStart: clean };
  if (properties?.sessionExpiryInterval !== undefined) request.sessionExpirySeconds = properties.sessionExpiryInterval;
  if (will) {
    const { topic, payload, qos = 0 } = will;
    const delaySeconds = will.properties?.willDelayInterval ?? 0;
    request.will = { topic, payload: Buffer.from(payload), qos, delaySeconds };
  }
  return request;
}

function reference(serverReference: string | undefined): { properties?: { serverReference: string } } {
  return serverReference === undefined ? {} : { properties: { serverReference } };
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
