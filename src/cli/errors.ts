import { KubeconfigError } from '../kubernetes';
import { UpgradeError } from '../upgrade';
import { EXIT, type ExitCode } from './exit';
import { json, safe } from './render/text';
import type { Shell } from './shell';

/** An expected error that ends a command. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  constructor(
    readonly exitCode: ExitCode,
    /** Stable name, for scripts. */
    readonly code: string,
    message: string,
    /** What to do about it. */
    readonly fix: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** One thing that is wrong with an input, and what to do about it. */
export interface InputProblem {
  message: string;
  fix: string;
}

/** The input of a command is wrong. */
export class InputError extends CommandError {
  /** All problems, where several were found together. */
  readonly problems: readonly InputProblem[];

  constructor(message: string, fix: string);
  constructor(problems: readonly InputProblem[]);
  constructor(first: string | readonly InputProblem[], second = '') {
    const problems = typeof first === 'string' ? [{ message: first, fix: second }] : first;
    const lines = (part: keyof InputProblem) => [...new Set(problems.map((problem) => problem[part]))].join('\n');
    super(EXIT.badInput, 'BAD_INPUT', lines('message'), lines('fix'));
    this.problems = problems;
  }
}

/** What is reported of an error that ends a command. */
export interface Failure {
  exitCode: ExitCode;
  code: string;
  message: string;
  fix: string;
  /** Each of them, where there are several. */
  problems?: readonly InputProblem[];
}

/** The one place where errors get their exit codes. Of an unexpected error everything is reported. */
export function failureOf(error: unknown): Failure {
  if (error instanceof CommandError) {
    const { exitCode, code, message, fix } = error;
    const problems = error instanceof InputError && error.problems.length > 1 ? error.problems : undefined;
    return { exitCode, code, message, fix, ...(problems && { problems }) };
  }
  if (error instanceof KubeconfigError) {
    return { exitCode: EXIT.badInput, code: 'KUBECONFIG', message: error.message, fix: KUBECONFIG_FIX };
  }
  if (error instanceof UpgradeError) {
    const exitCode = UPGRADE_EXITS[error.code] ?? EXIT.stopped;
    return { exitCode, code: error.code, message: error.reason, fix: error.fix };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    exitCode: EXIT.failed,
    code: 'UNFORESEEN',
    message,
    fix: 'this is a bug: report it with all of this text',
  };
}

/** The errors of the engine that do not mean that a run stopped before its end. */
const UPGRADE_EXITS: Partial<Record<UpgradeError['code'], ExitCode>> = {
  BLOCKED: EXIT.blocked,
  NO_RUN: EXIT.badInput,
};

const KUBECONFIG_FIX = 'give the file with --kubeconfig or KUBECONFIG, and the context in it with --context';

/**
 * Reports an error on standard error for people; and, with `-o json`, also on standard output, in the form that is expected
 * there.
 */
export function reportFailure(error: unknown, { out, err }: Shell, form: 'text' | 'object' | 'lines'): ExitCode {
  const { exitCode, ...failure } = failureOf(error);
  const problems = failure.problems ?? [failure];
  const text = problems.map(({ message, fix }) => `${message}\n→ ${fix}`).join('\n');
  err.write(`${text.split('\n').map(safe).join('\n')}\n`);
  if (form !== 'text') write(failure, out, form);
  return exitCode;
}

/** Reports, as JSON, words that the parser does not accept; for people the parser has printed it. */
export function writeUsageError(message: string, out: Shell['out'], form: 'object' | 'lines'): void {
  const fix = '--help lists the commands and options';
  write({ code: 'BAD_INPUT', message: message.replace(/^error: /, ''), fix }, out, form);
}

function write(failure: Omit<Failure, 'exitCode'>, out: Shell['out'], form: 'object' | 'lines'): void {
  out.write(form === 'object' ? `${json({ error: failure }, 2)}\n` : `${json({ kind: 'error', ...failure })}\n`);
}
