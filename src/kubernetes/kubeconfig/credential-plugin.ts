import { type ChildProcess, spawn } from 'node:child_process';
import * as z from 'zod';
import { CredentialsError } from './kubeconfig-error';
import type { ClusterEntry, PluginEntry } from './kubeconfig-file';

/** What a plugin returns: a token, or a client certificate with its key. */
export interface PluginCredentials {
  token?: string | undefined;
  certificate?: string | undefined;
  key?: string | undefined;
}

/** Time limit of a non-interactive plugin, ms. An interactive one has no limit: a user may take any time. */
const TIMEOUT_MS = 60_000;

/** Longest part of a plugin's error output that is shown. */
const LONGEST_MESSAGE = 300;

/** Most output that is read; a token is some kilobytes. */
const MOST_OUTPUT = 2 ** 20;

const ANSWER = z.object({
  apiVersion: z.string().nullish(),
  status: z.object({
    token: z.string().nullish(),
    clientCertificateData: z.string().nullish(),
    clientKeyData: z.string().nullish(),
    expirationTimestamp: z.string().nullish(),
  }),
});

/**
 * A program that returns credentials. It runs once at a time, and its credentials are used until they expire or are refused.
 *
 * @see the documentation of Kubernetes, "client-go credential plugins"
 */
export class CredentialPlugin {
  private known: { credentials: PluginCredentials; until: number } | undefined;
  private run: Run | undefined;

  constructor(
    private readonly user: string,
    private readonly plugin: PluginEntry,
    private readonly cluster: ClusterEntry,
    private readonly authority: () => Buffer | undefined,
  ) {}

  /** @throws CredentialsError, or the signal's reason */
  async credentials(signal?: AbortSignal): Promise<PluginCredentials> {
    signal?.throwIfAborted();
    if (this.known && Date.now() < this.known.until) return this.known.credentials;
    this.run ??= this.begin();
    const { run } = this;
    run.waiting++;
    try {
      return await orAborted(run.result, signal);
    } finally {
      // No caller waits for it any more: it must not keep the process alive, nor prompt the user for nothing.
      if (--run.waiting === 0) run.stop();
    }
  }

  /** Its last credentials were refused. */
  forget(): void {
    this.known = undefined;
  }

  private begin(): Run {
    const { stdin } = process;
    const { interactiveMode } = this.plugin;
    const isInteractive = interactiveMode !== 'Never' && stdin.isTTY === true;
    if (interactiveMode === 'Always' && !isInteractive) {
      throw this.failed(
        'needs a terminal to ask the user, and there is none',
        'run this in a terminal, or log in first',
      );
    }
    const stopping = new AbortController();
    const result = this.ask(isInteractive, stopping.signal).finally(() => {
      this.run = undefined;
    });
    result.catch(() => undefined); // the callers that wait get the error
    return { result, waiting: 0, stop: () => stopping.abort() };
  }

  private async ask(isInteractive: boolean, stopped: AbortSignal): Promise<PluginCredentials> {
    const { plugin } = this;
    const output = await this.outputOf(isInteractive, stopped);
    const answer = ANSWER.safeParse(jsonIn(output));
    if (!answer.success) throw this.failed('returned no ExecCredential with a status', this.loginAgain());
    const { apiVersion, status } = answer.data;
    if (apiVersion && apiVersion !== plugin.apiVersion) {
      const fix = `set exec.apiVersion of the user ${this.user} to ${apiVersion}, or update the plugin`;
      throw this.failed(`answers with ${apiVersion}, but ${plugin.apiVersion} was requested`, fix);
    }
    const { token, clientCertificateData, clientKeyData, expirationTimestamp } = status;
    const credentials = {
      token: token || undefined,
      certificate: clientCertificateData || undefined,
      key: clientKeyData || undefined,
    };
    if (!credentials.token && !(credentials.certificate && credentials.key)) {
      throw this.failed('returned neither a token nor a client certificate with its key', this.loginAgain());
    }
    const until = expirationTimestamp ? Date.parse(expirationTimestamp) : Number.POSITIVE_INFINITY;
    this.known = { credentials, until };
    return credentials;
  }

