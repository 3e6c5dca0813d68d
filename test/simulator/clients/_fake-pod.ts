import type {
  Channel,
  CloseCause,
  ConnectAnswer,
  Connection,
  ConnectRequest,
  Delivery,
} from '../../../src/simulator/emqx/types';
import type { Listener } from '../../../src/simulator/traffic-front';

interface FakeSession {
  filters: Set<string>;
  /** Payloads not acknowledged yet, by packet id. */
  waiting: Map<number, Delivery>;
}

/** Sessions that a set of fake pods share, as the nodes of a cluster do. */
export class FakeSessions extends Map<string, FakeSession> {
  publish(topic: string): void {
    for (const { filters, waiting } of this.values()) {
      if (!filters.has(topic)) continue;
      const packetId = waiting.size + 1;
      waiting.set(packetId, { topic, payload: new Uint8Array(), qos: 1, dup: false, packetId });
    }
  }
}

/** The least that answers like a node: the contract of `Connection` and `Channel`, by the book. */
export class FakePod implements Listener {
  refuseWith: 0x9c | 0x97 | undefined;
  readonly requests: ConnectRequest[] = [];
  readonly open = new Map<string, Connection>();
  subscribes = 0;

  constructor(private readonly sessions = new FakeSessions()) {}

  connect(request: ConnectRequest, connection: Connection): ConnectAnswer {
    this.requests.push(request);
    if (this.refuseWith !== undefined) return { accepted: false, reasonCode: this.refuseWith };
    const { clientId } = request;
    this.end(clientId, { kind: 'taken-over', reasonCode: 0x8e });
    const sessionPresent = !request.cleanStart && this.sessions.has(clientId);
    if (request.cleanStart) this.sessions.delete(clientId);
    else if (!sessionPresent) this.sessions.set(clientId, { filters: new Set(), waiting: new Map() });
    this.open.set(clientId, connection);
    const channel = this.channel(clientId, connection);
    queueMicrotask(() => {
      if (this.open.get(clientId) !== connection) return;
      for (const delivery of this.sessions.get(clientId)?.waiting.values() ?? []) connection.deliver(delivery);
    });
    return { accepted: true, sessionPresent, channel };
  }

  /** The first `count` clients are disconnected. */
  evict(count: number): void {
    for (const clientId of [...this.open.keys()].slice(0, count)) {
      this.end(clientId, { kind: 'evicted', reasonCode: 0x9c });
    }
  }

  shutdown(): void {
    for (const clientId of [...this.open.keys()]) this.end(clientId, { kind: 'shutdown' });
  }

  private end(clientId: string, cause: CloseCause): void {
    const connection = this.open.get(clientId);
    this.open.delete(clientId);
    connection?.closed(cause);
  }

  private channel(clientId: string, connection: Connection): Channel {
    const session = () => (this.open.get(clientId) === connection ? this.sessions.get(clientId) : undefined);
    return {
      clientId,
      subscribe: (filter) => {
        this.subscribes++;
        session()?.filters.add(filter);
        return 1;
      },
      unsubscribe: (filter) => void session()?.filters.delete(filter),
      publish: () => undefined,
      acknowledge: (packetId) => void session()?.waiting.delete(packetId),
      close: () => {
        if (this.open.get(clientId) === connection) this.open.delete(clientId);
      },
    };
  }
}
