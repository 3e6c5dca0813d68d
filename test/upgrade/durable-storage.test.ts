import { SimulatedClock } from '../../src/simulator/clock';
import type { DurablePort, DurableSite, DurableStorage, Phase } from '../../src/upgrade';
import { DurableReader } from '../../src/upgrade/durable-storage';
import { GREEN, observationOf, sceneAt } from './fixtures';

const SITES: DurableSite[] = [{ id: 'A1', node: `emqx@${GREEN}-0`, isUp: true }];
const STORED: DurableStorage[] = [
  { name: 'messages', shards: [{ id: '0', replicas: [{ site: 'A1', status: 'up' }], transitions: [] }] },
];
const EMPTY: DurableStorage[] = [{ name: 'messages', shards: [] }];

/** A reader that looks each 100 ms, and what it has asked for. */
function reading(phase: Phase, storages: DurableStorage[] | undefined, latencyMs = 0) {
  const clock = new SimulatedClock();
  const scene = sceneAt(phase);
  const asked = { sites: 0, storages: 0, pods: new Set<string>() };
  let fails = false;
  const answer = async <T>(what: 'sites' | 'storages', pod: string, value: T): Promise<T> => {
    asked[what]++;
    asked.pods.add(pod);
    await clock.sleep(latencyMs);
    if (fails) throw new Error('no answer');
    return value;
  };
  const port = {
    sites: (pod: string) => answer('sites', pod, SITES),
    storages: (pod: string) => answer('storages', pod, storages),
  } as DurablePort;
  const reader = new DurableReader(clock, port);
  const see = async (sure = false) => (await reader.observe(observationOf(scene), scene.journal, sure)).durable;
  const lookFor = (ms: number) =>
    clock.run(async () => {
      for (let passed = 0; passed < ms; passed += 100) {
        await see();
        await clock.sleep(100);
      }
    });
  return {
    asked,
    reader,
    see: (sure?: boolean) => clock.run(() => see(sure)),
    lookFor,
    fail: (now: boolean) => {
      fails = now;
    },
  };
}

test.each<[Phase, string, DurableStorage[] | undefined, { sites: number; storages: number }]>([
  ['evacuate', 'nothing stored', EMPTY, { sites: 1, storages: 6 }],
  ['retire', 'nothing stored', EMPTY, { sites: 1, storages: 6 }],
  ['evacuate', 'no such API', undefined, { sites: 1, storages: 6 }],
  ['evacuate', 'shards', STORED, { sites: 6, storages: 6 }],
  // They are waited for now.
  ['retire', 'shards', STORED, { sites: 6, storages: 30 }],
])('in phase %s with %s so much is asked for in half a minute', async (phase, _, storages, wanted) => {
  const { asked, lookFor, see } = reading(phase, storages);
  await lookFor(30_000);
  expect(asked).toMatchObject(wanted);
  expect(await see()).toEqual({ storages: storages ?? [], sites: storages === STORED ? SITES : [] });
});

test('a phase in which no core goes asks for nothing', async () => {
  const { asked, lookFor } = reading('green', STORED);
  await lookFor(10_000);
  expect(asked).toMatchObject({ sites: 0, storages: 0 });
});

test('what must be sure, and what was changed by an order, is asked for at once', async () => {
  const { asked, reader, see } = reading('evacuate', STORED);
  await see();
  await see(true);
  expect(asked).toMatchObject({ sites: 2, storages: 2 });
  reader.invalidate();
  await see();
  await see();
  expect(asked).toMatchObject({ sites: 3, storages: 3 });
});

test('a node that answers late, but in time, is understood from the first read on, and after an order', async () => {
  const { reader, see } = reading('evacuate', STORED, 400);
  for (let read = 0; read < 2; read++) {
    expect(await see()).toEqual({ sites: SITES, storages: STORED });
    reader.invalidate();
  }
});

test('what failed is unknown, and another node is asked with the next look', async () => {
  const { asked, fail, see } = reading('evacuate', STORED);
  fail(true);
  expect(await see()).toBe('unknown');
  fail(false);
  expect(await see()).toEqual({ sites: SITES, storages: STORED });
  expect(asked.pods.size).toBe(2);
});