  private async outputOf(isInteractive: boolean, stopped: AbortSignal): Promise<string> {
    const { command, args, env, installHint } = this.plugin;
    if ([command, ...args, ...Object.values(env)].some((text) => text.includes('\0'))) {
      throw this.failed('cannot be started: its arguments contain a character that is not allowed', this.loginAgain());
    }
    const child = spawn(command, args, {
      env: { ...process.env, ...env, KUBERNETES_EXEC_INFO: JSON.stringify(this.info(isInteractive)) },
      stdio: [isInteractive ? 'inherit' : 'ignore', 'pipe', 'pipe'],
      // So that its child processes can be ended with it; an interactive one must stay with the terminal.
      detached: !isInteractive,
    });
    let output = '';
    let saying = '';
    let ending: string | undefined;
    const end = (why: string) => {
      ending ??= why;
      killAll(child, !isInteractive);
    };
    const onStop = () => end('was stopped');
    stopped.addEventListener('abort', onStop, { once: true });
    const timer = isInteractive
      ? undefined
      : setTimeout(() => end(`did not answer within ${TIMEOUT_MS / 1000} s`), TIMEOUT_MS);
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
      if (output.length > MOST_OUTPUT) end(`printed more than ${MOST_OUTPUT} bytes`);
    });
    // Its messages are for the user: an address to open, a code to type.
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      saying = (saying + chunk).slice(-2 * LONGEST_MESSAGE);
      process.stderr.write(chunk);
    });
    return new Promise<string>((resolve, reject) => {
      child.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') return reject(this.failed(`cannot be started: ${error.code}`, this.loginAgain()));
        const fix = installHint ?? 'install it, and make sure that it is on the PATH';
        return reject(this.failed('is not installed', fix));
      });
      // Its child processes may hold its output open for too long.
      child.on('exit', () => {
        if (ending !== undefined) for (const stream of [child.stdout, child.stderr]) stream?.destroy();
      });
      child.on('close', (code, killedBy) => {
        if (code === 0 && ending === undefined) return resolve(output);
        const how = ending ?? (code === null ? `was ended by ${killedBy}` : `failed with exit code ${code}`);
        const words = saying.trim().split('\n').at(-1)?.trim().slice(0, LONGEST_MESSAGE);
        return reject(this.failed(words ? `${how}: ${words}` : how, this.loginAgain()));
      });
    }).finally(() => {
      clearTimeout(timer);
      stopped.removeEventListener('abort', onStop);
    });
  }

  private info(interactive: boolean): object {
    const { apiVersion, provideClusterInfo } = this.plugin;
    const { server, tlsServerName, insecure, proxyUrl, pluginConfig } = this.cluster;
    const authority = this.authority();
    const cluster = {
      server,
      ...(tlsServerName && { 'tls-server-name': tlsServerName }),
      ...(insecure && { 'insecure-skip-tls-verify': true }),
      ...(authority && { 'certificate-authority-data': authority.toString('base64') }),
      ...(proxyUrl && { 'proxy-url': proxyUrl }),
      config: pluginConfig ?? null,
    };
    return { kind: 'ExecCredential', apiVersion, spec: { ...(provideClusterInfo && { cluster }), interactive } };
  }

  private failed(what: string, fix: string): CredentialsError {
    return new CredentialsError(`the credential plugin ${this.plugin.command} of the user ${this.user} ${what}`, fix);
  }

  private loginAgain(): string {
    return 'log in again as you do for kubectl; `kubectl auth whoami` runs the same plugin';
  }
}

/** A plugin that is running. */
interface Run {
  result: Promise<PluginCredentials>;
  waiting: number;
  stop(): void;
}

/** Ends a process, and where it has a process group of its own also its child processes. */
function killAll(child: ChildProcess, hasGroup: boolean): void {
  try {
    if (hasGroup && child.pid !== undefined && process.platform !== 'win32') process.kill(-child.pid, 'SIGKILL');
    else child.kill('SIGKILL');
  } catch {
    // It has ended.
  }
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The result of the promise, or the signal's reason when that comes first. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
