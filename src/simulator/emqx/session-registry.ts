import type { SimulatedClock } from '../clock';
import { type ChannelHost, ClientChannel } from './client-channel';
import { CrowdSessions } from './crowd-sessions';
import { Deadlines } from './deadlines';
import type { NodeSessions } from './node-sessions';
import type { ClusterObserver } from './observer';
import { RetainedMessages } from './retained-messages';
import type { Routed } from './routed-message';
import {
  type DurableHome,
  expiryOf,
  Session,
  type SessionChannel,
  type SessionHome,
  type ShutdownReason,
} from './session';
import { SessionRows } from './session-rows';
import { parseFilter, type Subscription, TopicRouter } from './topic-router';
import { Turns } from './turns';
import type { Channel, CloseCause, Connection, ConnectRequest, Crowd, Message, QoS, SubscribeOptions } from './types';

/**
 * All sessions of a cluster, by client id: there is at most one of each, on whatever node it lives.
 *
 * The life of a session: opened by a CONNECT (`open`), kept without a connection as long as its expiry says (`closed`,
 * `evict`), taken over by the next CONNECT of the client on any node (`open`), moved by an evacuation (`move`), and ended
 * by its expiry, by a clean start, or with its node (`drop`).
 *
 * A session is an object, but for those of crowds, which are rows of a table and become objects only when somebody needs one.
 */
export class SessionRegistry implements ChannelHost {
  readonly router = new TopicRouter<Session>();
  readonly rows = new SessionRows();
  private readonly sessions = new Map<string, Session>();
  private readonly byRow = new Map<number, Session>();
  private readonly crowds: CrowdSessions;
  private readonly expiries: Deadlines<Session>;
  private readonly wills: Deadlines<Session>;
  private readonly kept: RetainedMessages;
  private readonly turns = new Turns<Session>();

  constructor(
    private readonly clock: SimulatedClock,
    private readonly observer: ClusterObserver,
  ) {
    this.crowds = new CrowdSessions(this.rows, observer);
    this.kept = new RetainedMessages(clock);
    this.expiries = new Deadlines(clock, (session) => this.expire(session));
    this.wills = new Deadlines(clock, (session) => this.publishWill(session));
  }

  get now(): number {
    return this.clock.now();
  }

  find(clientId: string): Session | undefined {
    const known = this.sessions.get(clientId);
    if (known) return known;
    const row = this.rows.find(clientId);
    return row === undefined ? undefined : this.at(row);
  }

  /** The session in a row. */
  at(row: number): Session | undefined {
    const known = this.byRow.get(row);
    const home = known ? undefined : this.crowds.homeOf(row);
    if (!home) return known;
    const session = this.asObject(row, home);
    this.rows.becomeObject(row);
    this.enroll(session);
    return session;
  }

  /** All sessions that live there, with and without a connection; to be read only. */
  on(home: NodeSessions): Session[] {
    const objects = [...this.sessions.values()].filter((session) => session.home === home);
    return [...objects, ...Array.from(this.crowds.on(home), (row) => this.asObject(row, home))];
  }

  /** Accepted CONNECTs of a crowd's clients on a node: begins their sessions. */
  admit(home: NodeSessions, crowd: Crowd, clients: readonly number[]): void {
    const first = this.rows.firstOf(crowd);
    for (let index = 0; index < clients.length; index++) {
      const row = first + clients[index]!;
      if (!this.rows.isFree(row)) this.discard(this.at(row)!);
    }
    this.crowds.open(home, crowd, clients);
  }

