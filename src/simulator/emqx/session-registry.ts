import type { SimulatedClock } from '../clock';
import { ClientChannel } from './client-channel';
import { Deadlines } from './deadlines';
import type { NodeSessions, ShutdownReason } from './node-sessions';
import type { ClusterObserver } from './observer';
import { Session } from './session';
import { TopicRouter } from './topic-router';
import type { Channel, CloseCause, Connection, ConnectRequest, Message, QoS } from './types';

/**
 * All sessions of a cluster, by client id: there is at most one of each, on whatever node it lives.
 *
 * The life of a session: opened by a CONNECT (`open`), kept without a connection as long as its expiry says (`closed`,
 * `evict`), taken over by the next CONNECT of the client on any node (`open`), moved by an evacuation (`move`), and ended
 * by its expiry, by a clean start, or with its node (`drop`).
 */
export class SessionRegistry {
  readonly router = new TopicRouter<Session>();
  private readonly sessions = new Map<string, Session>();
  private readonly expiries: Deadlines<Session>;
  private readonly wills: Deadlines<Session>;

  constructor(
    private readonly clock: SimulatedClock,
    private readonly observer: ClusterObserver,
  ) {
    this.expiries = new Deadlines(clock, (session) => this.expire(session));
    this.wills = new Deadlines(clock, (session) => this.publishWill(session));
  }

  find(clientId: string): Session | undefined {
    return this.sessions.get(clientId);
  }

  /** An accepted CONNECT on a node: takes over or begins the client's session. */
  open(
    home: NodeSessions,
    request: ConnectRequest,
    connection: Connection,
  ): { channel: Channel; sessionPresent: boolean } {
    const known = this.sessions.get(request.clientId);
    const resumed = known && !request.cleanStart ? known : undefined;
    if (known && !resumed) this.discard(known);
    const session = resumed ?? new Session(request.clientId, home, request);
    if (resumed) {
      this.takeOver(resumed);
      resumed.reconnected(request);
      home.metrics['session.resumed']++;
    } else {
      this.sessions.set(session.clientId, session);
      home.metrics['session.created']++;
    }
    const channel = new ClientChannel(session, this, connection);
    session.channel = channel;
    home.enter(session);
    home.metrics['client.connected']++;
    if (session.mailbox) {
      // The client is to have its answer before its messages.
      channel.resuming = true;
      this.clock.schedule(0, () => channel.resume());
    }
    this.observer.connected?.(session.clientId, home.nodeName, resumed !== undefined);
    return { channel, sessionPresent: resumed !== undefined };
  }

  /** The client ended its connection. */
  closed(session: Session, how: 'normal' | 'lost'): void {
    if (how === 'normal') session.will = undefined;
    this.disconnect(session, undefined, how === 'normal' ? 'normal' : 'tcp_closed');
  }

  /** The node ends the connection of a client that is to go elsewhere. */
  evict(session: Session, serverReference: string | undefined): void {
    const cause: CloseCause = { kind: 'evicted', reasonCode: 0x9c, ...(serverReference ? { serverReference } : {}) };
    this.observer.evicted?.(session.clientId, session.home.nodeName);
    this.disconnect(session, cause, 'use_another_server');
  }

  /**
   * Moves a session to another node, as an evacuation does: queue and subscriptions go along, a will that was waiting is
   * dropped without a word, and the expiry begins anew.
   */
  move(session: Session, to: NodeSessions): void {
    const from = session.home;
    this.takeOver(session);
    session.will = undefined;
    if (session.expiryMs === 0) {
      this.forget(session);
      return;
    }
    session.moved = true;
    to.enter(session);
    to.metrics['session.resumed']++;
    this.awaitExpiry(session);
    this.observer.sessionMoved?.(session.clientId, from.nodeName, to.nodeName);
  }

  /** A node ended: its connections are closed without a word, its sessions are gone. */
  drop(home: NodeSessions): void {
    for (const session of [...this.sessions.values()]) {
      if (session.home !== home) continue;
      this.stopWaiting(session);
      this.forget(session);
      const { channel } = session;
      session.channel = undefined;
      if (session.expiryMs > 0) this.observer.sessionLost?.(session.clientId, home.nodeName, 'node-ended');
      channel?.detach({ kind: 'shutdown' });
    }
  }

