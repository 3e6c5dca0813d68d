import { spawn, spawnSync } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { type IClientOptions, type MqttClient, connect as mqttConnect } from 'mqtt';
import { Cleanup, movable, next } from './test-world';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

interface Packet {
  topic: string;
  payload: Buffer;
  retain: boolean;
  properties?: Record<string, unknown>;
}

/** All messages that a client gets, as they come. */
function inbox(client: MqttClient) {
  const packets: Packet[] = [];
  const looks = new Set<() => void>();
  client.on('message', (_topic, _payload, packet) => {
    packets.push(packet as Packet);
    for (const look of looks) look();
  });
  const texts = () => packets.map(({ topic, payload, retain }) => `${topic} ${payload}${retain ? ' (kept)' : ''}`);
  /** Resolves with all messages once this one is among them. */
  const until = (wanted: string): Promise<string[]> =>
    new Promise((resolve) => {
      const look = () => {
        if (texts().includes(wanted)) resolve(texts());
      };
      looks.add(look);
      look();
    });
  return { packets, texts, until };
}

const V5: IClientOptions = { protocolVersion: 5 };

describe('a message that is kept', () => {
  it.each([3, 4, 5] as const)(
    'is sent to those of MQTT version %i who subscribe later, until it is taken away',
    async (protocolVersion) => {
      const { connect } = await cleanup.sandbox(['emqx-0', 'emqx-1']);
      const options: IClientOptions = { protocolVersion, ...(protocolVersion === 3 && { protocolId: 'MQIsdp' }) };
      const publisher = await connect({ clientId: 'publisher', ...options });
      await publisher.publishAsync('state/a', 'one', { retain: true, qos: 1 });
      await publisher.publishAsync('state/a', 'two', { retain: true, qos: 1 });
      await publisher.publishAsync('state/b', 'gone', { retain: true, qos: 1 });
      await publisher.publishAsync('state/b', '', { retain: true, qos: 1 });
      const subscriber = await connect({ clientId: 'subscriber', ...options });
      const { until } = inbox(subscriber);
      await subscriber.subscribeAsync('state/+', { qos: 1 });
      await until('state/a two (kept)');
      await publisher.publishAsync('state/a', 'three', { retain: true, qos: 1 });
      expect(await until('state/a three')).toEqual(['state/a two (kept)', 'state/a three']);
    },
  );

  it('comes as the subscription asks for it', async () => {
    const { connect } = await cleanup.sandbox(['emqx-0']);
    const publisher = await connect({ clientId: 'publisher', ...V5 });
    await publisher.publishAsync('state', 'kept', { retain: true, qos: 1 });
    const subscriber = await connect({ clientId: 'subscriber', ...V5 });
    const { until, texts } = inbox(subscriber);
    await subscriber.subscribeAsync('state', { qos: 1, rh: 2, rap: true }); // never, and as published
    await publisher.publishAsync('state', 'new', { retain: true, qos: 1 });
    await until('state new (kept)');
    await subscriber.subscribeAsync('state', { qos: 1, rh: 1 }); // only if it is a new one
    await publisher.publishAsync('state', 'end', { qos: 1 });
    await until('state end');
    expect(texts()).toEqual(['state new (kept)', 'state end']);
  });

  it('is the will of a client that wants it so', async () => {
    const { connect } = await cleanup.sandbox(['emqx-0']);
    const will = { topic: 'wills/a', payload: Buffer.from('lost'), qos: 1 as const, retain: true };
    const client = await connect({ clientId: 'a', will });
    const watcher = await connect({ clientId: 'watcher' });
    const before = inbox(watcher);
    await watcher.subscribeAsync('wills/#', { qos: 1 });
    client.stream.destroy();
    await before.until('wills/a lost');
    const late = await connect({ clientId: 'late' });
    const after = inbox(late);
    await late.subscribeAsync('wills/#', { qos: 1 });
    await after.until('wills/a lost (kept)');
  });
});

