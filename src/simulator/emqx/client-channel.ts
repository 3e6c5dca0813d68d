import type { Session } from './session';
import type { SessionRegistry } from './session-registry';
import type { Channel, CloseCause, Connection, Message, QoS } from './types';

/** One accepted connection. It outlives neither the socket nor the takeover of its session: then nothing has an effect. */
export class ClientChannel implements Channel {
  /** Whether what was missed is still to be sent; new messages queue up behind it. */
  resuming = false;
  private session: Session | undefined;

  constructor(
    session: Session,
    private readonly registry: SessionRegistry,
    private readonly connection: Connection,
  ) {
    this.session = session;
    this.clientId = session.clientId;
  }

  readonly clientId: string;

  subscribe(filter: string, qos: QoS): QoS {
    const granted: QoS = qos === 0 ? 0 : 1;
    if (this.session) this.registry.subscribe(this.session, filter, granted);
    return granted;
  }

  unsubscribe(filter: string): void {
    if (this.session) this.registry.unsubscribe(this.session, filter);
  }

  publish(message: Message): void {
    const { session } = this;
    if (!session) return;
    session.home.metrics['messages.received']++;
    this.registry.publish(session.home, message);
  }

  acknowledge(packetId: number): void {
    const { session } = this;
    if (!session?.mailbox?.acknowledge(packetId)) return;
    session.home.metrics['messages.acked']++;
    this.drain();
    if (session.mailbox.isEmpty) session.mailbox = undefined;
  }

  close(how: 'normal' | 'lost'): void {
    if (this.session) this.registry.closed(this.session, how);
  }

  /** The client came back: what it has not acknowledged is sent again, then what has arrived meanwhile. */
  resume(): void {
    this.resuming = false;
    this.session?.mailbox?.resend((...sent) => this.send(...sent));
    this.drain();
  }

  drain(): void {
    if (!this.resuming) this.session?.mailbox?.drain((...sent) => this.send(...sent));
  }

  send(message: Message, packetId: number | undefined, dup: boolean): void {
    const { session } = this;
    if (!session) return;
    session.home.metrics['messages.sent']++;
    if (!dup) session.home.metrics['messages.delivered']++;
    const { topic, payload, qos } = message;
    this.connection.deliver(
      packetId === undefined ? { topic, payload, qos, dup } : { topic, payload, qos, dup, packetId },
    );
  }

  /** The node lets go of the connection; the client is told why, or is known to have gone (undefined). */
  detach(cause: CloseCause | undefined): void {
    this.session = undefined;
    if (cause) this.connection.closed(cause);
  }
}
