import { readFileSync } from 'node:fs';
import { formatProblem, type Problem } from '../resource';
import { emqxVersion } from '../resource/rules';
import { InputError } from './errors';

/**
 * Reads the options of a command and collects what is wrong with them, so that all of it is told at once.
 */
export class OptionReader {
  private readonly problems: Problem[] = [];

  /** Of what is wrong, NaN is returned: nobody sees it, for `done` throws. */
  wholeNumber(flag: string, text: string, from: number, to: number, reason: string): number {
    const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= from && value <= to) return value;
    this.problems.push({
      path: flag,
      value: text,
      bound: `a whole number from ${from} to ${to}`,
      reason,
      fix: `give one, or leave ${flag} out`,
    });
    return Number.NaN;
  }

  version(flag: string, value: string): string {
    const violation = emqxVersion(value);
    if (violation) this.problems.push({ path: flag, value, ...violation });
    return value;
  }

  /** The text of a file, or of standard input for `-`. */
  text(flag: string, file: string): string {
    try {
      return readFileSync(file === '-' ? 0 : file, 'utf8');
    } catch (error) {
      const { code = 'unknown' } = error as NodeJS.ErrnoException;
      this.problems.push({
        path: flag,
        value: file,
        bound: 'a file that can be read',
        reason: `reading it failed with ${code}`,
        fix: 'check the path, or give - to read standard input',
      });
      return '';
    }
  }

  /** @throws InputError with all problems, if there are any */
  done(): void {
    if (this.problems.length > 0) throw new InputError(this.problems.map(formatProblem).join('\n'));
  }
}
