import type { Phase } from '../../upgrade';
import type { Generation } from '../emqx/profiles';
import { checkClients } from './clients-back';
import type { EngineCall, Moment } from './engine-call';
import { type Drive, ended, type Played, resultOf } from './play';
import { type Scene, withScene } from './scene';
import { DEFAULT_SIZE, type StageSize } from './stage-objects';

/** A run that is the same each time. */
export interface Canonical {
  outcome: 'upgrade' | 'abort';
  size: StageSize;
}

/** The runs of a generation: forward and back, and of EMQX 5 with and without replicants. */
export function canonicalRuns(generation: Generation): Canonical[] {
  const shapes = generation === 4 ? [{}] : [{}, { replicants: 2 }];
  return shapes.flatMap((shape) =>
    (['upgrade', 'abort'] as const).map((outcome) => ({ outcome, size: { ...DEFAULT_SIZE, generation, ...shape } })),
  );
}

/** What happens at one write or order of it. */
export type Blow = 'killed before' | 'killed after' | 'reply lost';

export interface CrashPoint {
  run: Canonical;
  /** Counts the writes of the run from 0. */
  write: number;
  blow: Blow;
}

/** When the canonical abort is requested. */
const ABORTED: { phase: Phase; afterMs: number } = { phase: 'evacuate', afterMs: 6_000 };

const SEED = 1;
const BLOWS: readonly Blow[] = ['killed before', 'killed after', 'reply lost'];

/**
 * Every point at which the process can die, or lose an answer: before and after each write of the run.
 *
 * @param drive @default - a user runs the command, and runs it again
 */
export async function crashPoints(run: Canonical, drive?: Drive): Promise<CrashPoint[]> {
  let writes = 0;
  const count = (scene: Scene) => {
    scene.atEnd(() => {
      writes = scene.writesSoFar;
    });
  };
  await playCanonical(run, count, drive);
  return Array.from({ length: writes }, (_, write) => BLOWS.map((blow) => ({ run, write, blow }))).flat();
}

/** Plays a canonical run with one blow; the next process resumes it. */
export function playCrash({ run, write, blow }: CrashPoint, drive?: Drive): Promise<Played> {
  const strike = (scene: Scene) => {
    const moment: Moment = blow === 'killed before' ? 'before' : 'after';
    const meet = (call: EngineCall, now: Moment) => {
      if (call.write !== write || now !== moment) return;
      scene.meets.delete(meet);
      scene.trace.describe(`* ${blow} ${call.verb} ${call.target}`);
      if (blow === 'reply lost') scene.loseReply(call);
      scene.processes.find(({ holder }) => holder === call.process)?.kill();
    };
    scene.meets.add(meet);
  };
  return playCanonical(run, strike, drive);
}

function playCanonical(run: Canonical, prepare: (scene: Scene) => void, drive?: Drive): Promise<Played> {
  return withScene(SEED, run.size, async (scene) => {
    const { clock } = scene;
    const began = clock.now();
    prepare(scene);
    if (run.outcome === 'abort') {
      void (async () => {
        if (!(await scene.reached(ABORTED.phase))) return;
        await clock.sleep(ABORTED.afterMs);
        await scene.ask('abort');
      })();
    }
    const ending = await ended(scene, drive);
    scene.end();
    const expected = run.outcome === 'abort' ? 'aborted' : 'completed';
    if (ending?.kind !== 'done' || ending.outcome !== expected) {
      scene.judge.fail('outcome', `${JSON.stringify(ending)} instead of ${expected}`);
    }
    await checkClients(scene);
    return resultOf(scene, { seed: SEED, size: run.size, faults: [] }, ending, (clock.now() - began) / 1_000);
  });
}
