/** What the outside of a simulated EMQX node sees of it: the words of an MQTT connection, without bytes. */

/** MQTT 3.1, 3.1.1 and 5. */
export type ProtocolVersion = 3 | 4 | 5;

export type QoS = 0 | 1 | 2;

export interface Message {
  topic: string;
  payload: Uint8Array;
  qos: QoS;
  /** Whether it is kept for those who subscribe later; of a delivery: whether it was kept. @default false */
  retain?: boolean;
  /** Of MQTT 5, handed on as they are. */
  properties?: MessageProperties;
  /** MQTT 5 message expiry interval in seconds, from when it is published. @default - it does not expire */
  expirySeconds?: number;
}

/** What MQTT 5 says of a message beside its payload. */
export interface MessageProperties {
  payloadFormatIndicator?: boolean;
  contentType?: string;
  responseTopic?: string;
  correlationData?: Buffer;
  userProperties?: object;
}

/** What a subscription asks for, beyond its QoS (MQTT 5). */
export interface SubscribeOptions {
  /** The subscriber's own messages are not for it. @default false */
  noLocal?: boolean;
  /** Messages keep their retain flag. @default false */
  retainAsPublished?: boolean;
  /** When kept messages are sent: at each SUBSCRIBE (0), when it is a new subscription (1), never (2). @default 0 */
  retainHandling?: number;
  /** Comes with each message of this subscription. */
  identifier?: number;
}

export interface Will extends Message {
  /** Seconds (MQTT 5); 0 publishes at once. */
  delaySeconds: number;
}

/** A CONNECT packet. */
export interface ConnectRequest {
  clientId: string;
  protocolVersion: ProtocolVersion;
  /** `clean_session` of 3.x, `clean start` of 5. */
  cleanStart: boolean;
  /** MQTT 5 session expiry interval in seconds; ignored for 3.x, where the node's own 2 h count. @default 0 */
  sessionExpirySeconds?: number;
  /** Its keep-alive; 0 is none. Only listed here: connections are watched by who carries them. @default 60 */
  keepAliveSeconds?: number;
  /** How many QoS 1 messages the client takes before it has acknowledged them (MQTT 5). @default - the node's 32 */
  receiveMaximum?: number;
  will?: Will;
}

/** A message on its way to one client. `packetId` is given for QoS 1, and is to be acknowledged. */
export interface Delivery extends Message {
  packetId?: number;
  dup: boolean;
  /** Of the subscription it comes by, where that has one (MQTT 5). */
  subscriptionIdentifier?: number;
}

/**
 * Why a node ended a connection.
 *
 * - `evicted`: MQTT 5 clients get DISCONNECT 0x9C before the close, 3.x a bare close.
 * - `taken-over`: the same client id connected again (0x8E for MQTT 5).
 * - `shutdown`: the node's process ended (bare close for all, as measured).
 */
export type CloseCause =
  | { kind: 'evicted'; reasonCode: 0x9c; serverReference?: string }
  | { kind: 'taken-over'; reasonCode: 0x8e }
  | { kind: 'shutdown' };

/**
 * The far end of a connection: the client's side. Called synchronously by the node, never before it has
 * answered the CONNECT and never after the client has closed.
 */
export interface Connection {
  closed(cause: CloseCause): void;
  deliver(delivery: Delivery): void;
}

/** The near end of an accepted connection: what the client can do with it. No call has an effect after the close. */
export interface Channel {
  readonly clientId: string;
  /** Returns the granted QoS (at most 1). `$share/<group>/<filter>` and `$queue/<filter>` are shared with others. */
  subscribe(filter: string, qos: QoS, options?: SubscribeOptions): QoS;
  unsubscribe(filter: string): void;
  publish(message: Message): void;
  acknowledge(packetId: number): void;
  /** The client ends the connection: by DISCONNECT (`normal`, the will is dropped) or by a bare close (`lost`). */
  close(how: 'normal' | 'lost'): void;
}

/**
 * The answer to a CONNECT.
 *
 * - refused: `0x9c` use another server (evacuating; return code 3 for MQTT 3.x), `0x97` quota exceeded (license; 3 for 3.x), `0x88`
 *   server unavailable (3 for 3.x): the session is in a shard that no running node has. That sessions could not be opened then was
 *   measured on 6.2.0; the answer is modelled, the real node may leave the CONNECT without one.
 */
export type ConnectAnswer =
  | { accepted: true; sessionPresent: boolean; channel: Channel }
  | { accepted: false; reasonCode: 0x9c | 0x97 | 0x88; serverReference?: string };

/**
 * Many clients, each known by its number, that connect with clean sessions and only hold their connections: they neither publish nor
 * subscribe nor leave a will. What a node keeps for them are a few numbers each, where any other client is an object.
 *
 * Their ids are theirs alone: no other client of the cluster has one of them while they connect as a crowd.
 */
export interface Crowd {
  /** Their numbers are below. */
  readonly size: number;
  clientId(client: number): string;
  /** The number of the client with this id; undefined of any other. */
  numberOf(clientId: string): number | undefined;
  protocolVersion(client: number): ProtocolVersion;
  /** The node ended the connections of these, one after the other; see `Connection`. */
  closed(clients: readonly number[], cause: CloseCause): void;
}

/** The answer to the CONNECTs of clients of a crowd, the same to all: accepted, or the reason code of the refusal. */
export type Admission = 'accepted' | (ConnectAnswer & { accepted: false })['reasonCode'];
