import { createServer } from 'node:http';
import { connect } from 'node:net';
import { connectAsync } from 'mqtt';
import type { KubeObject } from '../../src/kubernetes';
import { closed, LOOPBACK, listen } from '../../src/sandbox/listen';
import { LoopbackPort } from '../../src/sandbox/loopback-port';
import { MqttListener } from '../../src/sandbox/mqtt/mqtt-listener';
import { NodePorts, type ServedNodePort } from '../../src/sandbox/node-ports';
import { ObjectStore } from '../../src/simulator/kubernetes/object-store';
import { Random } from '../../src/simulator/random';
import { Cleanup, next, TestWorld } from './test-world';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

/** NodePorts that are free on most machines; the tests hold when they are not. */
const [MQTT, HTTP, NAMED] = [32_761, 32_762, 32_763];

function service(name: string, ports: object[]): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: { type: 'NodePort', ports },
  } as KubeObject;
}

const REF = { apiVersion: 'v1', kind: 'Service', namespace: 'default' };

/** The NodePorts of a world in which `ee-0` is behind every Service. */
async function opened(services: KubeObject[], httpPort?: number) {
  const world = await TestWorld.of(['ee-0']);
  const store = new ObjectStore(world.clock, new Random(1));
  const containers = [{ name: 'emqx', image: 'x', ports: [{ name: 'mqtt', containerPort: 1883 }] }];
  store.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'ee-0', namespace: 'default' },
    spec: { containers },
  } as KubeObject);
  for (const one of services) store.create(one);
  const waiting = new Set<() => void>();
  const ports = new NodePorts({
    store,
    frontOf: () => world.front,
    mqtt: new MqttListener(world.clock),
    loopbackPortOf: ({ pod, port }) => (pod === 'ee-0' && port === 8081 ? httpPort : undefined),
    changed: () => {
      for (const resume of waiting) resume();
    },
  });
  cleanup.add(() => ports.close());
  await ports.open();
  /** The ports, once there are so many. */
  const whenThere = async (count: number): Promise<ServedNodePort[]> => {
    while (ports.ports.length !== count) await new Promise<void>((resolve) => waiting.add(resolve));
    return ports.ports;
  };
  return { world, store, ports, whenThere };
}

async function clientId(port: number): Promise<string> {
  const client = await connectAsync({ host: LOOPBACK, port, clientId: 'device', reconnectPeriod: 0 });
  cleanup.add(() => client.endAsync(true));
  return client.options.clientId!;
}

async function failure(port: number): Promise<unknown> {
  const socket = connect(port, LOOPBACK);
  const [error] = await next(socket, 'error').catch((thrown: unknown) => [thrown]);
  return error;
}

test('an MQTT client comes in by the port of a Service, be its target a number or a name', async () => {
  const { world, ports } = await opened([
    service('mqtt', [{ port: 1883, targetPort: 1883, nodePort: MQTT }]),
    service('named', [{ port: 80, targetPort: 'mqtt', nodePort: NAMED }]),
  ]);
  expect(ports.ports).toMatchObject([
    { namespace: 'default', service: 'mqtt', nodePort: MQTT, isMqtt: true },
    { namespace: 'default', service: 'named', nodePort: NAMED, isMqtt: true },
  ]);
  for (const { port } of ports.ports) expect(await clientId(port)).toBe('device');
  expect(world.node('ee-0').sessions.live.size).toBe(1);
});

test('a port that is no MQTT leads to what is served in its place, or nowhere', async () => {
  const target = createServer((_, response) => response.end('management'));
  const httpPort = await listen(target);
  cleanup.add(() => closed(target));
  const { ports } = await opened(
    [
      service('all', [
        { port: 8081, nodePort: HTTP },
        { port: 8883, nodePort: NAMED },
      ]),
    ],
    httpPort,
  );
  const [http, tls] = ports.ports;
  expect(http).toMatchObject({ nodePort: HTTP, isMqtt: false });
  const answer = await fetch(`http://${LOOPBACK}:${http!.port}/`, { headers: { connection: 'close' } });
  expect(await answer.text()).toBe('management');
  expect(await failure(tls!.port)).toMatchObject({ code: 'ECONNRESET' });
});

test('ports come and go with their Services', async () => {
  const { store, ports, whenThere } = await opened([]);
  expect(ports.ports).toEqual([]);
  store.create(service('mqtt', [{ port: 1883, nodePort: MQTT }]));
  const [first] = await whenThere(1);
  expect(await clientId(first!.port)).toBe('device');
  store.update({ ...REF, name: 'mqtt' }, (draft) => {
    Object.assign(draft, { spec: { type: 'NodePort', ports: [{ port: 1883, nodePort: HTTP }] } });
    return undefined;
  });
  while (ports.ports[0]?.nodePort !== HTTP) await new Promise(setImmediate);
  expect(await failure(first!.port)).toMatchObject({ code: 'ECONNREFUSED' });
  store.delete({ ...REF, name: 'mqtt' });
  await whenThere(0);
});

test('a port that somebody else has is served on another', async () => {
  const other = new LoopbackPort((socket) => socket.destroy());
  cleanup.add(() => other.stop());
  await other.start(MQTT);
  const { ports } = await opened([service('mqtt', [{ port: 1883, nodePort: MQTT }])]);
  expect(ports.ports[0]).toMatchObject({ nodePort: MQTT });
  expect(ports.ports[0]!.port).not.toBe(MQTT);
  expect(await clientId(ports.ports[0]!.port)).toBe('device');
});

test('a Service without endpoints resets who comes', async () => {
  const { world, ports } = await opened([service('mqtt', [{ port: 1883, nodePort: MQTT }])]);
  world.front.update([]);
  expect(await failure(ports.ports[0]!.port)).toMatchObject({ code: 'ECONNRESET' });
});
