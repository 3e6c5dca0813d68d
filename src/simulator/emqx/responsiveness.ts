import type { SimulatedClock } from '../clock';

/**
 * Whether the process of a node answers what it is sent.
 *
 * - Frozen (SIGSTOP): connections are taken by the kernel, and nothing is answered until it thaws; then all at once. Its pod
 *   stays Ready, and its connections stay open.
 * - Slow: each answer is delayed.
 *
 * For a node that evacuates it is not modelled: such a node would continue to evict.
 */
export class Responsiveness {
  private frozenUntil = Number.NEGATIVE_INFINITY;
  private slowUntil = Number.NEGATIVE_INFINITY;
  private lateMs = 0;
  private waiting: (() => void)[] = [];

  constructor(private readonly clock: SimulatedClock) {}

  get isFrozen(): boolean {
    return this.clock.now() < this.frozenUntil;
  }

  /** Whether it answers at once. */
  get isPrompt(): boolean {
    return !this.isFrozen && this.clock.now() >= this.slowUntil;
  }

  /** How many wait for it to thaw. */
  get unanswered(): number {
    return this.waiting.length;
  }

  freeze(ms: number): void {
    this.frozenUntil = this.clock.now() + ms;
    this.clock.schedule(ms, () => this.thaw());
  }

  /** @param lateMs how much later each answer comes */
  slow(lateMs: number, ms: number): void {
    this.lateMs = lateMs;
    this.slowUntil = this.clock.now() + ms;
  }

  /** Has `answer` called when the process handles it, and returns true; false where it answers at once. */
  later(answer: () => void): boolean {
    if (this.isFrozen) this.waiting.push(answer);
    else if (this.clock.now() < this.slowUntil) this.clock.schedule(this.lateMs, answer);
    else return false;
    return true;
  }

  /** Resolves when the process can answer; undefined where it answers at once. */
  whenAnswering(): Promise<void> | undefined {
    let answer: (() => void) | undefined;
    if (!this.later(() => answer?.())) return undefined;
    return new Promise((resolve) => {
      answer = () => {
        resolve();
        this.clock.touch();
      };
    });
  }

  private thaw(): void {
    if (this.isFrozen) return;
    const { waiting } = this;
    this.waiting = [];
    for (const answer of waiting) answer();
  }
}
