import { readFileSync } from 'node:fs';
import { formatProblem, type Manifest, type Problem, ResourceError, readManifest } from '../resource';
import { emqxVersion } from '../resource/rules';
import { InputError } from './errors';

/**
 * Reads the options of a command and collects what is wrong with them, so that all of it is told at once. What it returns
 * of a wrong option nobody sees, for `done` throws.
 */
export class OptionReader {
  private readonly complaints: string[] = [];

  problem(problem: Problem): void {
    this.complaints.push(formatProblem(problem));
  }

  /** A name of Kubernetes. What is empty there stands for something else: all names, or all namespaces. */
  name(flag: string, value: string | undefined): void {
    if (value === undefined || /^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/.test(value)) return;
    this.problem({
      path: flag,
      value,
      bound: 'a name of lower-case letters, digits, dots and dashes',
      reason: 'Kubernetes has no other names',
      fix: `give one, or leave ${flag} out`,
    });
  }

  wholeNumber(flag: string, text: string, from: number, to: number, reason: string): number {
    const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= from && value <= to) return value;
    this.problem({
      path: flag,
      value: text,
      bound: `a whole number from ${from} to ${to}`,
      reason,
      fix: `give one, or leave ${flag} out`,
    });
    return Number.NaN;
  }

  /** Disconnects per second in the whole cluster. */
  rate(flag: string, text: string): number {
    return this.wholeNumber(flag, text, 1, 1_000_000, 'it is a number of disconnects per second');
  }

  seed(flag: string, text: string): number {
    return this.wholeNumber(flag, text, 0, 2 ** 32 - 1, 'the random numbers start from 32 bits');
  }

  version(flag: string, value: string): string {
    const violation = emqxVersion(value);
    if (violation) this.problem({ path: flag, value, ...violation });
    return value;
  }

  /** The manifest in a file, or in standard input for `-`. */
  manifest(flag: string, file: string): Manifest | undefined {
    const text = this.text(flag, file);
    if (text === undefined) return undefined;
    try {
      return readManifest(text, file === '-' ? 'standard input' : file);
    } catch (error) {
      if (!(error instanceof ResourceError)) throw error;
      this.complaints.push(error.message);
      return undefined;
    }
  }

  /** The text of a file, or of standard input for `-`. */
  text(flag: string, file: string): string | undefined {
    try {
      return readFileSync(file === '-' ? 0 : file, 'utf8');
    } catch (error) {
      const { code = 'unknown' } = error as NodeJS.ErrnoException;
      this.problem({
        path: flag,
        value: file,
        bound: 'a file that can be read',
        reason: `reading it failed with ${code}`,
        fix: 'check the path, or give - to read standard input',
      });
      return undefined;
    }
  }

  /** @throws InputError with all problems, if there are any */
  done(): void {
    if (this.complaints.length > 0) throw new InputError(this.complaints.join('\n'));
  }
}
