import type { SimulatedClock } from '../clock';
import type { Channel, CloseCause, ConnectAnswer, Connection, ConnectRequest, Delivery, Will } from '../emqx/types';
import type { Random } from '../random';
import type { FrontResult, TrafficFront } from '../traffic-front';
import type { CompleteGroup } from './client-group';
import type { ClientLedger } from './client-ledger';
import type { RefusalReason } from './client-report';
import { messageIn } from './message-ledger';
import { afterConnection, afterFailure, connected, type Ending, FRESH, type ReconnectState } from './reconnect-policy';

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
export class SimulatedClient implements Connection, ReconnectState {
  waits = FRESH.waits;
  failures = FRESH.failures;
  connectionEnds = FRESH.connectionEnds;
  connectedAt = FRESH.connectedAt;
  isMqtt31 = FRESH.isMqtt31;
  private channel: Channel | undefined;
  private podName = '';
  /** Whether it left a session behind that it expects to find again. */
  private hasSession = false;
  private onceSettled: ((client: SimulatedClient) => void) | undefined;

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

  get isConnected(): boolean {
    return this.channel !== undefined;
  }

  /** Connects now, and tries again by the policy until it is connected, or never tries again; then calls back. */
  start(settled: (client: SimulatedClient) => void): void {
    this.onceSettled = settled;
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
    const { clock, ledger, random } = this.around;
    const { reconnect, protocolVersion } = this.group;
    this.disconnect();
    ledger.disconnected(this.number, cause.kind);
    const how = protocolVersion === 5 && cause.kind !== 'shutdown' ? 'disconnect' : 'close';
    this.retry(afterConnection(reconnect, this, how, clock.now(), random));
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
    else if (result.outcome === 'silent') {
      this.around.clock.schedule(this.group.reconnect.tcpTimeoutMs, () => this.failed('timeout'));
    } else this.wait(result);
  }

  /** For an answer that may come before the client's timeout. */
  private wait({ pod, answered }: FrontResult & { outcome: 'waiting' }): void {
    const { connackTimeoutMs } = this.group.reconnect;
    let isOver = false;
    const giveUp = () => {
      isOver = true;
      this.failed('timeout');
    };
    const patience = connackTimeoutMs === 'never' ? undefined : this.around.clock.schedule(connackTimeoutMs, giveUp);
    answered((listener) => {
      if (isOver) return;
      if (listener) {
        patience?.cancel();
        this.answered(pod, listener.connect(this.request(), this));
      } else if (!patience) giveUp();
    });
  }

  private answered(pod: string, answer: ConnectAnswer): void {
    if (answer.accepted) this.accepted(pod, answer.channel, answer.sessionPresent);
    else this.failed(this.group.protocolVersion === 5 ? REASONS[answer.reasonCode] : 'rc3');
  }

  private request(): ConnectRequest {
    const { persistent, sessionExpirySeconds, reconnect, willDelaySeconds } = this.group;
    const { clientId } = this;
    const protocolVersion = this.isMqtt31 ? 3 : this.group.protocolVersion;
    const will = willDelaySeconds === undefined ? undefined : willOf(clientId, willDelaySeconds);
    if (!persistent) {
      const cleanStart = this.connectionEnds === 0 || reconnect.cleanAgain === undefined;
      return { clientId, protocolVersion, cleanStart, ...(will && { will }) };
    }
    return { clientId, protocolVersion, cleanStart: false, sessionExpirySeconds, ...(will && { will }) };
  }

  private accepted(podName: string, channel: Channel, sessionPresent: boolean): void {
    this.channel = channel;
    this.podName = podName;
    const { clock, connections, ledger } = this.around;
    const { persistent, reconnect } = this.group;
    connected(reconnect, this, clock.now());
    connections(podName, 1);
    ledger.connected(this.number, this.hasSession ? sessionPresent : undefined);
    if (persistent) {
      if (!sessionPresent) {
        if (reconnect.resubscribes || !this.hasSession) channel.subscribe(this.topic, 1);
        else ledger.deaf(this.number);
      }
      this.hasSession = true;
    }
    this.settled();
  }

  private failed(reason: RefusalReason): void {
    const { ledger, random } = this.around;
    ledger.refused(reason, this.number);
    this.retry(afterFailure(this.group.reconnect, this, reason, random));
  }

  private retry(next: number | Ending): void {
    const { clock, ledger } = this.around;
    if (typeof next === 'number') clock.schedule(next, () => this.connect());
    else {
      ledger.gaveUp(this.number, next);
      this.settled();
    }
  }

  private settled(): void {
    const { onceSettled } = this;
    this.onceSettled = undefined;
    onceSettled?.(this);
  }

  private disconnect(): void {
    this.channel = undefined;
    this.around.connections(this.podName, -1);
  }
}

const OFFLINE = new TextEncoder().encode('offline');

function willOf(clientId: string, delaySeconds: number): Will {
  return { topic: `wills/${clientId}`, payload: OFFLINE, qos: 1, delaySeconds };
}
