import { createServer, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Drive, SimulatedClock } from '../src/simulator/clock';
import { compiledSources } from './_compiled';

/** How far time moves at once, ms: what somebody waits for comes later by at most so much. */
const STEP_MS = 20;

/** What a process of Node has to import to share a time. */
const PRELOAD = path.join(__dirname, '_shared-time-process.mjs');

/**
 * The time of a sandbox in this process and of commands in others, which live by the same clock: it moves by small steps, each once all
 * of them have come to rest after the one before. So a run takes as long in it on a busy machine as on an idle one, and waits for
 * nothing: a process that is slow, or stopped, stops the time of all.
 *
 * It passes while a process shares it, and as long as somebody asks it to (`until`); else it stands.
 */
export class SharedTime {
  private clockOfAll: SimulatedClock | undefined;
  private readonly processes = new Set<Process>();
  private asked = 0;
  private slowly = 0;
  private ended = false;
  private wakeUp: (() => void) | undefined;
  private loop: Promise<void> | undefined;

  private constructor(private readonly server: Server) {
    server.on('connection', (socket) => this.join(socket));
  }

  static async open(): Promise<SharedTime> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new SharedTime(server);
  }

  /** Moves the clock of a sandbox, from now on by this. */
  readonly drive: Drive = (clock) => {
    this.clockOfAll = clock;
    this.loop = this.run(clock);
    return () => this.end();
  };

  /** The sandbox's clock, for what runs in this process. */
  get clock(): SimulatedClock {
    if (!this.clockOfAll) throw new Error('no sandbox is open in this time');
    return this.clockOfAll;
  }

  /** Arguments with which Node makes a process of the compiled sources share this time. */
  get nodeArguments(): string[] {
    return ['--import', PRELOAD];
  }

  /** What such a process needs to find it. */
  get environment(): Record<string, string> {
    const { port } = this.server.address() as { port: number };
    return { SHARED_TIME_PORT: String(port), SHARED_TIME_SOURCES: compiledSources() };
  }

  /**
   * Lets time pass until something has happened.
   *
   * @param slowly for a process that cannot share it, such as kubectl: time passes at eight times its usual speed at most
   */
  async until<T>(work: Promise<T>, slowly = false): Promise<T> {
    this.asked++;
    if (slowly) this.slowly++;
    this.wake();
    try {
      return await work;
    } finally {
      this.asked--;
      if (slowly) this.slowly--;
    }
  }

  async close(): Promise<void> {
    this.end();
    await this.loop;
    for (const process of this.processes) process.leave();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async run(clock: SimulatedClock): Promise<void> {
    while (!this.ended) {
      if (this.processes.size === 0 && this.asked === 0) {
        await new Promise<void>((resolve) => {
          this.wakeUp = resolve;
        });
        continue;
      }
      clock.pass(STEP_MS);
      // A millisecond: what is on its way on a socket arrives, and what it causes happens.
      await Promise.all([
        wait(this.slowly > 0 ? STEP_MS / 8 : 1),
        ...[...this.processes].map((one) => one.live(clock)),
      ]);
    }
  }

  private join(socket: Socket): void {
    const process = new Process(socket, () => this.processes.delete(process));
    this.processes.add(process);
    process.begin(this.clock);
    this.wake();
  }

  private end(): void {
    this.ended = true;
    this.wake();
  }

  private wake(): void {
    this.wakeUp?.();
    this.wakeUp = undefined;
  }
}

/** A process that shares a time. */
class Process {
  private rested: (() => void) | undefined;

  constructor(
    private readonly socket: Socket,
    gone: () => void,
  ) {
    socket.setNoDelay();
    socket.on('data', () => this.rest());
    socket.on('error', () => undefined);
    socket.on('close', () => {
      gone();
      this.rest();
    });
  }

  begin(clock: SimulatedClock): void {
    this.socket.write(`${clock.now()}\n`);
  }

  /** Resolves when it has come to rest after it was given the time. */
  live(clock: SimulatedClock): Promise<void> {
    return new Promise((resolve) => {
      this.rested = resolve;
      this.socket.write(`${clock.now()}\n`);
    });
  }

  leave(): void {
    this.socket.destroy();
  }

  private rest(): void {
    this.rested?.();
    this.rested = undefined;
  }
}
