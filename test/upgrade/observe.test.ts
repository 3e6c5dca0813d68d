import { SimulatedClock } from '../../src/simulator/clock';
import type { ClusterPort, EmqxPort, NodeView, Phase } from '../../src/upgrade';
import { Observer } from '../../src/upgrade/observe';
import { BLUE, GREEN, podNames, sceneAt, viewOf } from './fixtures';

/** A run in the evacuation whose nodes can be changed, and may hang. */
function watched() {
  const clock = new SimulatedClock();
  const scene = sceneAt('evacuate');
  const nodes = new Map(scene.nodes.map((node) => [node.pod, { ...node, live: node.connections }]));
  const hanging = new Set<string>();
  const slow = new Map<string, number>();
  const asked: string[] = [];
  const answer = async <T>(what: string, pod: string, value: (node: NodeView) => T, silent: T): Promise<T> => {
    asked.push(`${what} ${pod}`);
    const answered = value({ ...nodes.get(pod)! });
    if (slow.has(pod)) await clock.sleep(slow.get(pod)!);
    if (!hanging.has(pod)) return answered;
    await clock.sleep(5_000);
    return silent;
  };
  const emqx = {
    observe: (pod: string) =>
      answer('observe', pod, ({ live: _, ...view }) => view as NodeView, {
        ...nodes.get(pod)!,
        connections: 0,
        sessions: 0,
        unreachable: 'time-out',
      }),
    count: (pod: string) =>
      answer('count', pod, ({ connections, sessions }) => ({ connections, sessions, unreachable: undefined }), {
        connections: 0,
        sessions: 0,
        unreachable: 'time-out' as string | undefined,
      } as never),
    live: (pod: string) => answer('live', pod, ({ live }) => live, undefined),
  } as unknown as EmqxPort;
  const cluster = {
    observe: async () => viewOf(scene),
    observeFresh: async () => viewOf(scene),
  } as unknown as ClusterPort;
  const observer = new Observer(clock, cluster, emqx);
  const look = (options = {}) => clock.run(() => observer.observe(scene.journal, undefined, options));
  const set = (pod: string, change: Partial<NodeView>) => Object.assign(nodes.get(pod)!, change);
  return { clock, look, set, hanging, slow, asked, observer, journal: scene.journal };
}

const blue = `${BLUE}-0`;
const green = `${GREEN}-0`;

test('devices on both sets are counted in the same look', async () => {
  const { clock, look, set } = watched();
  await look();
  set(blue, { evacuating: true, connections: 900 });
  set(green, { live: 100 });
  await clock.advance(1_200);
  const { nodes } = await look();
  expect([nodes.get(blue)!.connections, nodes.get(green)!.live]).toEqual([900, 100]);
});

test('after a change that wakes the loop early, all of them are kept, or none', async () => {
  const { clock, look, set, observer } = watched();
  await look();
  set(blue, { connections: 900 });
  set(green, { live: 100 });
  await clock.advance(500);
  const kept = await look({ keptMs: 1_000 });
  expect([kept.nodes.get(blue)!.connections, kept.nodes.get(green)!.live]).toEqual([1_000, 0]);
  observer.invalidate(blue); // it was told to stop
  const fresh = await look({ keptMs: 1_000 });
  expect([fresh.nodes.get(blue)!.connections, fresh.nodes.get(green)!.live]).toEqual([900, 100]);
});

test('in another phase no count is kept that was not asked for a moment ago: what the run ends with is reported', async () => {
  const { clock, look, set, journal } = watched();
  await look();
  await clock.advance(10_000);
  set(green, { sessions: 300, live: 300 });
  expect((await look()).nodes.get(green)).toMatchObject({ sessions: 0, live: 300 });
  // The journal had been written, but its answer was lost: the phase is seen to have changed in the middle of a look.
  journal.phase = 'release';
  expect((await look({ keptMs: 1_000 })).nodes.get(green)!.sessions).toBe(300);
});

test('nobody waits longer than half a second for a node that takes devices and hangs, and it is asked once at a time', async () => {
  const { clock, look, set, hanging, asked } = watched();
  set(green, { live: 70 });
  await look();
  hanging.add(green);
  await clock.advance(1_200);
  const before = clock.now();
  asked.length = 0;
  expect((await look()).nodes.get(green)).toMatchObject({ live: 70, unreachable: undefined });
  expect(clock.now() - before).toBe(500);
  expect((await look()).nodes.get(green)!.live).toBe(70);
  expect(clock.now() - before).toBe(500);
  expect(asked.filter((text) => text === `live ${green}`)).toHaveLength(1);
});

