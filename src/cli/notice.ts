import { cutTo, safe } from './render/text';
import type { Shell } from './shell';

/** Shows on a terminal what the command waits for, in a line of standard error that is erased with the result. Nothing with `-o json`. */
export async function withNotice<T>(
  { err }: Pick<Shell, 'err'>,
  output: 'text' | 'json',
  text: string,
  work: () => Promise<T>,
): Promise<T> {
  if (output === 'json' || !err.isTTY) return work();
  err.write(`\r${cutTo(`${safe(text)} …`, (err.columns || 80) - 1)}\u001b[K`);
  try {
    return await work();
  } finally {
    err.write('\r\u001b[K');
  }
}
