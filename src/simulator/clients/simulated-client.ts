import type { SimulatedClock } from '../clock';
import type { Channel, CloseCause, ConnectAnswer, Connection, ConnectRequest, Delivery } from '../emqx/types';
import type { Random } from '../random';
import type { FrontResult, TrafficFront } from '../traffic-front';
import type { CompleteGroup } from './client-group';
import type { ClientLedger } from './client-ledger';
import type { RefusalReason } from './client-report';
import { messageIn } from './message-ledger';

const REASONS = { 156: '0x9C', 151: '0x97', 136: '0x88' } as const;

/** What all clients of a population share. */
export interface Surroundings {
  clock: SimulatedClock;
  random: Random;
  front: TrafficFront;
  ledger: ClientLedger;
  /** A connection to this pod opened (+1) or ended (-1). */
  connections(podName: string, change: 1 | -1): void;
}

/**
 * One MQTT client: connects through the front, reconnects by its policy when the connection ends or is refused, and
 * writes what it sees into the ledger. It has at most one connection and at most one timer.
 */
export class SimulatedClient implements Connection {
  private channel: Channel | undefined;
  private podName = '';
  /** How many times it waited to retry since it was last connected. */
  private waits = 0;
  /** Whether it left a session behind that it expects to find again. */
  private hasSession = false;
  private onceConnected: ((client: SimulatedClient) => void) | undefined;

  constructor(
    private readonly around: Surroundings,
    readonly group: CompleteGroup,
    private readonly index: number,
    /** Its number in the ledger. */
    readonly number: number,
  ) {}

  get clientId(): string {
    return `${this.group.name}-${this.index}`;
  }

  /** The one topic a persistent client subscribes to, with QoS 1. */
  get topic(): string {
    return `devices/${this.clientId}`;
  }

  /** Whether it has had a session with its subscription. */
  get hasSubscribed(): boolean {
    return this.hasSession;
  }

  /** Connects now, and tries again by the policy until it is connected; then calls back. */
  start(connected: (client: SimulatedClient) => void): void {
    this.onceConnected = connected;
    this.connect();
  }

  /** Disconnects cleanly; its session, if it has one, stays. Called while connected. */
  leave(): void {
    const channel = this.channel!;
    this.disconnect();
    channel.close('normal');
    this.around.ledger.left(this.number);
  }

  closed(cause: CloseCause): void {
    this.disconnect();
    this.around.ledger.disconnected(this.number, cause.kind);
    this.retry();
  }

  deliver(delivery: Delivery): void {
    const { ledger } = this.around;
    const message = messageIn(delivery.payload);
    if (message === undefined) ledger.delivered(this.number);
    else ledger.messages.received(this.number, message);
    if (delivery.packetId !== undefined) this.channel!.acknowledge(delivery.packetId);
  }

  private connect(): void {
    const result = this.around.front.connect(this.request(), this);
    if (result.outcome === 'answered') this.answered(result.pod, result.answer);
    else if (result.outcome === 'refused') this.failed('tcp-refused');
    else this.wait(result);
  }

  /** For an answer that may come before the client's timeout. */
  private wait({ pod = '', answered }: FrontResult & { outcome: 'silent' }): void {
    let isLost = false;
    const patience = this.around.clock.schedule(this.group.reconnect.connectTimeoutMs, () => {
      isLost = true;
      this.failed('timeout');
    });
    answered?.((listener) => {
      if (isLost) return;
      patience.cancel();
      this.answered(pod, listener.connect(this.request(), this));
    });
  }

  private answered(pod: string, answer: ConnectAnswer): void {
    if (answer.accepted) this.accepted(pod, answer.channel, answer.sessionPresent);
    else this.failed(this.group.protocolVersion === 5 ? REASONS[answer.reasonCode] : 'rc3');
  }

  private request(): ConnectRequest {
    const { protocolVersion, persistent, sessionExpirySeconds } = this.group;
    const { clientId } = this;
    if (!persistent) return { clientId, protocolVersion, cleanStart: true };
    return { clientId, protocolVersion, cleanStart: false, sessionExpirySeconds };
  }

  private accepted(podName: string, channel: Channel, sessionPresent: boolean): void {
    this.channel = channel;
    this.podName = podName;
    this.waits = 0;
    this.around.connections(podName, 1);
    this.around.ledger.connected(this.number, this.hasSession ? sessionPresent : undefined);
    if (this.group.persistent) {
      this.hasSession = true;
      if (!sessionPresent) channel.subscribe(this.topic, 1);
    }
    const { onceConnected } = this;
    this.onceConnected = undefined;
    onceConnected?.(this);
  }

  private failed(reason: RefusalReason): void {
    this.around.ledger.refused(reason, this.number);
    this.retry();
  }

  private retry(): void {
    const { clock, random } = this.around;
    clock.schedule(this.group.reconnect.delayMs(this.waits++, random), () => this.connect());
  }

  private disconnect(): void {
    this.channel = undefined;
    this.around.connections(this.podName, -1);
  }
}
