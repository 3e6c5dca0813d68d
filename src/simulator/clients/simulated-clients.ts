import type { SimulatedClock } from '../clock';
import type {
  Admission,
  Channel,
  CloseCause,
  ConnectAnswer,
  Connection,
  ConnectRequest,
  Crowd,
  Delivery,
  ProtocolVersion,
  Will,
} from '../emqx/types';
import type { Random } from '../random';
import type { FrontResult, Listener, TrafficFront } from '../traffic-front';
import { ClientColumns } from './client-columns';
import type { CompleteGroup } from './client-group';
import type { ClientLedger } from './client-ledger';
import type { RefusalReason } from './client-report';
import { messageIn } from './message-ledger';
import { afterConnection, afterFailure, connected, type Ending } from './reconnect-policy';

const REASONS = { 156: '0x9C', 151: '0x97', 136: '0x88' } as const;

/** So many clients connect sooner one after the other than together. */
const FEW = 8;

/** What all clients of a population share. */
export interface Surroundings {
  clock: SimulatedClock;
  random: Random;
  front: TrafficFront;
  ledger: ClientLedger;
}

/**
 * MQTT clients, each known by its number: each connects through the front, reconnects by its policy when the connection ends or is
 * refused, and writes what it sees into the ledger. It has at most one connection, and at most one thing that it waits for.
 *
 * Those with a clean session and no will connect as a {@link Crowd} where the node takes one; the others have a connection of their own.
 */
export class SimulatedClients implements Crowd {
  readonly columns: ClientColumns;
  /** The number that the ledger has for the first. */
  readonly firstNumber: number;
  /** Names of pods that clients are or were connected to, and how many are. Pods without any give way to new ones. */
  private readonly pods: { name: string; connections: number }[] = [];
  private readonly podNumbers = new Map<string, number>();
  /** The near ends of the connections that are objects. */
  private readonly channels = new Map<number, Channel>();
  /** Whom to call when a client is connected, or never tries again; those that make their first attempt at this moment are not in it. */
  private started: (client: number) => void = () => undefined;
  private readonly settling = new Map<number, (client: number) => void>();
  private readonly connectIn: (delayMs: number, client: number) => void;
  private readonly timeOutIn: (delayMs: number, client: number) => void;
  private total = 0;

  constructor(
    private readonly around: Surroundings,
    groups: readonly CompleteGroup[],
  ) {
    this.columns = new ClientColumns(groups);
    this.firstNumber = around.ledger.register(this.columns.size);
    this.connectIn = around.clock.lane((clients) => this.connectAll(clients));
    this.timeOutIn = around.clock.lane((clients) => {
      for (const client of clients) this.failed(client, 'timeout');
    });
  }

  get size(): number {
    return this.columns.size;
  }

  /** How many are connected now. */
  get connected(): number {
    return this.total;
  }

  clientId(client: number): string {
    return this.columns.clientId(client);
  }

  numberOf(clientId: string): number | undefined {
    return this.columns.numberOf(clientId);
  }

  protocolVersion(client: number): ProtocolVersion {
    return this.columns.isMqtt31(client) ? 3 : this.columns.groupOf(client).protocolVersion;
  }

  /** The one topic a persistent client subscribes to, with QoS 1. */
  topic(client: number): string {
    return `devices/${this.clientId(client)}`;
  }

  /** Connections by pod; a pod without any is left out. */
  connectionsByPod(): Map<string, number> {
    const open = this.pods.filter(({ connections }) => connections > 0);
    return new Map(open.map(({ name, connections }) => [name, connections]));
  }

  /** Connects them now, and tries again by the policy until each is connected, or never tries again; then calls back. */
  start(clients: readonly number[], settled: (client: number) => void): void {
    for (const client of clients) this.columns.await(client, true);
    this.started = settled;
    this.connectAll(clients);
    for (const client of clients) if (this.columns.isAwaited(client)) this.settling.set(client, settled);
  }

  /** Disconnects cleanly; its session, if it has one, stays. Called while connected by a connection of its own. */
  leave(client: number): void {
    const channel = this.channels.get(client)!;
    this.disconnect(client);
    channel.close('normal');
    this.around.ledger.left(this.firstNumber + client);
  }

