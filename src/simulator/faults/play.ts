import { Random } from '../random';
import { checkClients } from './clients-back';
import type { Violation } from './judge';
import { FAULTS, type Plan } from './plan';
import { type Scene, type Watch, withScene } from './scene';
import { type Ending, PATIENCE_MINUTES, supervise } from './supervise';

/** What came of one plan. */
export interface Played {
  plan: Plan;
  /** Undefined where the run did not end. */
  ending: Ending | undefined;
  violations: readonly Violation[];
  trace: readonly string[];
  digest: string;
  /** Disconnects and lost sessions that the model itself caused. */
  caused: {
    crashDisconnects: number;
    releaseDisconnects: number;
    operatorEvictions: number;
    sessionsLost: number;
    podsReleased: number;
  };
  simulatedSeconds: number;
}

/** Plays a plan to the end of the run. Equal plans give equal traces. */
export function playFaults(plan: Plan, watch?: Watch): Promise<Played> {
  const play = async (scene: Scene): Promise<Played> => {
    const { clock, trace } = scene;
    const began = clock.now();
    const random = new Random(plan.seed).fork('faults');
    for (const [index, planned] of plan.faults.entries()) {
      const { fault, phase, afterMs } = planned;
      const own = random.fork(`${index}`);
      void begin(scene, async () => {
        if (!FAULTS[fault].fromStart && !(await scene.reached(phase))) return;
        await clock.sleep(afterMs);
        if (scene.isOver) return;
        trace.describe(`* ${fault}`);
        scene.disturb(0);
        await FAULTS[fault].act?.(scene, own);
      });
    }
    const ending = await ended(scene);
    scene.end();
    if (ending?.kind === 'done') await checkClients(scene);
    return resultOf(scene, plan, ending, (clock.now() - began) / 1_000);
  };
  return withScene(plan.seed, plan.size, play, watch);
}

export function resultOf(scene: Scene, plan: Plan, ending: Ending | undefined, simulatedSeconds: number): Played {
  const { judge, trace } = scene;
  const { crashDisconnects, releaseDisconnects, operatorEvictions, lost, released } = judge.causes;
  trace.add(ending ? `the run is over: ${JSON.stringify(ending)}` : 'the run does not end');
  return {
    plan,
    ending,
    violations: judge.violations,
    trace: trace.lines,
    digest: trace.digest,
    caused: {
      crashDisconnects,
      releaseDisconnects,
      operatorEvictions,
      sessionsLost: lost.size,
      podsReleased: released.size,
    },
    simulatedSeconds,
  };
}

/** Starts the processes that bring a run to its end, one after the other or together. */
export type Drive = (scene: Scene) => Promise<Ending>;

/** Resolves with how the run ended; undefined when it does not end although all faults are over. */
export function ended(scene: Scene, drive: Drive = supervise): Promise<Ending | undefined> {
  return Promise.race([drive(scene), patience(scene)]);
}

async function begin(scene: Scene, work: () => Promise<void>): Promise<void> {
  try {
    scene.troubles++;
    await work();
  } catch (error) {
    scene.judge.fail('harness', `a fault fails: ${(error as Error).stack}`);
  } finally {
    scene.troubles--;
  }
}

async function patience(scene: Scene): Promise<undefined> {
  const { clock, judge } = scene;
  let since = clock.now();
  while (clock.now() - since < PATIENCE_MINUTES * 60_000) {
    await clock.sleep(10_000);
    if (scene.isOver) return undefined;
    if (clock.now() < judge.health.until || scene.troubles > scene.waitingTroubles) since = clock.now();
  }
  const { phase, paused } = judge.facts.journal ?? {};
  const last = scene.trace.lines.filter((line) => line.includes(': waiting ')).at(-1);
  judge.fail(
    'liveness',
    `no end ${PATIENCE_MINUTES} min after the last fault, in ${phase}${paused ? ', paused' : ''}: ${last}`,
  );
  for (const process of scene.processes) process.kill();
  return undefined;
}
