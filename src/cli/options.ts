import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import {
  type EmqxResource,
  type Manifest,
  type Problem,
  ResourceError,
  readClusterManifest,
  type Violation,
} from '../resource';
import { formatFinding } from '../resource/problem';
import { emqxVersion } from '../resource/rules';
import { emqx5Version } from '../resource/v2beta1/rules';
import { InputError, type InputProblem } from './errors';

/**
 * Reads the options of a command and collects what is wrong with them, so that all problems are reported together. What it
 * returns for a wrong option is never used, because `done` throws.
 */
export class OptionReader {
  private readonly problems: InputProblem[] = [];

  /** @param source where the input comes from, when that is not the command line. */
  problem(problem: Problem, source?: string): void {
    const finding = formatFinding(problem);
    this.problems.push({ message: source === undefined ? finding : `${source}: ${finding}`, fix: problem.fix });
  }

  /** A Kubernetes name. An empty one is refused, because there it would mean all names, or all namespaces. */
  name(flag: string, value: string | undefined): void {
    if (value === undefined || /^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/.test(value)) return;
    this.problem({
      path: flag,
      value,
      bound: 'a name of lower-case letters, digits, dots and dashes',
      reason: 'Kubernetes allows no other names',
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
      fix: isRequired(flag) ? 'give one' : `give one, or leave ${flag} out`,
    });
    return Number.NaN;
  }

  /** A NodePort; 0 stands for any free port. */
  nodePort(flag: string, text: string): number {
    if (text === '0') return 0;
    return this.wholeNumber(flag, text, 30_000, 32_767, 'it is a NodePort, or 0 for any free port');
  }

  /** Disconnects per second in the whole cluster. */
  rate(flag: string, text: string): number {
    return this.wholeNumber(flag, text, 1, 1_000_000, 'it is a number of disconnects per second');
  }

  /** The most devices that may be offline at a time, or `none`. */
  offlineBudget(flag: string, text: string): number | 'none' {
    if (text === 'none') return text;
    return this.wholeNumber(flag, text, 1, 1e9, 'it is a number of devices, or none for no limit');
  }

  seed(flag: string, text: string): number {
    return this.wholeNumber(flag, text, 0, 2 ** 32 - 1, 'seeds have 32 bits');
  }

  /** @param kind of the cluster. @default - not known yet: any kind */
  version(flag: string, value: string, kind?: EmqxResource['kind']): string {
    const violation = versionViolation(value, kind);
    if (!violation) return value;
    // The fix that is given for an image does not fit here: the cluster's tag keeps its prefix and suffix.
    const [meant] = /\d+\.\d+\.\d+/.exec(value) ?? [];
    const isPart = meant !== undefined && meant !== value && versionViolation(meant, kind) === undefined;
    this.problem({ path: flag, value, ...violation, ...(isPart && { fix: `give ${meant}` }) });
    return value;
  }

  /** The manifest in a file, or in standard input for `-`. */
  manifest(flag: string, file: string): Manifest<EmqxResource> | undefined {
    const text = this.text(flag, file);
    if (text === undefined) return undefined;
    try {
      return readClusterManifest(text, file === '-' ? 'standard input' : file);
    } catch (error) {
      if (!(error instanceof ResourceError)) throw error;
      for (const problem of error.problems) this.problem(problem, error.source);
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

  /** A file that is written at the end: that it cannot be is to be known before. */
  outputFile(flag: string, file: string | undefined): void {
    if (file === undefined) return;
    const why = unwritable(file);
    if (why === undefined) return;
    this.problem({ path: flag, value: file, ...why, fix: `give another path, or leave ${flag} out` });
  }

  /** @throws InputError with all problems, if there are any */
  done(): void {
    if (this.problems.length > 0) throw new InputError(this.problems);
  }
}

/** Why a file cannot be written; undefined where it can, as far as that is known before. */
function unwritable(file: string): { bound: string; reason: string } | undefined {
  try {
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) return { bound: 'a file', reason: 'it is a folder' };
    accessSync(path.dirname(file), constants.W_OK);
    return undefined;
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    return { bound: 'a file in a folder that can be written to', reason: `its folder cannot: ${code}` };
  }
}

function versionViolation(value: string, kind: EmqxResource['kind'] | undefined): Violation | undefined {
  if (kind !== undefined) return (kind === 'EMQX' ? emqx5Version : emqxVersion)(value);
  const [old, next] = [emqxVersion(value), emqx5Version(value)];
  return (
    old &&
    next &&
    (/^[5-9]/.test(value) ? next : { ...old, bound: `${old.bound}, or ${next.bound.replace('a version ', '')}` })
  );
}

/** An argument in angle brackets, as in the usage. */
function isRequired(flag: string): boolean {
  return flag.startsWith('<');
}
