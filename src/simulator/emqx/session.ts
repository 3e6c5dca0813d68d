import { Mailbox } from './mailbox';
import type { Metrics } from './metrics';
import type { Queued, Routed } from './routed-message';
import type { Subscription } from './topic-router';
import type { CloseCause, ConnectRequest, ProtocolVersion, QoS, SubscribeOptions, Will } from './types';

/** The zone's `session_expiry_interval` of MQTT 3.x: 2 h. */
const MQTT3_EXPIRY_MS = 7_200_000;
/** An MQTT 5 session with this expiry interval has no end. */
const NEVER_EXPIRES_SECONDS = 0xffffffff;

/** Of clients that say nothing else: the usual default of libraries. */
const KEEP_ALIVE_SECONDS = 60;

/** Why a connection process of EMQX ended, as `/listeners` counts them. */
export type ShutdownReason = 'discarded' | 'normal' | 'takeovered' | 'tcp_closed' | 'use_another_server';

/** The node of a session, which counts what becomes of it. */
export interface SessionHome {
  readonly nodeName: string;
  readonly metrics: Metrics;
  leave(session: Session, reason: ShutdownReason | undefined): void;
  disconnected(session: Session): void;
  subscriptionsChanged(by: number): void;
}

/** Where a durable session and its messages are stored. */
export interface DurableHome {
  /** Where the session is while no client uses it. */
  readonly sleepers: SessionHome & { enter(session: Session): void };
  /** A message as it is kept; undefined where it is lost, although its publisher gets an acknowledgement. */
  store(message: Queued): Queued | undefined;
}

/** The connection of a session's client, as the session sees it. */
export interface SessionChannel {
  /** Whether what was missed is still to be sent; new messages queue up behind it. */
  readonly resuming: boolean;
  send(message: Queued, packetId: number | undefined, dup: boolean): void;
  /** Sends what waits in the mailbox. */
  drain(): void;
  /** The node ends the connection; the client gets the reason, or is known to be gone (undefined). */
  detach(cause: CloseCause | undefined): void;
}

/**
 * What a node keeps for one client id: EMQX's channel, with or without a connection.
 *
 * A model with 100,000 of these must be small, so what most sessions never need is made when first needed.
 */
export class Session {
  /** Where it lives; a session lives on one node at a time. */
  home: SessionHome;
  /** The client's connection; undefined while the client is offline. */
  channel: SessionChannel | undefined;
  /** Whether an evacuation moved it to where it is, and the client has not come back since. */
  moved = false;
  /** Whether any recipient would refuse it. */
  unmovable = false;
  protocolVersion: ProtocolVersion;
  cleanStart: boolean;
  /** How long it outlives its connection; Infinity is forever. */
  expiryMs: number;
  /** How many QoS 1 messages its client takes at a time. */
  receiveMaximum: number | undefined;
  keepAliveSeconds: number;
  will: Will | undefined;
  subscriptions: Subscription<Session>[] | undefined;
  mailbox: Mailbox | undefined;

  constructor(
    /** In the table of the cluster's sessions. */
    readonly row: number,
    readonly clientId: string,
    home: SessionHome,
    request: ConnectRequest,
    /** Where it and its messages are stored, if it is durable: then it is on a node only while its client is connected. */
    readonly durable?: DurableHome,
  ) {
    this.home = home;
    this.protocolVersion = request.protocolVersion;
    this.cleanStart = request.cleanStart;
    this.expiryMs = expiryOf(request);
    this.receiveMaximum = request.receiveMaximum;
    this.keepAliveSeconds = request.keepAliveSeconds ?? KEEP_ALIVE_SECONDS;
    this.will = request.will;
  }

  /** Takes over what a new CONNECT of the same client says. */
  reconnected(request: ConnectRequest): void {
    this.protocolVersion = request.protocolVersion;
    this.cleanStart = request.cleanStart;
    this.expiryMs = expiryOf(request);
    this.receiveMaximum = request.receiveMaximum;
    this.keepAliveSeconds = request.keepAliveSeconds ?? KEEP_ALIVE_SECONDS;
    this.will = request.will;
    this.moved = false;
  }

  /** How long its will waits after the connection was lost: never longer than the session itself. */
  get willDelayMs(): number {
    const seconds = this.protocolVersion === 5 ? (this.will?.delaySeconds ?? 0) : 0;
    return Math.min(seconds * 1000, this.expiryMs);
  }

  /** A message for this client: sent, or kept until it can be. */
  deliver(message: Routed, qos: QoS, options?: SubscribeOptions): void {
    if (options?.noLocal && message.from === this.clientId) return;
    this.hand(message, qos, options, options?.retainAsPublished ? message.retain : false);
  }

  /** A message that was kept, for a subscription that is new. */
  deliverKept(message: Routed, qos: QoS, options?: SubscribeOptions): void {
    this.hand(message, qos, options, true);
  }

  private hand(message: Routed, qos: QoS, options: SubscribeOptions | undefined, retain = false): void {
    const isAsItIs = message.qos <= qos && Boolean(message.retain) === retain && options?.identifier === undefined;
    const effective: Queued = isAsItIs
      ? message
      : {
          ...message,
          qos: message.qos > qos ? qos : message.qos,
          retain,
          ...(options?.identifier !== undefined && { subscriptionIdentifier: options.identifier }),
        };
    if (this.durable) {
      const stored = this.durable.store(effective);
      if (stored) this.take(stored);
    } else this.take(effective);
  }

  private take(effective: Queued): void {
    const { channel } = this;
    if (effective.qos === 0 && channel && !channel.resuming) {
      channel.send(effective, undefined, false);
      return;
    }
    this.mailbox ??= new Mailbox();
    if (!this.mailbox.store(effective)) {
      this.home.metrics['delivery.dropped']++;
      this.home.metrics['delivery.dropped.queue_full']++;
    }
    channel?.drain();
  }
}

/** How long a session outlives its connection, ms. */
export function expiryOf({ protocolVersion, cleanStart, sessionExpirySeconds = 0 }: ConnectRequest): number {
  if (protocolVersion !== 5) return cleanStart ? 0 : MQTT3_EXPIRY_MS;
  return sessionExpirySeconds >= NEVER_EXPIRES_SECONDS ? Number.POSITIVE_INFINITY : sessionExpirySeconds * 1000;
}
