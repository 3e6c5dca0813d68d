import { type AddressInfo, connect, createServer } from 'node:net';
import { FrontPort } from '../../src/sandbox/front-port';
import { MqttListener } from '../../src/sandbox/mqtt/mqtt-listener';
import { Cleanup, next, TestWorld } from './test-world';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

describe('the front port', () => {
  it('spreads clients over the endpoints, and follows when they change', async () => {
    const { world, connect } = await cleanup.sandbox(['emqx-0', 'emqx-1', 'emqx-2']);
    const live = () => ['emqx-0', 'emqx-1', 'emqx-2'].map((pod) => world.node(pod).sessions.live.size);
    await Promise.all(Array.from({ length: 60 }, (_, index) => connect({ clientId: `first-${index}` })));
    const first = live();
    expect(first.reduce((a, b) => a + b)).toBe(60);
    for (const count of first) expect(count).toBeGreaterThan(8);
    world.front.update(['emqx-2']);
    await Promise.all(Array.from({ length: 20 }, (_, index) => connect({ clientId: `second-${index}` })));
    // Who was connected stays where it is.
    expect(live()).toEqual([first[0], first[1], first[2]! + 20]);
  });

  it('resets a connection at once while there is no endpoint, and when nothing listens in the pod', async () => {
    const { world, port } = await cleanup.sandbox(['emqx-0']);
    const refused = async () => {
      const socket = connect(port, '127.0.0.1');
      const [error] = await next(socket, 'error').catch((thrown: unknown) => [thrown]);
      return error;
    };
    world.front.update([]);
    expect(await refused()).toMatchObject({ code: 'ECONNRESET' });
    world.front.update(['emqx-0']);
    world.node('emqx-0').kill();
    expect(await refused()).toMatchObject({ code: 'ECONNRESET' });
  });

  it('lets a client wait whose pod drops its packets', async () => {
    const { world, port } = await cleanup.sandbox(['emqx-0', 'emqx-1']);
    world.front.update(['emqx-0']);
    world.frozen.add('emqx-0');
    const socket = connect(port, '127.0.0.1');
    const unheard = jest.fn();
    socket.on('data', unheard);
    socket.write('anything');
    // Another one comes and goes in full meanwhile.
    await next(socket, 'connect');
    world.front.update(['emqx-1']);
    const other = connect(port, '127.0.0.1', () => other.write('nonsense'));
    await next(other, 'close');
    expect(socket.destroyed).toBe(false);
    expect(unheard).not.toHaveBeenCalled();
    socket.end();
    await next(socket, 'close');
  });

  it('takes another port when the one it is to have is taken, and says so', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await next(other, 'listening');
    cleanup.add(() => new Promise((resolve) => other.close(resolve)));
    const taken = (other.address() as AddressInfo).port;
    const world = await TestWorld.of(['emqx-0']);
    const front = new FrontPort({
      front: world.front,
      mqtt: new MqttListener(world.clock),
    });
    cleanup.add(() => front.stop());
    const { port, isSubstitute } = await front.start(taken);
    expect(isSubstitute).toBe(true);
    expect(port).not.toBe(taken);
    const socket = connect(port, '127.0.0.1');
    await next(socket, 'connect');
    socket.destroy();
  });
});
