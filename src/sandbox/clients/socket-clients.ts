import { connectAsync } from 'mqtt';
import { type ClientGroup, completeGroup } from '../../simulator/clients/client-group';
import type { ClientLedger } from '../../simulator/clients/client-ledger';
import { type LostDevices, lostDevices, type NumberedGroup } from '../../simulator/clients/lost-devices';
import type { SimulatedClock } from '../../simulator/clock';
import type { Random } from '../../simulator/random';
import { LOOPBACK } from '../listen';
import { LibraryClient } from './library-client';
import { LightClient, lightTimers } from './light-client';
import { type SocketClient, type SwarmContext, topicOf } from './socket-client';

/** Clients that are alike, and how they are made: by the npm library `mqtt`, or as bare sockets with less memory. */
export interface SocketClientGroup extends ClientGroup {
  kind: 'library' | 'light';
}

export interface SocketClientsOptions {
  /** The port on the loopback interface that they connect to. */
  port: number;
  clock: SimulatedClock;
  random: Random;
  ledger: ClientLedger;
}

/** How many clients connect at the same time: few enough for the backlog of any listener. */
const CONNECTS_AT_ONCE = 200;

/**
 * A swarm of real MQTT clients, for demos: the counterpart of the simulated `Population`, with the same ledger.
 *
 * An MQTT 3.1.1 client does not learn why its connection ended: in the ledger all such ends are evictions.
 */
export class SocketClients {
  private readonly clients: SocketClient[] = [];
  private readonly fresh: SocketClient[] = [];
  private readonly away: SocketClient[] = [];
  private readonly groups: NumberedGroup[] = [];
  private stopped = false;

  /** @throws RangeError when a group cannot be, or two groups share their name. */
  constructor(
    private readonly options: SocketClientsOptions,
    groups: readonly SocketClientGroup[],
  ) {
    const { clock, ledger, random, port } = options;
    const context: SwarmContext = { port, clock, random, ledger };
    const timers = lightTimers(clock);
    const names = new Set<string>();
    for (const { kind, ...rest } of groups) {
      const group = completeGroup(rest);
      if (names.has(group.name)) throw new RangeError(`client group '${group.name}' must be unique`);
      names.add(group.name);
      for (let index = 0; index < group.count; index++) {
        const identity = { group, clientId: `${group.name}-${index}`, number: ledger.register() };
        if (index === 0) this.groups.push({ group, first: identity.number });
        const client =
          kind === 'light' ? new LightClient(context, timers, identity) : new LibraryClient(context, identity);
        this.clients.push(client);
        this.fresh.push(client);
      }
    }
  }

  /** How many clients are connected now. */
  get connected(): number {
    return this.clients.reduce((sum, client) => sum + (client.isConnected ? 1 : 0), 0);
  }

  /** Who never tries to connect again. */
  get lost(): LostDevices[] {
    return lostDevices(this.groups, this.options.ledger);
  }

  /**
   * Connects every client that is not connected yet; resolves when each is, or never tries again, and the devices that are to be
   * offline have disconnected.
   */
  connectAll(): Promise<void> {
    return this.ramp(this.fresh.splice(0), async (client) => {
      await client.start();
      if (!client.identity.group.offline || !client.isConnected || this.stopped) return;
      await client.leave();
      this.away.push(client);
    });
  }

  /** Publishes one QoS 1 message to each offline device; resolves when a node has accepted all of them. */
  async queueMessages(): Promise<void> {
    const publisher = await connectAsync({
      host: LOOPBACK,
      port: this.options.port,
      clientId: 'publisher',
      reconnectOnConnackError: true,
    });
    try {
      const published = this.away.map((device) => {
        this.options.ledger.queued(device.identity.number);
        return publisher.publishAsync(topicOf(device.identity), 'queued while away', { qos: 1 });
      });
      await Promise.all(published);
    } finally {
      await publisher.endAsync();
    }
  }

  /** Reconnects all offline devices; resolves when each is connected, or never tries again. */
  returnDevices(): Promise<void> {
    return this.ramp(this.away.splice(0), (client) => client.start());
  }

  /** Ends all clients, for good. */
  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.clients.map((client) => client.stop()));
  }

  private async ramp(clients: readonly SocketClient[], one: (client: SocketClient) => Promise<void>): Promise<void> {
    const rest = clients.values();
    const worker = async () => {
      for (const client of rest) {
        if (this.stopped) return;
        await one(client);
      }
    };
    await Promise.all(Array.from({ length: CONNECTS_AT_ONCE }, worker));
  }
}

/**
 * The fleet of the demo: clean clients of both kinds, and offline devices with a persistent session; one in ten of
 * the library's clients is persistent. Half of each speak MQTT 3.1.1, half MQTT 5.
 */
export function demoFleet(clients: { library: number; light: number; devices: number }): SocketClientGroup[] {
  const halves = (
    name: string,
    count: number,
    rest: Omit<SocketClientGroup, 'name' | 'count' | 'protocolVersion'>,
  ): SocketClientGroup[] => [
    { name: `${name}-v3`, count: Math.ceil(count / 2), protocolVersion: 4, ...rest },
    { name: `${name}-v5`, count: Math.floor(count / 2), protocolVersion: 5, ...rest },
  ];
  const persistent = Math.ceil(clients.library / 10);
  return [
    ...halves('library', clients.library - persistent, { kind: 'library' }),
    ...halves('subscriber', persistent, { kind: 'library', persistent: true }),
    ...halves('light', clients.light, { kind: 'light' }),
    ...halves('device', clients.devices, { kind: 'light', persistent: true, offline: true }),
  ];
}

/**
 * A fleet of presets on sockets: the first of those that run MQTT.js are clients of that library.
 *
 * @param library most clients of the library
 */
export function presetFleet(groups: readonly ClientGroup[], library: number): SocketClientGroup[] {
  let left = library;
  return groups.flatMap((group): SocketClientGroup[] => {
    const count = group.devices?.startsWith('mqtt.js') && !group.offline ? Math.min(left, group.count) : 0;
    left -= count;
    return [
      { ...group, count, kind: 'library' as const },
      {
        ...group,
        name: count > 0 ? `${group.name}-light` : group.name,
        count: group.count - count,
        kind: 'light' as const,
      },
    ].filter((part) => part.count > 0);
  });
}