describe('a subscription', () => {
  it.each(['$share/workers/jobs/+', '$queue/jobs/+'])(
    '%s is shared: each message is for one of the group',
    async (filter) => {
      const { connect } = await cleanup.sandbox(['emqx-0', 'emqx-1']);
      const clients = await Promise.all(['a', 'b'].map((clientId) => connect({ clientId, ...V5 })));
      const inboxes = clients.map(inbox);
      const watcher = await connect({ clientId: 'watcher' });
      const all = inbox(watcher);
      await watcher.subscribeAsync('jobs/+', { qos: 1 });
      for (const client of clients) await client.subscribeAsync(filter, { qos: 1 });
      const jobs = Array.from({ length: 10 }, (_, index) => `jobs/${index} do`);
      for (const job of jobs) await watcher.publishAsync(job.split(' ')[0]!, 'do', { qos: 1 });
      expect(await all.until('jobs/9 do')).toEqual(jobs);
      // Each has got its own by the answer to a message of its own.
      for (const [index, client] of clients.entries()) {
        await client.subscribeAsync('end');
        await client.publishAsync('end', '.');
        await inboxes[index]!.until('end .');
      }
      const shares = inboxes.map(({ texts }) => texts().filter((one) => one !== 'end .'));
      expect(shares.map(({ length }) => length)).toEqual([5, 5]);
      expect(shares.flat().sort()).toEqual(jobs);
      await clients[0]!.unsubscribeAsync(filter);
      await watcher.publishAsync('jobs/x', 'do', { qos: 1 });
      await inboxes[1]!.until('jobs/x do');
    },
  );

  it('without messages of one’s own gets those of others alone, each with its number', async () => {
    const { connect } = await cleanup.sandbox(['emqx-0']);
    const one = await connect({ clientId: 'one', ...V5 });
    const other = await connect({ clientId: 'other', ...V5 });
    const { until, packets } = inbox(one);
    await one.subscribeAsync('chat', { qos: 1, nl: true, properties: { subscriptionIdentifier: 42 } });
    await one.publishAsync('chat', 'mine', { qos: 1 });
    await other.publishAsync('chat', 'theirs', { qos: 1 });
    expect(await until('chat theirs')).toEqual(['chat theirs']);
    expect(packets[0]?.properties).toMatchObject({ subscriptionIdentifier: 42 });
  });

  it('of $SYS is refused', async () => {
    const { connect } = await cleanup.sandbox(['emqx-0']);
    const client = await connect({ clientId: 'curious', ...V5 });
    await expect(client.subscribeAsync('$SYS/#')).rejects.toThrow(/Not authorized/);
  });
});

describe('a message of MQTT 5', () => {
  it('brings along what was said with it', async () => {
    const { connect } = await cleanup.sandbox(['emqx-0', 'emqx-1']);
    const subscriber = await connect({ clientId: 'subscriber', ...V5 });
    const old = await connect({ clientId: 'old', protocolVersion: 4 });
    const [mine, theirs] = [inbox(subscriber), inbox(old)];
    for (const client of [subscriber, old]) await client.subscribeAsync('a', { qos: 1 });
    const properties = {
      payloadFormatIndicator: true,
      contentType: 'text/plain',
      responseTopic: 'answers/1',
      correlationData: Buffer.from([1, 2, 3]),
      userProperties: { trace: 'x', tags: ['a', 'b'] },
    };
    const publisher = await connect({ clientId: 'publisher', ...V5 });
    await publisher.publishAsync('a', 'hello', { qos: 1, properties });
    await mine.until('a hello');
    expect(mine.packets[0]?.properties).toMatchObject(properties);
    await theirs.until('a hello');
    expect(theirs.packets[0]?.properties).toBeUndefined();
  });

  it('expires while its client is away, and says how long it is good for', async () => {
    const { world, connect } = await cleanup.sandbox(['emqx-0'], {}, movable);
    const options: IClientOptions = {
      clientId: 'device',
      clean: false,
      ...V5,
      properties: { sessionExpiryInterval: 3600 },
    };
    const before = await connect(options);
    await before.subscribeAsync('jobs/+', { qos: 1 });
    await before.endAsync();
    const publisher = await connect({ clientId: 'publisher', ...V5 });
    const publish = (topic: string, messageExpiryInterval: number) =>
      publisher.publishAsync(topic, 'do', { qos: 1, properties: { messageExpiryInterval } });
    await publish('jobs/short', 5);
    await publish('jobs/long', 600);
    await publisher.publishAsync('jobs/short', 'kept', {
      retain: true,
      qos: 1,
      properties: { messageExpiryInterval: 5 },
    });
    world.clock.pass(60_000);
    const after = await connectLater(publisher, options);
    const { until, packets } = after;
    expect(await until('jobs/long do')).toEqual(['jobs/long do']);
    const left = Number(packets[0]?.properties?.messageExpiryInterval);
    expect(left).toBeGreaterThan(500);
    expect(left).toBeLessThanOrEqual(540);
  });

  it('may name its topic by a number', async () => {
    const { connect } = await cleanup.sandbox(['emqx-0']);
    const subscriber = await connect({ clientId: 'subscriber', ...V5 });
    const { until } = inbox(subscriber);
    await subscriber.subscribeAsync('a/long/topic', { qos: 1 });
    const publisher = await connect({ clientId: 'publisher', ...V5, autoAssignTopicAlias: true });
    for (const payload of ['1', '2', '3']) await publisher.publishAsync('a/long/topic', payload, { qos: 1 });
    expect(await until('a/long/topic 3')).toEqual(['1', '2', '3'].map((payload) => `a/long/topic ${payload}`));
  });
});

