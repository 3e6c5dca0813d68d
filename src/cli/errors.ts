import { KubeconfigError } from '../kubernetes';
import { BlockedError, UpgradeError } from '../upgrade';
import { EXIT, type ExitCode } from './exit';
import { json, safe } from './render/text';
import type { Shell } from './shell';

/** Something that was foreseen ends a command. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  constructor(
    readonly exitCode: ExitCode,
    /** Stable name, for scripts. */
    readonly code: string,
    message: string,
    /** What to do about it, where the message does not say so. */
    readonly fix?: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The input of a command is wrong. */
export class InputError extends CommandError {
  constructor(message: string, fix?: string) {
    super(EXIT.badInput, 'BAD_INPUT', message, fix);
  }
}

/** What is told of an error that ends a command. */
export interface Failure {
  exitCode: ExitCode;
  code: string;
  message: string;
  fix?: string;
}

/** The one place where errors get their exit codes. Of an error that nobody foresaw everything is told. */
export function failureOf(error: unknown): Failure {
  if (error instanceof CommandError) {
    const { exitCode, code, message, fix } = error;
    return { exitCode, code, message, ...(fix !== undefined && { fix }) };
  }
  if (error instanceof KubeconfigError) {
    return { exitCode: EXIT.badInput, code: 'KUBECONFIG', message: error.message, fix: KUBECONFIG_FIX };
  }
  if (error instanceof UpgradeError) {
    const exitCode = error instanceof BlockedError ? EXIT.blocked : EXIT.stopped;
    // The message ends with the fix.
    const message = error.message.replace(`; ${error.fix}`, '');
    return { exitCode, code: error.code, message, fix: error.fix };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { exitCode: EXIT.failed, code: 'UNFORESEEN', message };
}

const KUBECONFIG_FIX = 'name the file by --kubeconfig or KUBECONFIG, and the context in it by --context';

/**
 * Tells a person of an error, on standard error; and a program, where one reads standard output, in the form it expects
 * there.
 */
export function tellFailure(error: unknown, { out, err }: Shell, form: 'text' | 'object' | 'lines'): ExitCode {
  const { exitCode, ...failure } = failureOf(error);
  const { message, fix } = failure;
  const text = [message, ...(fix === undefined ? [] : [`→ ${fix}`])].join('\n');
  err.write(`${text.split('\n').map(safe).join('\n')}\n`);
  if (form === 'object') out.write(`${json({ error: failure }, 2)}\n`);
  if (form === 'lines') out.write(`${json({ kind: 'error', ...failure })}\n`);
  return exitCode;
}
