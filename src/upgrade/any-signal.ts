/** The controllers that abort with a signal, and its one listener, which aborts them. */
interface Dependents {
  readonly controllers: Set<AbortController>;
  readonly abort: () => void;
}

const dependentsOf = new WeakMap<AbortSignal, Dependents>();

/**
 * A signal that aborts with the first of several, until it is released.
 *
 * In place of `AbortSignal.any`, for which each of them keeps an entry as long as it lives (Node 20 and 22; see
 * findings/abort-signal-any-keeps-each-combination.sh): a process that runs for months would grow with every request, as each combines
 * its time limit with the signal that the process ends by.
 */
export class AnySignal {
  readonly signal: AbortSignal;
  private readonly controller = new AbortController();
  private readonly sources: readonly AbortSignal[];

  /** @param sources those that are undefined never abort */
  constructor(...sources: readonly (AbortSignal | undefined)[]) {
    this.sources = sources.filter((source) => source !== undefined);
    this.signal = this.controller.signal;
    for (const source of this.sources) {
      if (source.aborted) this.controller.abort(source.reason);
      else add(source, this.controller);
    }
  }

  /** It no longer aborts with them. */
  release(): void {
    for (const source of this.sources) remove(source, this.controller);
  }
}

function add(source: AbortSignal, controller: AbortController): void {
  const known = dependentsOf.get(source);
  if (known) {
    known.controllers.add(controller);
    return;
  }
  const controllers = new Set([controller]);
  const abort = () => {
    for (const one of controllers) one.abort(source.reason);
  };
  dependentsOf.set(source, { controllers, abort });
  source.addEventListener('abort', abort, { once: true });
}

function remove(source: AbortSignal, controller: AbortController): void {
  const known = dependentsOf.get(source);
  known?.controllers.delete(controller);
  if (known?.controllers.size !== 0) return;
  dependentsOf.delete(source);
  source.removeEventListener('abort', known.abort);
}