  closed(clients: readonly number[], cause: CloseCause): void {
    const { clock, ledger, random } = this.around;
    const { columns, firstNumber } = this;
    const now = clock.now();
    columns.preload(clients);
    ledger.preload(clients, -firstNumber);
    for (let index = 0; index < clients.length; index++) {
      const client = clients[index]!;
      const { reconnect, protocolVersion } = columns.groupOf(client);
      this.disconnect(client);
      ledger.disconnected(firstNumber + client, cause.kind);
      const how = protocolVersion === 5 && cause.kind !== 'shutdown' ? 'disconnect' : 'close';
      const next = afterConnection(reconnect, columns.recall(client), how, now, random);
      columns.remember(client);
      this.retry(client, next);
    }
  }

  deliver(client: number, delivery: Delivery): void {
    const { ledger } = this.around;
    const number = this.firstNumber + client;
    const message = messageIn(delivery.payload);
    if (message === undefined) ledger.delivered(number);
    else ledger.messages.received(number, message);
    if (delivery.packetId !== undefined) this.channels.get(client)!.acknowledge(delivery.packetId);
  }

  /** Each makes an attempt now, in this order. Those in a row that connect as a crowd do so together. */
  private connectAll(clients: readonly number[]): void {
    let crowd: number[] = [];
    for (const client of clients) {
      if (this.isOfCrowd(client)) crowd.push(client);
      else {
        this.connectCrowd(crowd);
        crowd = [];
        this.connect(client, this.around.front.connect());
      }
    }
    this.connectCrowd(crowd);
  }

  /** The same as one after the other: first each is given a pod, then each pod gets its CONNECTs, then each sees what came of it. */
  private connectCrowd(clients: readonly number[]): void {
    const { front, ledger } = this.around;
    if (clients.length <= FEW) {
      for (const client of clients) this.connect(client, front.connect());
      return;
    }
    const pods = front.endpoints;
    const picks = clients.map(() => front.pickIndex());
    const groups: number[][] = pods.map(() => []);
    picks.forEach((pick, index) => void groups[pick]?.push(clients[index]!));
    const admissions = groups.map((group, pick) => (group.length > 0 ? this.admission(pods[pick]!, group) : undefined));
    ledger.preload(clients, -this.firstNumber);
    for (let index = 0; index < clients.length; index++) {
      const client = clients[index]!;
      const pick = picks[index]!;
      const admission = admissions[pick];
      if (admission === undefined) this.connect(client, front.connectTo(pods[pick]));
      else this.admitted(client, pods[pick]!, admission);
    }
  }

  /** What a pod answers to all of these; undefined where it is to be asked for each. */
  private admission(pod: string, clients: readonly number[]): Admission | undefined {
    return this.around.front.promptListener(pod)?.admit?.(this, clients);
  }

  private connect(client: number, result: FrontResult): void {
    if (result.outcome === 'connected') this.request(client, result.pod, result.listener);
    else if (result.outcome === 'refused') this.failed(client, 'tcp-refused');
    else if (result.outcome === 'silent') this.timeOutIn(this.columns.groupOf(client).reconnect.tcpTimeoutMs, client);
    else this.wait(client, result);
  }

  /** For an answer that may come before the client's timeout. A process that ends closes what waits for it. */
  private wait(client: number, { pod, answered }: FrontResult & { outcome: 'waiting' }): void {
    const { connackTimeoutMs } = this.columns.groupOf(client).reconnect;
    let isOver = false;
    const giveUp = (reason: RefusalReason) => {
      isOver = true;
      this.failed(client, reason);
    };
    const patience =
      connackTimeoutMs === 'never' ? undefined : this.around.clock.schedule(connackTimeoutMs, () => giveUp('timeout'));
    answered((listener) => {
      if (isOver) return;
      patience?.cancel();
      if (listener) this.request(client, pod, listener);
      else giveUp('tcp-refused');
    });
  }

  /** Sends the CONNECT. */
  private request(client: number, pod: string, listener: Listener): void {
    if (listener.admit && this.isOfCrowd(client)) {
      this.admitted(client, pod, listener.admit(this, [client]));
      return;
    }
    const { persistent, sessionExpirySeconds, willDelaySeconds } = this.columns.groupOf(client);
    const clientId = this.clientId(client);
    const request: ConnectRequest = {
      clientId,
      protocolVersion: this.protocolVersion(client),
      cleanStart: this.hasCleanSession(client),
      ...(persistent && { sessionExpirySeconds }),
      ...(willDelaySeconds !== undefined && { will: willOf(clientId, willDelaySeconds) }),
    };
    this.answered(client, pod, listener.connect(request, new ClientConnection(this, client)));
  }