test('nor for an old one, unless it was ordered something; meanwhile it is taken to disconnect its share', async () => {
  const { clock, look, set, hanging, observer } = watched();
  set(blue, { evacuating: true });
  await look();
  hanging.add(blue);
  const late = async () => {
    const before = clock.now();
    const { nodes } = await look();
    const { connections, live, unreachable } = nodes.get(blue)!;
    return { connections, live, unreachable, after: clock.now() - before };
  };
  await clock.advance(1_200);
  // Its share is 34 a second.
  expect(await late()).toEqual({ connections: 1_000, live: 942, unreachable: undefined, after: 500 });
  observer.invalidate(blue);
  expect(await late()).toMatchObject({ connections: 1_000, unreachable: 'it has not answered yet', after: 500 });
});

test('what a node was asked before an order says nothing about it afterwards', async () => {
  const { clock, look, set, slow, observer } = watched();
  set(blue, { evacuating: false });
  await look();
  await clock.advance(1_200);
  slow.set(blue, 3_000);
  await look();
  await clock.advance(2_200);
  set(blue, { evacuating: true });
  observer.invalidate(blue);
  slow.set(blue, 3_500);
  // Meanwhile the earlier answer comes.
  expect((await look()).nodes.get(blue)).toMatchObject({ unreachable: 'it has not answered yet' });
  expect((await look()).nodes.get(blue)).toMatchObject({ unreachable: 'it has not answered yet' });
  await clock.advance(3_500);
  expect((await look()).nodes.get(blue)).toMatchObject({ evacuating: true, unreachable: undefined });
});

test('before what cannot be taken back, an answer that takes an old node long stands as long as the next would take', async () => {
  const { clock, look, slow } = watched();
  slow.set(blue, 3_000);
  await look();
  await clock.advance(3_000);
  expect((await look({ sure: true })).nodes.get(blue)!.unreachable).toBeUndefined();
  slow.delete(blue);
  await look();
  slow.set(blue, 3_000);
  await clock.advance(500);
  expect((await look({ sure: true })).nodes.get(blue)!.unreachable).toBe('it has not answered yet');
});

test.each<Phase>(['green', 'switch', 'retire', 'switch-back', 'retire-green'])(
  'nor in the phase %s: somebody may release the operator meanwhile',
  async (phase) => {
    const { clock, look, set, hanging, journal } = watched();
    journal.phase = phase;
    for (const pod of [blue, green]) set(pod, { sessions: 70 });
    await look();
    for (const pod of [blue, green]) hanging.add(pod);
    await clock.advance(1_200);
    const before = clock.now();
    const { nodes } = await look();
    expect(clock.now() - before).toBe(500);
    for (const pod of [blue, green]) expect(nodes.get(pod)).toMatchObject({ sessions: 70, unreachable: undefined });
    await clock.advance(5_000);
    for (const pod of [blue, green]) expect((await look()).nodes.get(pod)!.sessions).toBe(70);
  },
);

test('of a node that has never answered it is said so', async () => {
  const { look, hanging } = watched();
  hanging.add(green);
  expect((await look()).nodes.get(green)).toMatchObject({ unreachable: 'it has not answered yet' });
});

test('before what cannot be taken back two seconds are waited, and what it had is not enough', async () => {
  const { clock, look, hanging } = watched();
  await look();
  hanging.add(green);
  const before = clock.now();
  expect((await look({ sure: true })).nodes.get(green)).toMatchObject({ unreachable: 'it has not answered yet' });
  expect(clock.now() - before).toBe(2_000);
});

test('a node whose evacuation was stopped has no more devices than it then had, whatever its old numbers are', async () => {
  const { clock, look, set } = watched();
  set(blue, { evacuating: true, connections: 400 });
  await look();
  set(blue, { evacuating: false, connections: 600 }); // of two seconds ago
  await clock.advance(1_200);
  expect((await look()).nodes.get(blue)!.connections).toBe(400);
  await clock.advance(2_500);
  expect((await look()).nodes.get(blue)!.connections).toBe(600);
  expect(podNames(BLUE)).toContain(blue);
});
