import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { tutorialUpgrade } from '../../bench/tutorial';
import { Simulations } from '../../src/cli/simulations';
import { mixedFleet } from '../../src/simulator/clients/client-group';
import { compiledSources } from '../_compiled';
import { run } from './_shell';

const folder = mkdtempSync(path.join(tmpdir(), 'simulations-'));
afterAll(() => rmSync(folder, { recursive: true }));

const THREAD = path.join(compiledSources(), 'cli/simulation-thread.js');
const MANY = 60_000;
/** A small one; a machine with one processor plays all of them in this thread. */
const SIMULATION = {
  scenario: { ...tutorialUpgrade(100, 0), service: 'emqx-ee-mqtt', fleet: mixedFleet(60, 6), seed: 1 },
  capPerSecond: 100,
};

const played = async (words: string, simulationThread?: string) => {
  const { code, out } = await run(`simulate --clients ${MANY} ${words} -o json`.split(' '), {
    ...(simulationThread && { simulationThread }),
  });
  expect(code).toBe(0);
  return JSON.parse(out) as object;
};

test.each(['--cap 10000,20000', '--rate 20000 --compare operator,rolling'])(
  'threads come to what this one comes to: %s',
  async (words) => {
    expect(await played(words, THREAD)).toEqual(await played(words));
  },
);

test('threads report their progress', async () => {
  const seen: number[] = [];
  const simulations = new Simulations({ thread: THREAD, devices: MANY });
  const { length } = await Promise.all(
    [1, 2, 3].map((_) => simulations.play({ way: 'operator', ...SIMULATION }, ({ at }) => seen.push(at))),
  );
  await simulations.end();
  expect(length).toBe(3);
  expect(new Set(seen).size).toBeGreaterThan(5);
});

test.each([
  ['that fails', path.join(folder, 'broken.js')],
  ['that cannot be begun', 'not-an-absolute-path'],
])('what a thread cannot play %s is played in this one', async (_, broken) => {
  writeFileSync(path.join(folder, 'broken.js'), 'throw new Error("no memory");');
  const play = async (thread: string | undefined) => {
    const simulations = new Simulations({ thread, devices: MANY });
    return simulations.play({ way: 'cap', ...SIMULATION }, () => undefined);
  };
  const result = await play(broken);
  expect(result).toMatchObject({ report: { outcome: 'completed', clients: 60 } });
  expect(result).toEqual(await play(undefined));
});

test('after a failure no other one is begun', async () => {
  const simulations = new Simulations({ thread: undefined, devices: 1 });
  let isBegun = false;
  const unfit = { ...SIMULATION, scenario: { ...SIMULATION.scenario, fleet: mixedFleet(-1, 0) } };
  const failed = simulations.play({ way: 'cap', ...unfit }, () => undefined);
  void simulations.play({ way: 'cap', ...SIMULATION }, () => {
    isBegun = true;
  });
  await expect(failed).rejects.toThrow(RangeError);
  await new Promise((resolve) => setImmediate(resolve));
  expect(isBegun).toBe(false);
});

test('threads that play still are stopped, and others are not begun', async () => {
  const simulations = new Simulations({ thread: THREAD, devices: MANY });
  let results = 0;
  const counted = (work: Promise<unknown>) => work.then(() => results++);
  const all = Array.from({ length: availableParallelism() + 2 }, () =>
    counted(simulations.play({ way: 'cap', ...SIMULATION }, () => undefined)),
  );
  const first = Promise.allSettled(all.slice(0, 1));
  for (const each of all) each.catch(() => undefined);
  if (!simulations.areApart) return;
  await simulations.end();
  await first;
  expect(results).toBe(0);
});

test.each([
  [49_999, false],
  [50_000, true],
  [9_000_000, false],
])('%i devices are simulated in threads: %s', (devices, areApart) => {
  expect(new Simulations({ thread: THREAD, devices }).areApart).toBe(areApart && availableParallelism() > 1);
});
