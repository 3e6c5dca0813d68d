import type { Queued } from './routed-message';
import type { Session, SessionChannel, SessionHome } from './session';
import type { Channel, CloseCause, Connection, Message, QoS, SubscribeOptions } from './types';

/** Who does what a client asks for, for all sessions of the cluster. */
export interface ChannelHost {
  readonly now: number;
  subscribe(session: Session, filter: string, qos: QoS, options?: SubscribeOptions): void;
  unsubscribe(session: Session, filter: string): void;
  publish(home: SessionHome, message: Message, from: string): void;
  /** The client ended its connection. */
  closed(session: Session, how: 'normal' | 'lost'): void;
}

/** One accepted connection. It outlives neither the socket nor the takeover of its session: then nothing has an effect. */
export class ClientChannel implements Channel, SessionChannel {
  /** Whether what was missed is still to be sent; new messages queue up behind it. */
  resuming = false;
  private session: Session | undefined;

  constructor(
    session: Session,
    private readonly host: ChannelHost,
    private readonly connection: Connection,
  ) {
    this.session = session;
    this.clientId = session.clientId;
  }

  readonly clientId: string;

  subscribe(filter: string, qos: QoS, options?: SubscribeOptions): QoS {
    const granted: QoS = qos === 0 ? 0 : 1;
    if (this.session) this.host.subscribe(this.session, filter, granted, options);
    return granted;
  }

  unsubscribe(filter: string): void {
    if (this.session) this.host.unsubscribe(this.session, filter);
  }

  publish(message: Message): void {
    const { session } = this;
    if (!session) return;
    session.home.metrics['messages.received']++;
    this.host.publish(session.home, message, session.clientId);
  }

  acknowledge(packetId: number): void {
    const { session } = this;
    if (!session?.mailbox?.acknowledge(packetId)) return;
    session.home.metrics['messages.acked']++;
    this.drain();
    if (session.mailbox.isEmpty) session.mailbox = undefined;
  }

  close(how: 'normal' | 'lost'): void {
    if (this.session) this.host.closed(this.session, how);
  }

  /** The client came back: what it has not acknowledged is sent again, then what has arrived meanwhile. */
  resume(): void {
    this.resuming = false;
    this.session?.mailbox?.resend((...sent) => this.send(...sent));
    this.drain();
  }

  drain(): void {
    if (this.resuming) return;
    this.session?.mailbox?.drain(
      (...sent) => this.send(...sent),
      (message) => this.isStale(message),
      this.session.receiveMaximum,
    );
  }

  send(message: Queued, packetId: number | undefined, dup: boolean): void {
    const { session } = this;
    if (!session) return;
    session.home.metrics['messages.sent']++;
    if (!dup) session.home.metrics['messages.delivered']++;
    const { topic, payload, qos, retain, properties, expiresAt, subscriptionIdentifier } = message;
    this.connection.deliver({
      topic,
      payload,
      qos,
      dup,
      ...(packetId !== undefined && { packetId }),
      ...(retain && { retain }),
      ...(properties && { properties }),
      ...(expiresAt !== undefined && { expirySeconds: Math.ceil((expiresAt - this.host.now) / 1_000) }),
      ...(subscriptionIdentifier !== undefined && { subscriptionIdentifier }),
    });
  }

  /** Whether a queued message is no longer to be delivered. */
  private isStale({ expiresAt }: Queued): boolean {
    if (expiresAt === undefined || expiresAt > this.host.now) return false;
    if (this.session) this.session.home.metrics['delivery.dropped']++;
    return true;
  }

  /** The node ends the connection; the client gets the reason, or is known to be gone (undefined). */
  detach(cause: CloseCause | undefined): void {
    this.session = undefined;
    if (cause) this.connection.closed(cause);
  }
}
