import { ChildProcess } from 'node:child_process';
import { createServer, type Server, Socket } from 'node:net';
import path from 'node:path';
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import type { Drive, SimulatedClock } from '../src/simulator/clock';
import { compiledSources } from './_compiled';

/** How far time moves at once while something is under way, ms: what somebody waits for comes later by at most so much. */
const STEP_MS = 20;

/** What a process of Node has to import to share a time. */
const PRELOAD = path.join(__dirname, '_shared-time-process.mjs');

/**
 * The time of a sandbox in this process and of commands in others, which live by the same clock: it moves by small steps, each once all
 * of them have come to rest after the one before; and when all of them wait for it alone, at once to where the first of them is due. So a
 * run takes as long in it on a busy machine as on an idle one, and waits for nothing: a process that is slow, or stopped, stops the time
 * of all.
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
    const traffic = new Traffic();
    let isStill = false;
    while (!this.ended) {
      if (this.processes.size === 0 && this.asked === 0) {
        await new Promise<void>((resolve) => {
          this.wakeUp = resolve;
        });
        continue;
      }
      clock.pass(isStill ? Math.max(STEP_MS, this.due(clock) - clock.now()) : STEP_MS);
      // A millisecond: what is on its way on a socket arrives, and what it causes happens.
      await Promise.all([
        wait(this.slowly > 0 ? STEP_MS / 8 : 1),
        ...[...this.processes].map((one) => one.live(clock)),
      ]);
      // Whatever came together with the last answer is read first.
      await turn();
      isStill = traffic.isOver() && this.slowly === 0 && this.areAllStill();
    }
  }

  /** When the first of all is due; now, where nothing is. */
  private due(clock: SimulatedClock): number {
    const dues = [clock.due, ...[...this.processes].map((one) => one.due)];
    const first = Math.min(...dues.map((at) => at ?? Number.POSITIVE_INFINITY));
    return Number.isFinite(first) ? first : clock.now();
  }

  /** Whether each process that this one has started shares the time, and waits for nothing else. */
  private areAllStill(): boolean {
    const joined = [...this.processes];
    const started = handles().flatMap((handle) => (handle instanceof ChildProcess ? [handle.pid] : []));
    return joined.every((one) => one.isStill) && started.every((pid) => joined.some((one) => one.isOf(pid)));
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
  /** When it is due next. */
  due: number | undefined;
  /** Whether it waited for nothing but time and what comes over a socket, and nothing came since it was given the time before. */
  isStill = false;
  private ids: number[] = [];
  private rested: (() => void) | undefined;
  private rest = '';

  constructor(
    private readonly socket: Socket,
    gone: () => void,
  ) {
    socket.setNoDelay().setEncoding('utf8');
    ofTime.add(socket);
    socket.on('data', (text: string) => {
      const lines = (this.rest + text).split('\n');
      this.rest = lines.pop()!;
      for (const line of lines) this.heard(JSON.parse(line) as Partial<Said>);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      gone();
      this.restNow();
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

  /** Whether it is the process of this id, or a shell's of this id. */
  isOf(pid: number | undefined): boolean {
    return pid !== undefined && this.ids.includes(pid);
  }

  leave(): void {
    this.socket.destroy();
  }

  private heard({ ids, isStill = false, due }: Partial<Said>): void {
    if (ids) {
      this.ids = ids;
      return;
    }
    this.isStill = isStill;
    this.due = due;
    this.restNow();
  }

  private restNow(): void {
    this.rested?.();
    this.rested = undefined;
  }
}

/** What a process says: once who it is, and each time how it has come to rest. */
interface Said {
  ids: number[];
  isStill: boolean;
  due?: number;
}

/** Sockets that tell processes the time. */
const ofTime = new WeakSet<Socket>();

/** What comes in over all other sockets of this process. */
class Traffic {
  private read = new Map<Socket, number>();

  /** Whether none was opened, and nothing came, since the last time this was asked. */
  isOver(): boolean {
    const before = this.read;
    const sockets = handles().filter((handle): handle is Socket => handle instanceof Socket && !ofTime.has(handle));
    this.read = new Map(sockets.map((socket) => [socket, socket.bytesRead]));
    return sockets.every((socket) => before.get(socket) === socket.bytesRead);
  }
}

/** What keeps this process alive. */
function handles(): unknown[] {
  return (process as unknown as { _getActiveHandles(): unknown[] })._getActiveHandles();
}
