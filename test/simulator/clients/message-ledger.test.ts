import { ClientLedger } from '../../../src/simulator/clients/client-ledger';
import { MessageLedger, messageIn, payloadOf } from '../../../src/simulator/clients/message-ledger';
import { Population } from '../../../src/simulator/clients/population';
import { SimulatedClock } from '../../../src/simulator/clock';
import { EmqxCluster, type EmqxClusterOptions } from '../../../src/simulator/emqx/cluster';
import { Random } from '../../../src/simulator/random';
import { TrafficFront } from '../../../src/simulator/traffic-front';

describe('the ledger of messages', () => {
  test('reports what was acknowledged and has not arrived', () => {
    const ledger = new MessageLedger();
    const [first, second, third] = [ledger.acknowledged(1), ledger.acknowledged(1), ledger.acknowledged(2)];
    ledger.received(1, first!);
    expect(ledger.missing()).toEqual([
      { client: 1, messages: [second] },
      { client: 2, messages: [third] },
    ]);
    ledger.received(1, second!);
    ledger.received(2, third!);
    expect(ledger.missing()).toEqual([]);
    expect(ledger).toMatchObject({ acknowledgedCount: 3, receivedCount: 3, duplicates: 0 });
  });

  test('counts a second copy, and one for somebody else, as duplicates', () => {
    const ledger = new MessageLedger();
    const message = ledger.acknowledged(1);
    ledger.received(2, message);
    ledger.received(1, message);
    ledger.received(1, message);
    expect(ledger).toMatchObject({ receivedCount: 1, duplicates: 2 });
  });

  test.each([0, 7, 123_456])('message %d is in its payload', (message) => {
    expect(messageIn(payloadOf(message))).toBe(message);
  });

  test('another payload is none of its messages', () => {
    expect(messageIn(new TextEncoder().encode('queued while away'))).toBeUndefined();
  });
});

describe('no acknowledged QoS 1 message for a session is lost', () => {
  const NODES = ['emqx-0', 'emqx-1', 'emqx-2'];

  async function population(options: Partial<EmqxClusterOptions>) {
    const clock = new SimulatedClock();
    const random = new Random(5);
    const cluster = new EmqxCluster({ clock, random: random.fork('emqx'), ...options });
    for (const name of NODES) {
      cluster.addNode({ name, version: '5.8.9', credentials: () => true }).boot();
      await clock.advance(100);
    }
    await clock.advance(5_000);
    const node = (index: number) => cluster.node(NODES[index]!)!;
    const front = new TrafficFront({
      clock,
      random,
      destinationOf: (pod) => {
        const found = cluster.node(pod);
        return found?.isListening ? found : undefined;
      },
    });
    front.update(NODES);
    const ledger = new ClientLedger(clock);
    const clients = new Population({ clock, random, front, ledger }, [
      { name: 'on', count: 20, protocolVersion: 5, persistent: true },
      { name: 'off', count: 10, protocolVersion: 4, persistent: true, offline: true },
    ]);
    const all = clients.connectAll();
    await clock.advance(5_000);
    await all;
    /** All come back, and get what their nodes have for them. */
    const missing = async () => {
      const back = clients.returnDevices();
      await clock.advance(30_000);
      await back;
      return ledger.messages.missing();
    };
    return { clock, front, node, clients, ledger, missing };
  }

  test.each([
    ['in memory', {}],
    ['durable', { durableSessions: { shards: 4 } }],
  ])('with sessions %s, while a node is evacuated', async (_, options) => {
    const { clock, front, node, clients, ledger, missing } = await population(options);
    front.update(NODES.slice(1));
    node(0).evacuation.start({
      waitHealthCheckSeconds: 0,
      connectionEvictionRate: 5,
      waitTakeoverSeconds: 1,
      sessionEvictionRate: 5,
    });
    for (let round = 0; round < 10; round++) {
      clients.publishToSessions(node(1));
      await clock.advance(1_000);
    }
    expect(await missing()).toEqual([]);
    expect(ledger.messages).toMatchObject({ acknowledgedCount: 300, receivedCount: 300 });
  });

  test('but with the node that holds the shards, although all sessions are found', async () => {
    const { front, node, clients, ledger, missing } = await population({ durableSessions: { shards: 4 } });
    clients.publishToSessions(node(1));
    front.update(NODES.slice(1));
    node(0).kill();
    clients.publishToSessions(node(1));
    const lost = await missing();
    // Those that are connected had the first at once.
    expect(lost).toHaveLength(30);
    expect(lost.reduce((sum, { messages }) => sum + messages.length, 0)).toBe(40);
    expect(ledger.report()).toMatchObject({ sessionsLost: 0, stillOffline: 0 });
  });
});
