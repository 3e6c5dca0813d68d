import { setMaxListeners } from 'node:events';
import { CommandError } from './errors';
import { EXIT } from './exit';
import type { Shell } from './shell';

/** Whether the user wants the command to end. */
export interface Interruption {
  /** Aborts at the first Ctrl-C. The second one ends the process at once. */
  signal: AbortSignal;
  /** Restores the default effect of Ctrl-C. */
  forget(): void;
}

/** @param onFirst is called at the first Ctrl-C, before the signal aborts. */
export function interruption(shell: Shell, onFirst: () => void = () => undefined): Interruption {
  const interrupted = new AbortController();
  setMaxListeners(0, interrupted.signal); // every request under way adds one
  const forget = shell.onInterrupt(() => {
    if (interrupted.signal.aborted) return shell.exit(EXIT.stopped);
    onFirst();
    interrupted.abort(new CommandError(EXIT.stopped, 'INTERRUPTED', 'interrupted', 'run the same command again'));
  });
  return { signal: interrupted.signal, forget };
}