  subscribe(session: Session, filter: string, qos: QoS): void {
    session.home.metrics['client.subscribe']++;
    const known = session.subscriptions?.find((subscription) => subscription.filter === filter);
    if (known) {
      known.qos = qos;
      return;
    }
    const subscription = { filter, qos, subscriber: session };
    session.home.subscriptionsChanged(1);
    session.subscriptions ??= [];
    session.subscriptions.push(subscription);
    this.router.add(subscription);
  }

  unsubscribe(session: Session, filter: string): void {
    session.home.metrics['client.unsubscribe']++;
    const index = session.subscriptions?.findIndex((subscription) => subscription.filter === filter) ?? -1;
    if (index < 0) return;
    session.home.subscriptionsChanged(-1);
    const [subscription] = session.subscriptions!.splice(index, 1);
    this.router.delete(subscription!);
  }

  /** Routes a message to all subscribers of the cluster. */
  publish(home: NodeSessions, message: Message): void {
    home.metrics['messages.publish']++;
    let subscribers = 0;
    this.router.match(message.topic, ({ subscriber, qos }) => {
      subscribers++;
      subscriber.deliver(message, qos);
    });
    if (subscribers > 0) return;
    home.metrics['messages.dropped']++;
    home.metrics['messages.dropped.no_subscribers']++;
  }

  /** Ends the connection, and with it the session if that is not to outlive it. */
  private disconnect(session: Session, cause: CloseCause | undefined, reason: ShutdownReason): void {
    const { channel, home } = session;
    session.channel = undefined;
    home.disconnected(session);
    const willDelayMs = session.willDelayMs;
    if (session.expiryMs === 0) this.end(session, reason);
    else {
      if (session.will && willDelayMs > 0) this.wills.start(session, willDelayMs);
      this.awaitExpiry(session);
    }
    channel?.detach(cause);
    if (willDelayMs === 0) this.publishWill(session);
  }

  /** Takes a session out of where it is, for somewhere else; a live connection ends with "session taken over". */
  private takeOver(session: Session): void {
    const { channel, home } = session;
    this.stopWaiting(session);
    session.channel = undefined;
    if (channel) home.disconnected(session);
    home.leave(session, 'takeovered');
    home.metrics['session.takeovered']++;
    channel?.detach({ kind: 'taken-over', reasonCode: 0x8e });
  }

  /** A clean start of the same client ends the old session; EMQX 4.4 publishes no will then. */
  private discard(session: Session): void {
    const { channel, home } = session;
    this.stopWaiting(session);
    session.channel = undefined;
    session.will = undefined;
    if (channel) home.disconnected(session);
    home.leave(session, 'discarded');
    home.metrics['session.discarded']++;
    this.forget(session);
    channel?.detach({ kind: 'taken-over', reasonCode: 0x8e });
  }

  private expire(session: Session): void {
    this.wills.cancel(session, session.willDelayMs);
    this.end(session, undefined);
    this.publishWill(session);
    this.observer.sessionLost?.(session.clientId, session.home.nodeName, 'expired');
  }

  private end(session: Session, reason: ShutdownReason | undefined): void {
    session.home.leave(session, reason);
    session.home.metrics['session.terminated']++;
    this.forget(session);
  }

  private forget(session: Session): void {
    this.sessions.delete(session.clientId);
    for (const subscription of session.subscriptions ?? []) this.router.delete(subscription);
  }

  private awaitExpiry(session: Session): void {
    if (Number.isFinite(session.expiryMs)) this.expiries.start(session, session.expiryMs);
  }

  private stopWaiting(session: Session): void {
    this.expiries.cancel(session, session.expiryMs);
    this.wills.cancel(session, session.willDelayMs);
  }

  private publishWill(session: Session): void {
    const { will } = session;
    session.will = undefined;
    if (will) this.publish(session.home, { topic: will.topic, payload: will.payload, qos: will.qos });
  }
}
