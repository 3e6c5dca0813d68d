import { type IClientOptions, type MqttClient, connect as mqttConnect } from 'mqtt';
import { Cleanup, next } from './test-world';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

const VERSIONS = [
  ['MQTT 3.1', { protocolId: 'MQIsdp', protocolVersion: 3 }],
  ['MQTT 3.1.1', { protocolVersion: 4 }],
  ['MQTT 5', { protocolVersion: 5 }],
] as const satisfies [string, IClientOptions][];

/** The next message of a client, as text. */
async function message(client: MqttClient): Promise<string> {
  const [topic, payload, packet] = (await next(client, 'message')) as [string, Buffer, { qos: number; dup: boolean }];
  return `${topic} ${payload.toString()} qos ${packet.qos}`;
}

describe.each(VERSIONS)('a client of %s', (_name, version) => {
  it('publishes and receives QoS 0 and 1 across two nodes', async () => {
    const { world, connect } = await cleanup.sandbox(['emqx-0', 'emqx-1']);
    world.front.update(['emqx-0']);
    const subscriber = await connect({ clientId: 'subscriber', ...version });
    world.front.update(['emqx-1']);
    const publisher = await connect({ clientId: 'publisher', ...version });
    expect(world.node('emqx-0').sessions.live.size).toBe(1);
    expect(world.node('emqx-1').sessions.live.size).toBe(1);

    const [granted] = await subscriber.subscribeAsync('a/+', { qos: 2 });
    expect(granted?.qos).toBe(1);
    for (const qos of [0, 1, 2] as const) {
      const received = message(subscriber);
      await publisher.publishAsync('a/b', `with ${qos}`, { qos });
      expect(await received).toBe(`a/b with ${qos} qos ${Math.min(qos, 1)}`);
    }
    await subscriber.unsubscribeAsync('a/+');
    await subscriber.subscribeAsync('end');
    const last = message(subscriber);
    await publisher.publishAsync('a/b', 'not for the subscriber');
    await publisher.publishAsync('end', '.');
    expect(await last).toBe('end . qos 0');
  });

  it('finds its session and what was queued after it moved to another node', async () => {
    const { world, connect } = await cleanup.sandbox(['blue-0', 'green-0']);
    world.front.update(['blue-0']);
    const expiry = version.protocolVersion === 5 ? { properties: { sessionExpiryInterval: 3600 } } : {};
    const options: IClientOptions = { clientId: 'device', clean: false, ...version, ...expiry };
    const before = await connect(options);
    await before.subscribeAsync('jobs', { qos: 1 });
    await before.endAsync();
    expect(world.node('blue-0').sessions.channels).toBe(1);

    world.front.update(['green-0']);
    const publisher = await connect({ clientId: 'publisher' });
    await publisher.publishAsync('jobs', 'queued', { qos: 1 });

    const after = mqttConnect({ host: '127.0.0.1', port: publisher.options.port!, reconnectPeriod: 0, ...options });
    cleanup.add(() => after.endAsync(true));
    const received = message(after);
    const [connack] = await next(after, 'connect');
    // MQTT 3.1 has no session present flag.
    expect(connack).toMatchObject({ sessionPresent: version.protocolVersion !== 3 });
    expect(await received).toBe('jobs queued qos 1');
    expect(world.node('blue-0').sessions.channels).toBe(0);
  });

  it('sees its eviction as it should, and loses its will to it', async () => {
    const { world, connect } = await cleanup.sandbox(['blue-0', 'green-0']);
    world.front.update(['green-0']);
    const watcher = await connect({ clientId: 'watcher' });
    await watcher.subscribeAsync('wills/#', { qos: 1 });
    world.front.update(['blue-0']);
    const will = { topic: 'wills/device', payload: Buffer.from('gone'), qos: 1 as const };
    const client = await connect({ clientId: 'device', will, ...version });
    const seen: unknown[] = [];
    client.on('disconnect', ({ reasonCode, properties }) => seen.push({ reasonCode, ...properties }));
    const closed = next(client, 'close');
    const lastWords = message(watcher);
    world.evacuate('blue-0', { redirect_to: 'other:1883' });
    await closed;
    expect(seen).toEqual(version.protocolVersion === 5 ? [{ reasonCode: 0x9c, serverReference: 'other:1883' }] : []);
    expect(await lastWords).toBe('wills/device gone qos 1');
  });

  it('is refused by a node that is evacuated, and by a full license', async () => {
    const refusal = async (port: number): Promise<unknown> => {
      const client = mqttConnect({ host: '127.0.0.1', port, reconnectPeriod: 0, clientId: 'device', ...version });
      cleanup.add(() => client.endAsync(true));
      const [error] = await next(client, 'error');
      return error;
    };
    const evacuated = await cleanup.sandbox(['blue-0', 'green-0']);
    evacuated.world.evacuate('blue-0');
    evacuated.world.front.update(['blue-0']);
    expect(await refusal(evacuated.port)).toMatchObject({ code: version.protocolVersion === 5 ? 0x9c : 3 });

    const full = await cleanup.sandbox(['green-0'], { licensedConnections: 0 });
    expect(await refusal(full.port)).toMatchObject({ code: version.protocolVersion === 5 ? 0x97 : 3 });
  });

  it('is told nothing when its node dies', async () => {
    const { world, connect } = await cleanup.sandbox(['emqx-0']);
    const client = await connect({ clientId: 'device', ...version });
    const seen = jest.fn();
    client.on('disconnect', seen);
    const closed = next(client, 'close');
    world.node('emqx-0').kill();
    await closed;
    expect(seen).not.toHaveBeenCalled();
  });

  it('leaves without its will when it says goodbye', async () => {
    const { world, connect } = await cleanup.sandbox(['emqx-0']);
    const will = { topic: 'wills/device', payload: Buffer.from('gone'), qos: 1 as const };
    const client = await connect({ clientId: 'device', will, ...version });
    const watcher = await connect({ clientId: 'watcher' });
    await watcher.subscribeAsync('#', { qos: 1 });
    const first = message(watcher);
    await client.endAsync();
    await watcher.publishAsync('end', '.', { qos: 1 });
    expect(await first).toBe('end . qos 1');
    expect(world.node('emqx-0').sessions.live.size).toBe(1);
  });
});

it('tells an MQTT 5 client that another one has taken its session over', async () => {
  const { connect } = await cleanup.sandbox(['emqx-0', 'emqx-1']);
  const first = await connect({ clientId: 'twin', protocolVersion: 5 });
  const told = next(first, 'disconnect');
  await connect({ clientId: 'twin', protocolVersion: 5 });
  expect((await told)[0]).toMatchObject({ reasonCode: 0x8e });
});

it('gives a client without an id one of its own, and tells an MQTT 5 client', async () => {
  const { world, connect, port } = await cleanup.sandbox(['emqx-0']);
  const client = mqttConnect({ host: '127.0.0.1', port, reconnectPeriod: 0, clientId: '', protocolVersion: 5 });
  cleanup.add(() => client.endAsync(true));
  const [connack] = await next(client, 'connect');
  expect(connack).toMatchObject({ properties: { assignedClientIdentifier: expect.stringMatching(/^unnamed-\d+$/) } });
  await connect({ clientId: '', protocolVersion: 4 });
  expect(world.node('emqx-0').sessions.live.size).toBe(2);
});
