import type { EmqxRequest } from '../../../src/emqx/transport';
import { SimulatedEmqxTransport } from '../../../src/simulator/emqx/transport';
import { AUTHORIZATION, Fixture } from './cluster-fixture';

const POD = { namespace: 'default', name: 'emqx-ee-0' };

const read = (path: string, timeoutMs = 1000): EmqxRequest => ({
  method: 'GET',
  path: `/api/v4${path}`,
  headers: { Authorization: AUTHORIZATION },
  timeoutMs,
});

async function scene() {
  const fixture = await Fixture.booted({ timings: { sessionMoveMs: 100 } });
  const transport = new SimulatedEmqxTransport(fixture.clock, ({ name }) => fixture.nodes[Number(name.slice(-1))], 6);
  return { fixture, transport };
}

test('an exchange takes its latency', async () => {
  const { fixture, transport } = await scene();
  const startedAt = fixture.clock.now();
  await fixture.clock.run(async () => {
    const answer = await transport.exchange(POD, read('/load_rebalance/status'));
    expect([answer.status, answer.body, fixture.clock.now() - startedAt]).toEqual([200, '{"status":"disabled"}', 6]);
  });
});

test('no pod, or a node that does not listen, refuses the connection', async () => {
  const { fixture, transport } = await scene();
  fixture.node(0).kill();
  await fixture.clock.run(async () => {
    for (const pod of [POD, { ...POD, name: 'emqx-ee-9' }]) {
      await expect(transport.exchange(pod, read('/nodes'))).rejects.toMatchObject({ code: 'refused' });
    }
  });
});

test('a node that moves sessions makes the caller time out', async () => {
  const { fixture, transport } = await scene();
  fixture.connectPersistent(0, 100);
  await fixture.start(0, { wait_takeover: 1 });
  await fixture.clock.advance(2_500);
  const startedAt = fixture.clock.now();
  await fixture.clock.run(async () => {
    const late = transport.exchange(POD, read('/load_rebalance/status', 3000));
    await expect(late).rejects.toMatchObject({ code: 'timeout' });
    expect(fixture.clock.now() - startedAt).toBe(3000);
    expect((await transport.exchange(POD, read('/node_eviction/status'))).status).toBe(200);
  });
});

test('the caller may give up', async () => {
  const { fixture, transport } = await scene();
  await fixture.clock.run(async () => {
    const abort = new AbortController();
    const asked = transport.exchange(POD, read('/nodes'), abort.signal);
    abort.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
  });
});

test('the caller may give up while a node moves sessions, which answers nobody meanwhile', async () => {
  const { fixture, transport } = await scene();
  fixture.connectPersistent(0, 100);
  await fixture.start(0, { wait_takeover: 1 });
  await fixture.clock.advance(2_500);
  await fixture.clock.run(async () => {
    const abort = new AbortController();
    const asked = transport.exchange(POD, read('/load_rebalance/status', 60_000), abort.signal);
    const startedAt = fixture.clock.now();
    await fixture.clock.sleep(100);
    abort.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
    expect(fixture.clock.now() - startedAt).toBe(100);
  });
});
