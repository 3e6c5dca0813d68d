import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { SimulatedClock } from '../src/simulator/clock';
import { SharedTime } from './_shared-time';

const HOUR_MS = 3_600_000;
/** Sleeps for an hour and prints what the clock says of it. */
const SLEEPER = `
  const { SystemClock } = require(process.env.SHARED_TIME_SOURCES + '/kubernetes/system-clock.js');
  const clock = new SystemClock();
  const began = clock.now();
  clock.sleep(${HOUR_MS}).then(() => console.log(clock.now() - began));
`;

describe('a time that is shared', () => {
  let time: SharedTime;
  let clock: SimulatedClock;
  const processes: ChildProcess[] = [];
  beforeEach(async () => {
    time = await SharedTime.open();
    clock = new SimulatedClock();
    time.drive(clock);
  });
  afterEach(async () => {
    for (const child of processes.splice(0)) if (child.exitCode === null && child.kill()) await once(child, 'close');
    await time.close();
  });

  const started = (...args: string[]) => {
    const child = spawn(process.execPath, args, { env: { ...process.env, ...time.environment } });
    processes.push(child);
    return child;
  };
  const slept = async (ms: number) => {
    const began = clock.now();
    await time.until(clock.sleep(ms));
    return clock.now() - began;
  };

  test('goes at once to where the first is due, here or in a process', async () => {
    expect(await slept(HOUR_MS + 7)).toBe(HOUR_MS + 7);
    const sleeper = started(...time.nodeArguments, '-e', SLEEPER);
    const [said] = (await once(sleeper.stdout, 'data')) as [Buffer];
    expect(Number(said)).toBe(HOUR_MS);
  });

  test('goes by small steps while a process that does not share it yet is under way', async () => {
    const child = started('-e', 'process.stdin.resume()');
    expect(await slept(1_007)).toBe(1_020);
    child.stdin.end();
    await once(child, 'close');
    expect(await slept(1_007)).toBe(1_007);
  });
});
