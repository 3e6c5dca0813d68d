import { SimulatedClock } from '../../src/simulator/clock';
import type { DeviceListener, EmqxPort, ProbeAnswer } from '../../src/upgrade';
import { Probes } from '../../src/upgrade/probes';
import { BLUE, GREEN, named, observationOf, podNames, type Scene, sceneAt } from './fixtures';

/** Nodes that answer probes as they are told to. */
function probed(phase: Parameters<typeof sceneAt>[0] = 'evacuate', change: (scene: Scene) => void = () => {}) {
  const clock = new SimulatedClock();
  const scene = sceneAt(phase);
  scene.traffic[0]!.listeners = [{ kind: 'mqtt', port: 1883 }];
  change(scene);
  const asked: { at: number; pod: string; listeners: readonly DeviceListener[] }[] = [];
  let underWay = 0;
  let most = 0;
  const answers = new Map<string, (() => Promise<ProbeAnswer>) | undefined>();
  const probe = async (pod: string, listeners: readonly DeviceListener[]): Promise<ProbeAnswer> => {
    asked.push({ at: clock.now() - start, pod, listeners });
    if (pod === `${GREEN}-0`) most = Math.max(most, ++underWay);
    try {
      return (await answers.get(pod)?.()) ?? { state: 'serves' };
    } finally {
      if (pod === `${GREEN}-0`) underWay--;
    }
  };
  const start = clock.now();
  const probes = new Probes(clock, { probe } as unknown as EmqxPort);
  const see = () => probes.observe(observationOf(scene), scene.journal).probes;
  /** Looks each 100 ms for so long, and returns what is known at the end. */
  const lookFor = (ms: number) =>
    clock.run(async () => {
      for (let passed = 0; passed < ms; passed += 100) {
        see();
        await clock.sleep(100);
      }
      return see();
    });
  const timeOut = async (): Promise<ProbeAnswer> => {
    await clock.sleep(3_000);
    return { state: 'silent', reason: 'no answer within 3 s' };
  };
  return {
    clock,
    scene,
    asked,
    answers,
    probes,
    see,
    lookFor,
    timeOut,
    mostAtOnce: () => most,
    underWay: () => underWay,
  };
}

const first = `${GREEN}-0`;

test('each node that takes devices is asked every 2 s, once at a time', async () => {
  const { asked, lookFor, mostAtOnce } = probed();
  const known = await lookFor(6_000);
  expect([...known!]).toEqual(podNames(GREEN).map((name) => [name, { serves: true }]));
  expect(asked.filter(({ pod }) => pod === first).map(({ at }) => at)).toEqual([0, 2_000, 4_000, 6_000]);
  expect(asked.some(({ pod }) => pod.startsWith(BLUE))).toBe(false);
  expect(mostAtOnce()).toBe(1);
});

test('of a node that has not answered yet nothing is known, and after 3 s that it does not serve', async () => {
  const { answers, lookFor, timeOut, mostAtOnce } = probed();
  answers.set(first, timeOut);
  expect((await lookFor(2_900))!.get(first)).toEqual({ serves: undefined });
  expect((await lookFor(200))!.get(first)).toEqual({ serves: false, reason: 'no answer within 3 s' });
  expect((await lookFor(10_000))!.get(first)).toMatchObject({ serves: false });
  expect(mostAtOnce()).toBe(1);
});

test('what is under way can be waited for', async () => {
  const { answers, see, probes, clock, timeOut, underWay } = probed();
  answers.set(first, timeOut);
  await clock.run(async () => {
    see();
    expect(underWay()).toBe(1);
    await probes.settled();
  });
  expect(underWay()).toBe(0);
});

test('a node that falls silent serves until it has been silent for 3 s, and again from its first answer on', async () => {
  const { answers, lookFor, timeOut } = probed();
  await lookFor(1_900);
  answers.set(first, timeOut); // met by the probe at 2 s
  expect((await lookFor(3_000))!.get(first)).toEqual({ serves: true });
  expect((await lookFor(200))!.get(first)).toMatchObject({ serves: false });
  answers.delete(first);
  expect((await lookFor(3_000))!.get(first)).toEqual({ serves: true });
});

test('a probe that fails at once is made again before its node counts as silent', async () => {
  const { answers, lookFor, asked } = probed();
  answers.set(first, async () => ({ state: 'silent', reason: 'connection refused' }));
  expect((await lookFor(2_900))!.get(first)).toEqual({ serves: undefined });
  expect((await lookFor(200))!.get(first)).toEqual({ serves: false, reason: 'connection refused' });
  expect(asked.filter(({ pod }) => pod === first).map(({ at }) => at)).toEqual([0, 2_000]);
});

test('where there is no way to the listeners, nothing is held against the node', async () => {
  const { answers, lookFor } = probed();
  answers.set(first, async () => ({ state: 'unknown' }));
  expect((await lookFor(5_000))!.get(first)).toEqual({ serves: true });
});

test('a pod that is recreated has not answered', async () => {
  const { scene, lookFor, see } = probed();
  await lookFor(1_000);
  named(scene.pods, first).containersReady = false;
  expect(see()!.has(first)).toBe(false);
  named(scene.pods, first).containersReady = true;
  expect(see()!.get(first)).toEqual({ serves: undefined });
});

test('what a probe must begin with is read off the resource', async () => {
  const { asked, lookFor } = probed('evacuate', ({ resource }) => {
    resource.spec.template!.spec!.emqxContainer!.emqxConfig = { 'listener.tcp.external.proxy_protocol': 'on' };
  });
  await lookFor(100);
  expect(asked[0]!.listeners).toEqual([{ kind: 'mqtt', port: 1883, proxyProtocol: true }]);
});

test.each([
  ['green', undefined],
  ['switch', GREEN],
  ['retire', GREEN],
  ['release', undefined],
] as const)('in the phase %s the nodes of %s are asked', (phase, set) => {
  const { see } = probed(phase);
  expect(see() && [...see()!.keys()]).toEqual(set && podNames(set));
});

test('on the way back those of blue are asked', () => {
  const { see } = probed('evacuate', ({ journal }) => {
    journal.phase = 'return';
    journal.aborted = { at: 0, phase: 'evacuate' };
  });
  expect([...see()!.keys()]).toEqual(podNames(BLUE));
});

test('a run of the operator’s asks nobody', () => {
  const { see } = probed('evacuate', ({ journal }) => {
    journal.driver = 'operator';
  });
  expect(see()).toBeUndefined();
});
