/** First and longest wait before a cluster is tried again, ms; one that is to be held is at risk meanwhile. */
const FIRST_MS = { blocked: 60_000, stopped: 60_000, unheld: 5_000 } as const;
const MOST_MS = { blocked: 300_000, stopped: 3_600_000, unheld: 300_000 } as const;

interface Pending {
  kind: keyof typeof MOST_MS;
  failures: number;
  at: number;
  reason: string;
  /** Generation of the resource then. */
  generation: number | undefined;
}

/**
 * When clusters are tried again of which an upgrade was prevented or has stopped, or that could not be held: each time after twice as
 * long. A change of the resource ends the wait where nothing was written; otherwise the change may have been made by the run itself.
 */
export class Retries {
  private readonly pending = new Map<string, Pending>();

  /**
   * @param reason the same as long as nothing else is to be said about it: texts have numbers and times in them
   * @param generation of the resource
   * @returns when it is tried again, and whether the reason is another one than last time
   */
  failed(
    key: string,
    kind: Pending['kind'],
    reason: string,
    generation: number | undefined,
    now: number,
  ): { at: number; isNew: boolean } {
    const last = this.pending.get(key);
    const failures = last?.kind === kind ? last.failures + 1 : 1;
    const at = now + Math.min(MOST_MS[kind], FIRST_MS[kind] * 2 ** (failures - 1));
    this.pending.set(key, { kind, failures, at, reason, generation });
    return { at, isNew: last?.reason !== reason };
  }

  /** The runner itself has written the resource, which it may not have seen yet. @param generation of the resource then */
  written(key: string, generation: number): void {
    const pending = this.pending.get(key);
    if (pending) pending.generation = generation;
  }

  /** It was seen at rest: whoever has ended its upgrade. */
  ended(key: string): void {
    if (this.pending.get(key)?.kind !== 'unheld') this.pending.delete(key);
  }

  /** Its run has ended, or it was deleted. */
  forget(key: string): void {
    this.pending.delete(key);
  }

  /** Before when clusters are not tried again, by key. @param generationOf the generation of a resource now */
  notBefore(generationOf: (key: string) => number | undefined): Map<string, number> {
    const due = [...this.pending].filter(
      ([key, { kind, generation = 0 }]) => kind === 'stopped' || (generationOf(key) ?? 0) <= generation,
    );
    return new Map(due.map(([key, { at }]) => [key, at]));
  }
}
