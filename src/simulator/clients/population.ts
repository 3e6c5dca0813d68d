import type { Channel } from '../emqx/types';
import { type ClientGroup, completeGroup } from './client-group';
import { type LostDevices, lostDevices } from './lost-devices';
import { payloadOf } from './message-ledger';
import { SimulatedClients, type Surroundings } from './simulated-clients';

const CHECK_MESSAGE = new TextEncoder().encode('queued while away');

export interface PopulationOptions extends Surroundings {
  /**
   * Rate at which `connectAll` and `returnDevices` let clients make their first attempt, per second.
   *
   * @default 1000 (what one TCP listener of EMQX 4.4 accepts)
   */
  connectPerSecond?: number;
}

/** Numbers of clients, in an order. */
interface Clients {
  readonly length: number;
  at(index: number): number;
}

/**
 * The simulated clients of a cluster. What they see is in the ledger; here is only which client is connected where.
 *
 * Clients notice the end of a connection when the node ends it; keep-alive, and so a node that falls silent with
 * connections open, is not modelled.
 */
export class Population {
  private readonly clients: SimulatedClients;
  private isFresh = true;
  private away: number[] = [];

  /** @throws RangeError when the rate or a group cannot be, or two groups share their name. */
  constructor(
    private readonly options: PopulationOptions,
    groups: readonly ClientGroup[],
  ) {
    const { connectPerSecond = 1000 } = options;
    if (!(connectPerSecond > 0)) throw new RangeError(`'connectPerSecond' (${connectPerSecond}) must be above 0`);
    const complete = groups.map(completeGroup);
    const names = new Set<string>();
    for (const { name } of complete) {
      if (names.has(name)) throw new RangeError(`client group '${name}' must be unique`);
      names.add(name);
    }
    const { clock, random, front, ledger } = options;
    this.clients = new SimulatedClients({ clock, random, front, ledger }, complete);
  }

  /** How many clients are connected now. */
  get connected(): number {
    return this.clients.connected;
  }

  /** Who never tries to connect again. */
  get lost(): LostDevices[] {
    const { columns, firstNumber } = this.clients;
    const groups = columns.ranges.map(({ group, first }) => ({ group, first: firstNumber + first }));
    return lostDevices(groups, this.options.ledger);
  }

  /** Connections by pod; a pod without any is left out. */
  connectionsByPod(): Map<string, number> {
    return this.clients.connectionsByPod();
  }

  /**
   * Connects every client that is not connected yet; resolves when each is, or never tries again, and the devices that are to be
   * offline have disconnected.
   */
  connectAll(): Promise<void> {
    const { columns } = this.clients;
    const count = this.isFresh ? columns.size : 0;
    this.isFresh = false;
    const numbers = { length: count, at: (index: number) => index };
    return this.ramp(numbers, (client) => {
      if (!columns.groupOf(client).offline || !columns.isConnected(client)) return;
      this.clients.leave(client);
      this.away.push(client);
    });
  }

  /** Publishes one QoS 1 message to each offline device. */
  queueMessages(publisher: Pick<Channel, 'publish'>): void {
    for (const device of this.away) {
      this.options.ledger.queued(this.clients.firstNumber + device);
      publisher.publish({ topic: this.clients.topic(device), payload: CHECK_MESSAGE, qos: 1 });
    }
  }

  /** Publishes one numbered QoS 1 message to each client that has had a session, connected or not: see `ClientLedger.messages`. */
  publishToSessions(publisher: Pick<Channel, 'publish'>): void {
    const { columns, firstNumber } = this.clients;
    for (const { group, first } of columns.ranges) {
      if (!group.persistent) continue;
      for (let client = first; client < first + group.count; client++) {
        if (!columns.hadSession(client)) continue;
        const message = this.options.ledger.messages.acknowledged(firstNumber + client);
        publisher.publish({ topic: this.clients.topic(client), payload: payloadOf(message), qos: 1 });
      }
    }
  }

  /** Reconnects all offline devices; resolves when each is connected, or never tries again. */
  returnDevices(): Promise<void> {
    const { away } = this;
    this.away = [];
    return this.ramp({ length: away.length, at: (index) => away[index]! }, () => undefined);
  }

  /** Starts the clients one after the other at `connectPerSecond`; resolves when all were connected, or never try again. */
  private ramp(clients: Clients, settled: (client: number) => void): Promise<void> {
    const { clock, connectPerSecond = 1000 } = this.options;
    const startedAt = clock.now();
    return new Promise((resolve) => {
      let started = 0;
      let missing = clients.length;
      const arrived = (client: number) => {
        settled(client);
        // What the node does at once for the last client, such as sending what it missed, comes before.
        if (--missing === 0) clock.scheduleWaking(0, resolve);
      };
      const startDue = () => {
        const due = ((clock.now() - startedAt) * connectPerSecond) / 1000;
        const now: number[] = [];
        do now.push(clients.at(started++));
        while (started <= due && started < clients.length);
        this.clients.start(now, arrived);
        if (started === clients.length) return;
        const nextAt = startedAt + Math.ceil((started * 1000) / connectPerSecond);
        clock.schedule(nextAt - clock.now(), startDue);
      };
      if (missing === 0) resolve();
      else startDue();
    });
  }
}
