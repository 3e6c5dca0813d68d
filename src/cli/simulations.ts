import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type CapRun, playCap, type UnfitCap } from '../simulator/caps';
import { type Comparison, playAlone } from '../simulator/comparison';
import { playRolling } from '../simulator/rolling';
import type { Scenario } from '../simulator/scenario';

/** With fewer devices a simulation is over before a thread has begun. */
const LEAST_DEVICES = 50_000;
/** So many devices are simulated at a time: they take about 1 GB of memory. */
const MOST_DEVICES = 9_000_000;
/** Virtual time between two reports of a thread, ms. */
const REPORT_MS = 10_000;

/** What each way of upgrading comes to: by the pilot at a cap, by the operator alone, and as a rolling restart. */
interface Results {
  cap: CapRun | UnfitCap;
  operator: Comparison;
  rolling: Comparison;
}

/** A simulation of one way. */
export interface Simulation<Way extends keyof Results = keyof Results> {
  way: Way;
  scenario: Omit<Scenario, 'driver' | 'progress' | 'planned'>;
  /** Of the pilot, or of what it is compared with. */
  capPerSecond: number;
}

/** Told of the progress in virtual time, ms since the epoch. */
type See = (progress: { at: number }) => void;

/** What a thread tells. */
type Told = { at: number } | { result: Results[keyof Results] };

const PLAYS: { [Way in keyof Results]: (simulation: Simulation<Way>, progress: See) => Promise<Results[Way]> } = {
  cap: ({ scenario, capPerSecond }, progress) => playCap({ ...scenario, progress }, capPerSecond),
  operator: ({ scenario }, progress) => playAlone({ ...scenario, progress }),
  rolling: ({ scenario, capPerSecond }) => playRolling(scenario, capPerSecond),
};

export interface SimulationsOptions {
  /** The script of a thread that plays one, see `Shell.simulationThread`. @default - all are played in this thread */
  thread: string | undefined;
  /** Devices of each simulation. */
  devices: number;
  /** How many others this thread plays meanwhile, as large as these. @default 0 */
  others?: number;
}

/**
 * Simulations, each in a thread of its own: as many at a time as there are processors, and memory for their devices. Small ones are played
 * in this thread, one after the other. What comes of them is the same.
 */
export class Simulations {
  private readonly thread: string | undefined;
  private readonly atOnce: number;
  private running = 0;
  private isOver = false;
  private waiting: (() => void)[] = [];
  private readonly threads = new Set<Worker>();

  constructor({ thread, devices, others = 0 }: SimulationsOptions) {
    const most = Math.min(availableParallelism(), Math.floor(MOST_DEVICES / devices));
    this.thread = devices >= LEAST_DEVICES && most > 1 ? thread : undefined;
    this.atOnce = this.thread === undefined ? 1 : most - others;
  }

  /** Whether they are played in threads, beside what this one does. */
  get areApart(): boolean {
    return this.thread !== undefined;
  }

  async play<Way extends keyof Results>(simulation: Simulation<Way>, see: See): Promise<Results[Way]> {
    if (this.running < this.atOnce) this.running++;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      const { thread } = this;
      const result = thread === undefined ? undefined : await this.playApart(thread, simulation, see);
      if (result) return result as Results[Way];
      if (this.isOver) throw new Error('this simulation was stopped');
      // What fails in a thread fails here as well, with an error that says what it is.
      return await PLAYS[simulation.way](simulation, see);
    } catch (error) {
      this.stop();
      throw error;
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.running--;
    }
  }

  /** What plays still is stopped, and what waits is not begun. */
  async end(): Promise<void> {
    this.stop();
    await Promise.all([...this.threads].map((thread) => thread.terminate()));
  }

  private stop(): void {
    this.isOver = true;
    this.waiting = [];
  }

  /** Undefined when there is no thread, or it ends without a result. */
  private playApart(script: string, simulation: Simulation, see: See): Promise<Results[keyof Results] | undefined> {
    return new Promise((resolve) => {
      const thread = threadOf(script, simulation);
      if (!thread) return resolve(undefined);
      this.threads.add(thread);
      let result: Results[keyof Results] | undefined;
      thread.on('message', (told: Told) => {
        if ('at' in told) see(told);
        else result = told.result;
      });
      thread.on('error', () => undefined); // it ends
      thread.on('exit', () => {
        this.threads.delete(thread);
        resolve(result);
      });
    });
  }
}

/** Undefined where this process may not, or cannot, have one more. */
function threadOf(script: string, workerData: Simulation): Worker | undefined {
  try {
    return new Worker(script, { workerData });
  } catch {
    return undefined;
  }
}

/** Plays one in this thread, which was started for it. */
export async function playInThread<Way extends keyof Results>(
  simulation: Simulation<Way>,
  tell: (told: Told) => void,
): Promise<void> {
  let due = 0;
  const result = await PLAYS[simulation.way](simulation, ({ at }) => {
    if (at < due) return;
    due = at + REPORT_MS;
    tell({ at });
  });
  tell({ result });
}
