import type { Channel } from '../emqx/types';
import { type ClientGroup, completeGroup } from './client-group';
import { type LostDevices, lostDevices, type NumberedGroup } from './lost-devices';
import { payloadOf } from './message-ledger';
import { SimulatedClient, type Surroundings } from './simulated-client';

const CHECK_MESSAGE = new TextEncoder().encode('queued while away');

export interface PopulationOptions extends Omit<Surroundings, 'connections'> {
  /**
   * Rate at which `connectAll` and `returnDevices` let clients make their first attempt, per second.
   *
   * @default 1000 (what one TCP listener of EMQX 4.4 accepts)
   */
  connectPerSecond?: number;
}

/**
 * The simulated clients of a cluster. What they see is in the ledger; here is only which client is connected where.
 *
 * Clients notice the end of a connection when the node ends it; keep-alive, and so a node that falls silent with
 * connections open, is not modelled.
 */
export class Population {
  private readonly fresh: SimulatedClient[] = [];
  private readonly away: SimulatedClient[] = [];
  private readonly persistent: SimulatedClient[] = [];
  private readonly byPod = new Map<string, number>();
  private readonly groups: NumberedGroup[] = [];
  private total = 0;

  /** @throws RangeError when the rate or a group cannot be, or two groups share their name. */
  constructor(
    private readonly options: PopulationOptions,
    groups: readonly ClientGroup[],
  ) {
    const { connectPerSecond = 1000 } = options;
    if (!(connectPerSecond > 0)) throw new RangeError(`'connectPerSecond' (${connectPerSecond}) must be above 0`);
    const surroundings: Surroundings = {
      clock: options.clock,
      random: options.random,
      front: options.front,
      ledger: options.ledger,
      connections: (podName, change) => this.count(podName, change),
    };
    const names = new Set<string>();
    for (const group of groups.map(completeGroup)) {
      if (names.has(group.name)) throw new RangeError(`client group '${group.name}' must be unique`);
      names.add(group.name);
      for (let index = 0; index < group.count; index++) {
        const client = new SimulatedClient(surroundings, group, index, options.ledger.register());
        if (index === 0) this.groups.push({ group, first: client.number });
        this.fresh.push(client);
        if (group.persistent) this.persistent.push(client);
      }
    }
  }

  /** How many clients are connected now. */
  get connected(): number {
    return this.total;
  }

  /** Who never tries to connect again. */
  get lost(): LostDevices[] {
    return lostDevices(this.groups, this.options.ledger);
  }

  /** Connections by pod; a pod without any is left out. */
  connectionsByPod(): Map<string, number> {
    return new Map(this.byPod);
  }

  /**
   * Connects every client that is not connected yet; resolves when each is, or never tries again, and the devices that are to be
   * offline have disconnected.
   */
  connectAll(): Promise<void> {
    return this.ramp(this.fresh.splice(0), (client) => {
      if (!client.group.offline || !client.isConnected) return;
      client.leave();
      this.away.push(client);
    });
  }

  /** Publishes one QoS 1 message to each offline device. */
  queueMessages(publisher: Pick<Channel, 'publish'>): void {
    for (const device of this.away) {
      this.options.ledger.queued(device.number);
      publisher.publish({ topic: device.topic, payload: CHECK_MESSAGE, qos: 1 });
    }
  }

  /** Publishes one numbered QoS 1 message to each client that has had a session, connected or not: see `ClientLedger.messages`. */
  publishToSessions(publisher: Pick<Channel, 'publish'>): void {
    for (const client of this.persistent) {
      if (!client.hasSubscribed) continue;
      const message = this.options.ledger.messages.acknowledged(client.number);
      publisher.publish({ topic: client.topic, payload: payloadOf(message), qos: 1 });
    }
  }

  /** Reconnects all offline devices; resolves when each is connected, or never tries again. */
  returnDevices(): Promise<void> {
    return this.ramp(this.away.splice(0), () => undefined);
  }

  /** Starts the clients one after the other at `connectPerSecond`; resolves when all were connected, or never try again. */
  private ramp(clients: readonly SimulatedClient[], settled: (client: SimulatedClient) => void): Promise<void> {
    const { clock, connectPerSecond = 1000 } = this.options;
    const startedAt = clock.now();
    return new Promise((resolve) => {
      let started = 0;
      let missing = clients.length;
      const arrived = (client: SimulatedClient) => {
        settled(client);
        // What the node does at once for the last client, such as sending what it missed, comes before.
        if (--missing === 0) clock.scheduleWaking(0, resolve);
      };
      const startDue = () => {
        const due = ((clock.now() - startedAt) * connectPerSecond) / 1000;
        do clients[started++]!.start(arrived);
        while (started <= due && started < clients.length);
        if (started === clients.length) return;
        const nextAt = startedAt + Math.ceil((started * 1000) / connectPerSecond);
        clock.schedule(nextAt - clock.now(), startDue);
      };
      if (missing === 0) resolve();
      else startDue();
    });
  }

  private count(podName: string, change: 1 | -1): void {
    this.total += change;
    const connections = (this.byPod.get(podName) ?? 0) + change;
    if (connections === 0) this.byPod.delete(podName);
    else this.byPod.set(podName, connections);
  }
}
