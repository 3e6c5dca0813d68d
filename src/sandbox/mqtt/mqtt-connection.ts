import type { Socket } from 'node:net';
import type { IConnectPacket, IDisconnectPacket, IPublishPacket, ISubscribePacket, Packet } from 'mqtt-packet';
import type {
  Channel,
  CloseCause,
  ConnectAnswer,
  Connection,
  ConnectRequest,
  Delivery,
  Message,
  ProtocolVersion,
} from '../../simulator/emqx/types';
import type { Listener } from '../../simulator/traffic-front';
import { MAX_PACKET_BYTES, PacketSocket } from './packet-socket';
import { isSystemFilter, isTopicFilter, isTopicName } from './topics';

/** What a connection needs of the listener that accepted it. */
export interface ConnectionHost {
  /** Calls `timedOut` of the connection after this many milliseconds, unless it is watched again or forgotten before. */
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
const NOT_AUTHORIZED = 0x87;
const BAD_AUTHENTICATION_METHOD = 0x8c;
const FILTER_INVALID = 0x8f;
const FAILURE = 0x80;
/** EMQX's `max_topic_alias`. */
const MAX_TOPIC_ALIAS = 65_535;

/**
 * The node's end of one MQTT connection over a socket: MQTT 3.1, 3.1.1 and 5.
 *
 * What a client must not send (anything before CONNECT, a second CONNECT, packets of servers, malformed ones, undeclared topic
 * aliases) closes the socket.
 */
export class MqttConnection implements Connection {
  private readonly link: PacketSocket;
  private channel: Channel | undefined;
  private version: ProtocolVersion = 4;
  /** How long the client may be silent; 0 for no limit. */
  private patienceMs = IDLE_MS;
  /** Whether the CONNECT came to a node that will answer it later. */
  private isUnanswered = false;
  /** Ids of QoS 2 messages that came and were not released. */
  private awaitingRelease: Set<number> | undefined;
  /** Topics by the numbers that the client has given them. */
  private aliases: Map<number, string> | undefined;

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

  deliver(delivery: Delivery): void {
    const { topic, payload, qos, dup, packetId, retain = false } = delivery;
    if (packetId === undefined && this.link.isCongested) return;
    const packet: IPublishPacket = { cmd: 'publish', topic, payload: asBuffer(payload), qos, dup, retain };
    if (this.version === 5) packet.properties = propertiesOf(delivery);
    this.send(packetId === undefined ? packet : { ...packet, messageId: packetId });
  }

  private packet(packet: Packet): void {
    if (packet.cmd === 'connect' && !this.channel && !this.isUnanswered) {
      this.isUnanswered = this.node.answersLater?.(() => this.answerLate(packet)) ?? false;
      // A frozen process does not count time either.
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
    if (packet.properties?.authenticationMethod !== undefined) {
      this.refuse({ reasonCode: BAD_AUTHENTICATION_METHOD });
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
        receiveMaximum: MAX_AWAITING_RELEASE,
        topicAliasMaximum: MAX_TOPIC_ALIAS,
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
    const { qos, messageId } = packet;
    const topic = this.topicOf(packet);
    if (topic === undefined) {
      this.link.destroy();
      return;
    }
    const message = messageOf(packet, topic);
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

  /** The topic, also where the client says a number for it; undefined when it is none. */
  private topicOf({ topic, properties }: IPublishPacket): string | undefined {
    const alias = properties?.topicAlias;
    if (alias === undefined) return isTopicName(topic) ? topic : undefined;
    if (alias === 0) return undefined;
    if (topic === '') return this.aliases?.get(alias);
    if (!isTopicName(topic)) return undefined;
    this.aliases ??= new Map();
    this.aliases.set(alias, topic);
    return topic;
  }

  private subscribe(channel: Channel, { messageId, subscriptions, properties }: ISubscribePacket): void {
    const identifier = properties?.subscriptionIdentifier;
    const granted = subscriptions.map(({ topic, qos, nl, rap, rh }) => {
      // As by the access rules that EMQX 4.4 comes with, which let only the node itself and the dashboard.
      if (isSystemFilter(topic)) return this.version === 5 ? NOT_AUTHORIZED : FAILURE;
      if (!isTopicFilter(topic)) return this.version === 5 ? FILTER_INVALID : FAILURE;
      if (this.version !== 5) return channel.subscribe(topic, qos);
      return channel.subscribe(topic, qos, {
        ...(nl && { noLocal: nl }),
        ...(rap && { retainAsPublished: rap }),
        ...(rh && { retainHandling: rh }),
        ...(identifier !== undefined && { identifier }),
      });
    });
    this.send({ cmd: 'suback', messageId, granted });
  }

  private refuse(answer: { returnCode: number } | { reasonCode: number }): void {
    this.send({ cmd: 'connack', sessionPresent: false, ...answer });
    this.link.close();
  }

  /** Ends the connection from this side: in MQTT 5 with a DISCONNECT, which 3.x does not have. */
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
  const keepAliveSeconds = packet.keepalive ?? 0;
  const request: ConnectRequest = { clientId, protocolVersion, cleanStart: clean, keepAliveSeconds };
  if (properties?.sessionExpiryInterval !== undefined) request.sessionExpirySeconds = properties.sessionExpiryInterval;
  if (properties?.receiveMaximum !== undefined) request.receiveMaximum = properties.receiveMaximum;
  if (will) {
    const { topic, qos = 0 } = will;
    request.will = { ...messageOf({ ...will, qos }, topic), delaySeconds: will.properties?.willDelayInterval ?? 0 };
  }
  return request;
}

/** What a PUBLISH, or a will, says. A copy: the parser's own bytes are part of a large buffer, which a queued message would keep. */
function messageOf(
  {
    payload,
    qos,
    retain,
    properties = {},
  }: Pick<IPublishPacket, 'payload' | 'qos' | 'properties'> & { retain?: boolean },
  topic: string,
): Message {
  const { payloadFormatIndicator, contentType, responseTopic, correlationData, userProperties } = properties;
  const kept = {
    ...(payloadFormatIndicator !== undefined && { payloadFormatIndicator }),
    ...(contentType !== undefined && { contentType }),
    ...(responseTopic !== undefined && { responseTopic }),
    ...(correlationData !== undefined && { correlationData: Buffer.from(correlationData) }),
    ...(userProperties !== undefined && { userProperties }),
  };
  return {
    topic,
    payload: Buffer.from(payload),
    qos,
    ...(retain && { retain }),
    ...(Object.keys(kept).length > 0 && { properties: kept }),
    ...(properties.messageExpiryInterval !== undefined && { expirySeconds: properties.messageExpiryInterval }),
  };
}

function propertiesOf({
  properties,
  expirySeconds,
  subscriptionIdentifier,
}: Delivery): NonNullable<IPublishPacket['properties']> {
  return {
    ...(properties as IPublishPacket['properties']),
    ...(expirySeconds !== undefined && { messageExpiryInterval: expirySeconds }),
    ...(subscriptionIdentifier !== undefined && { subscriptionIdentifier }),
  };
}

function reference(serverReference: string | undefined): { properties?: { serverReference: string } } {
  return serverReference === undefined ? {} : { properties: { serverReference } };
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
