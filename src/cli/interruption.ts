import { setMaxListeners } from 'node:events';
import { CommandError } from './errors';
import { EXIT } from './exit';
import type { Shell } from './shell';

/** Whether somebody wants the command to end. */
export interface Interruption {
  /** Aborts at the first Ctrl-C. The second one ends the process at once. */
  signal: AbortSignal;
  /** From now on Ctrl-C does what it does without us. */
  forget(): void;
}

/** @param onFirst is told of the first Ctrl-C, before the signal aborts. */
export function interruption(shell: Shell, onFirst: () => void = () => undefined): Interruption {
  const interrupted = new AbortController();
  setMaxListeners(0, interrupted.signal); // every request under way is one
  const forget = shell.onInterrupt(() => {
    if (interrupted.signal.aborted) return shell.exit(EXIT.stopped);
    onFirst();
    interrupted.abort(new CommandError(EXIT.stopped, 'INTERRUPTED', 'interrupted', 'the same command begins anew'));
  });
  return { signal: interrupted.signal, forget };
}