/** Connects a client whose messages are caught from the first on. */
async function connectLater(beside: MqttClient, options: IClientOptions) {
  const client = mqttConnect({ host: '127.0.0.1', port: beside.options.port!, reconnectPeriod: 0, ...options });
  cleanup.add(() => client.endAsync(true));
  const caught = inbox(client);
  await next(client, 'connect');
  return caught;
}

it('a client that takes few messages at a time gets the next one when it has acknowledged', async () => {
  const { connect } = await cleanup.sandbox(['emqx-0']);
  const subscriber = await connect({ clientId: 'subscriber', ...V5, properties: { receiveMaximum: 2 } });
  let unacknowledged = 0;
  let most = 0;
  const acknowledge: (() => void)[] = [];
  subscriber.handleMessage = (_packet, done) => {
    most = Math.max(most, ++unacknowledged);
    acknowledge.push(() => {
      unacknowledged--;
      done();
    });
    setImmediate(() => acknowledge.shift()?.());
  };
  const { until } = inbox(subscriber);
  await subscriber.subscribeAsync('a', { qos: 1 });
  const publisher = await connect({ clientId: 'publisher', ...V5 });
  await Promise.all(Array.from({ length: 20 }, (_, index) => publisher.publishAsync('a', String(index), { qos: 1 })));
  await until('a 19');
  expect(most).toBeLessThanOrEqual(2);
});

const hasMosquitto = spawnSync('mosquitto_sub', ['--help']).error === undefined;
const mosquitto = hasMosquitto ? describe : describe.skip;

mosquitto(`mosquitto_pub and mosquitto_sub${hasMosquitto ? '' : ' (skipped: not installed)'}`, () => {
  const at = (port: number, ...words: string[]) => ['-h', '127.0.0.1', '-p', String(port), ...words];
  /** Publishes, or subscribes until so many messages have come; what was written. */
  async function ran(command: string, words: string[]): Promise<string> {
    const child = spawn(command, words);
    cleanup.add(() => child.kill());
    const [out, error] = await Promise.all([text(child.stdout), text(child.stderr)]);
    expect(error).toBe('');
    return out;
  }

  it.each(['mqttv31', 'mqttv311', 'mqttv5'])('keep, share and get messages by %s', async (version) => {
    const { port } = await cleanup.sandbox(['emqx-0', 'emqx-1']);
    await ran('mosquitto_pub', at(port, '-V', version, '-t', 'state/a', '-m', 'kept', '-r', '-q', '1'));
    const words = ['-V', version, '-C', '1', '-q', '1', '-F', '%t %p %r'];
    expect(await ran('mosquitto_sub', at(port, ...words, '-t', 'state/#'))).toBe('state/a kept 1\n');
  });

  it('bring properties along, and answer requests', async () => {
    const { port, connect } = await cleanup.sandbox(['emqx-0']);
    const answering = await connect({ clientId: 'answering', ...V5 });
    answering.on('message', (_topic, payload, { properties }) => {
      const { responseTopic, correlationData } = properties ?? {};
      answering.publish(responseTopic!, `${payload}!`, { properties: { correlationData: correlationData! } });
    });
    await answering.subscribeAsync('$share/all/requests', { qos: 1 });
    const words = [
      '-t',
      'requests',
      '-e',
      'answers',
      '-m',
      'hello',
      '-V',
      'mqttv5',
      '-D',
      'publish',
      'correlation-data',
      '7',
    ];
    expect(await ran('mosquitto_rr', at(port, ...words))).toBe('hello!\n');
  });
});