  private hasCleanSession(client: number): boolean {
    const { persistent, reconnect } = this.columns.groupOf(client);
    return !persistent && (reconnect.cleanAgain === undefined || this.columns.isFresh(client));
  }

  /** Whether it connects as one of a crowd, where the node takes one. */
  private isOfCrowd(client: number): boolean {
    return this.hasCleanSession(client) && this.columns.groupOf(client).willDelaySeconds === undefined;
  }

  private admitted(client: number, pod: string, admission: Admission): void {
    if (admission === 'accepted') this.accepted(client, pod, false);
    else this.refused(client, admission);
  }

  private answered(client: number, pod: string, answer: ConnectAnswer): void {
    if (!answer.accepted) {
      this.refused(client, answer.reasonCode);
      return;
    }
    this.channels.set(client, answer.channel);
    this.accepted(client, pod, answer.sessionPresent, answer.channel);
  }

  private refused(client: number, reasonCode: keyof typeof REASONS): void {
    this.failed(client, this.columns.groupOf(client).protocolVersion === 5 ? REASONS[reasonCode] : 'rc3');
  }

  private accepted(client: number, pod: string, sessionPresent: boolean, channel?: Channel): void {
    const { columns } = this;
    const { clock, ledger } = this.around;
    const { persistent, reconnect } = columns.groupOf(client);
    const number = this.firstNumber + client;
    connected(reconnect, columns.recall(client), clock.now());
    columns.remember(client);
    columns.connected(client, this.arrive(pod));
    const hadSession = columns.hadSession(client);
    ledger.connected(number, hadSession ? sessionPresent : undefined);
    if (persistent) {
      if (!sessionPresent) {
        if (reconnect.resubscribes || !hadSession) channel?.subscribe(this.topic(client), 1);
        else ledger.deaf(number);
      }
      columns.gotSession(client);
    }
    this.settled(client);
  }

  private failed(client: number, reason: RefusalReason): void {
    const { ledger, random } = this.around;
    const { reconnect } = this.columns.groupOf(client);
    ledger.refused(reason, this.firstNumber + client);
    const next = afterFailure(reconnect, this.columns.recall(client), reason, random);
    this.columns.remember(client);
    this.retry(client, next);
  }

  private retry(client: number, next: number | Ending): void {
    if (typeof next === 'number') this.connectIn(next, client);
    else {
      this.around.ledger.gaveUp(this.firstNumber + client, next);
      this.settled(client);
    }
  }

  private settled(client: number): void {
    if (!this.columns.isAwaited(client)) return;
    this.columns.await(client, false);
    const settled = this.settling.get(client) ?? this.started;
    this.settling.delete(client);
    settled(client);
  }

  private arrive(podName: string): number {
    const pod = this.podNumbers.get(podName) ?? this.newPod(podName);
    this.pods[pod]!.connections++;
    this.total++;
    return pod;
  }

  private newPod(name: string): number {
    const left = this.pods.findIndex(({ connections }) => connections === 0);
    const pod = left < 0 ? this.pods.length : left;
    if (left >= 0) this.podNumbers.delete(this.pods[left]!.name);
    this.pods[pod] = { name, connections: 0 };
    this.podNumbers.set(name, pod);
    return pod;
  }

  private disconnect(client: number): void {
    this.columns.disconnected(client);
    if (this.channels.size > 0) this.channels.delete(client);
    this.pods[this.columns.podOf(client)]!.connections--;
    this.total--;
  }
}

/** The far end of a connection that is an object. */
class ClientConnection implements Connection {
  constructor(
    private readonly clients: SimulatedClients,
    private readonly client: number,
  ) {}

  closed(cause: CloseCause): void {
    this.clients.closed([this.client], cause);
  }

  deliver(delivery: Delivery): void {
    this.clients.deliver(this.client, delivery);
  }
}

const OFFLINE = new TextEncoder().encode('offline');

function willOf(clientId: string, delaySeconds: number): Will {
  return { topic: `wills/${clientId}`, payload: OFFLINE, qos: 1, delaySeconds };
}