  /**
   * An accepted CONNECT on a node: takes over or begins the client's session.
   *
   * @param durable where the node keeps durable sessions. @default - it keeps none
   */
  open(
    home: NodeSessions,
    request: ConnectRequest,
    connection: Connection,
    durable?: DurableHome,
  ): { channel: Channel; sessionPresent: boolean } {
    const known = this.find(request.clientId);
    const readable = known?.durable === undefined || known.durable === durable;
    const resumed = known && !request.cleanStart && readable ? known : undefined;
    if (known && !resumed) this.discard(known);
    if (!readable && !request.cleanStart) {
      this.observer.sessionLost?.(request.clientId, home.nodeName, 'other-storage-format');
    }
    const session = resumed ?? this.begin(home, request, durable);
    if (resumed) {
      this.takeOver(resumed);
      resumed.reconnected(request);
      home.metrics['session.resumed']++;
    } else {
      this.enroll(session);
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

  /** The node ends the connections of so many clients, which are to go elsewhere. */
  evict(home: NodeSessions, count: number, serverReference: string | undefined): void {
    const cause: CloseCause = { kind: 'evicted', reasonCode: 0x9c, ...(serverReference ? { serverReference } : {}) };
    const rows: number[] = [];
    for (let skip = 0; skip < count; skip++) rows.push(home.live.peek(skip)!);
    this.rows.preload(rows);
    for (let index = 0; index < rows.length; ) {
      const row = rows[index]!;
      const clients = this.rows.clientsFrom(rows, index);
      index += Math.max(1, clients.length);
      const session = this.byRow.get(row);
      if (clients.length > 0) this.crowds.evict(home, this.rows.blockOf(row)!, clients, cause);
      else if (session?.home === home) {
        this.observer.evicted?.(session.clientId, home.nodeName);
        this.disconnect(session, cause, 'use_another_server');
      } // else it went when another one was evicted
    }
  }

  /**
   * Moves a session to another node, as an evacuation does: queue and subscriptions go along, a will that was waiting is
   * silently dropped, and the expiry starts again.
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

  /** A session that its recipient refused is gone, and nobody is told: its client finds no session. */
  discardUnmovable(session: Session): void {
    this.stopWaiting(session);
    this.observer.sessionLost?.(session.clientId, session.home.nodeName, 'not-moved');
    this.end(session, 'discarded');
  }

  /** The durable storage can be read again: what waited there is sent. */
  drainDurable(): void {
    for (const { durable, channel } of this.sessions.values()) if (durable) channel?.drain();
  }

  /** A node ended: its connections are closed without a word, its sessions are gone but for those that are stored. */
  drop(home: NodeSessions): void {
    const order = (each: Session | number) => this.rows.orderOf(typeof each === 'number' ? each : each.row);
    const objects = [...this.sessions.values()].filter((session) => session.home === home);
    const ended = [...objects, ...this.crowds.on(home)].sort((a, b) => order(a) - order(b));
    for (const each of ended) {
      if (typeof each === 'number') this.crowds.drop(each);
      else this.dropSession(each, home);
    }
    this.crowds.forget(home);
  }

  private dropSession(session: Session, home: NodeSessions): void {
    if (session.durable) {
      this.disconnect(session, { kind: 'shutdown' }, 'tcp_closed');
      return;
    }
    this.stopWaiting(session);
    if (session.will) this.observer.willDropped?.(session.clientId, home.nodeName);
    this.forget(session);
    const { channel } = session;
    session.channel = undefined;
    if (session.expiryMs > 0) this.observer.sessionLost?.(session.clientId, home.nodeName, 'node-ended');
    channel?.detach({ kind: 'shutdown' });
  }

  subscribe(session: Session, text: string, qos: QoS, options?: SubscribeOptions): void {
    session.home.metrics['client.subscribe']++;
    const { filter, group } = parseFilter(text);
    const known = session.subscriptions?.find((each) => each.filter === filter && each.group === group);
    const handling = options?.retainHandling ?? 0;
    const { channel } = session;
    if (group === undefined && channel && !this.kept.isEmpty && (handling === 0 || (handling === 1 && !known))) {
      // The client is to have its answer before its messages.
      this.clock.schedule(0, () => this.deliverKept(session, channel, filter, qos, options));
    }
    if (known) {
      known.qos = qos;
      known.options = options;
      return;
    }
    const subscription: Subscription<Session> = { filter, group, qos, options, subscriber: session };
    session.home.subscriptionsChanged(1);
    session.subscriptions ??= [];
    session.subscriptions.push(subscription);
    this.router.add(subscription);
  }

  unsubscribe(session: Session, text: string): void {
    session.home.metrics['client.unsubscribe']++;
    const { filter, group } = parseFilter(text);
    const index = session.subscriptions?.findIndex((each) => each.filter === filter && each.group === group) ?? -1;
    if (index < 0) return;
    session.home.subscriptionsChanged(-1);
    const [subscription] = session.subscriptions!.splice(index, 1);
    this.router.delete(subscription!);
  }

  /**
   * Routes a message to all subscribers of the cluster, and keeps it where it asks for that.
   *
   * @param from the client that publishes it; absent where the node does
   */
  publish(home: SessionHome, { expirySeconds, ...message }: Message, from?: string): void {
    home.metrics['messages.publish']++;
    const routed: Routed = {
      ...message,
      ...(from !== undefined && { from }),
      ...(expirySeconds !== undefined && { expiresAt: this.now + expirySeconds * 1_000 }),
    };
    if (message.retain) this.kept.keep(routed);
    let subscribers = 0;
    let shared: Map<string, Subscription<Session>[]> | undefined;
    this.router.match(message.topic, (subscription) => {
      subscribers++;
      const { subscriber, qos, options, filter, group } = subscription;
      if (group === undefined) subscriber.deliver(routed, qos, options);
      else {
        const key = `${group}/${filter}`;
        shared ??= new Map();
        shared.set(key, [...(shared.get(key) ?? []), subscription]);
      }
    });
    for (const [key, group] of shared ?? []) {
      const { subscriber, qos, options } = this.turns.next(key, group, ({ channel }) => channel !== undefined);
      subscriber.deliver(routed, qos, options);
    }
    if (subscribers > 0) return;
    home.metrics['messages.dropped']++;
    home.metrics['messages.dropped.no_subscribers']++;
  }

  /** The last node of the cluster has ended. */
  forgetKept(): void {
    this.kept.clear();
  }

  private deliverKept(
    session: Session,
    channel: SessionChannel,
    filter: string,
    qos: QoS,
    options: SubscribeOptions | undefined,
  ): void {
    if (session.channel !== channel) return; // it has gone, and asks again when it comes back
    for (const message of this.kept.matching(filter)) session.deliverKept(message, qos, options);
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
      if (session.durable) {
        home.leave(session, reason);
        session.durable.sleepers.enter(session);
      }
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

  private begin(home: NodeSessions, request: ConnectRequest, durable: DurableHome | undefined): Session {
    const row = this.rows.take(request.clientId);
    return new Session(row, request.clientId, home, request, expiryOf(request) > 0 ? durable : undefined);
  }

  private enroll(session: Session): void {
    this.sessions.set(session.clientId, session);
    this.byRow.set(session.row, session);
  }

  /** The session of a crowd's client as any other one is. */
  private asObject(row: number, home: NodeSessions): Session {
    const { crowd, first } = this.rows.blockOf(row)!;
    const client = row - first;
    const clientId = crowd.clientId(client);
    const protocolVersion = crowd.protocolVersion(client);
    const session = new Session(row, clientId, home, { clientId, protocolVersion, cleanStart: true });
    const closed = (cause: CloseCause) => crowd.closed([client], cause);
    session.channel = new ClientChannel(session, this, { closed, deliver: () => undefined });
    return session;
  }

  private forget(session: Session): void {
    this.sessions.delete(session.clientId);
    this.byRow.delete(session.row);
    this.rows.release(session.row);
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
    if (!will) return;
    this.observer.willPublished?.(session.clientId, session.home.nodeName);
    const { delaySeconds, ...message } = will;
    this.publish(session.home, message, session.clientId);
  }
}
