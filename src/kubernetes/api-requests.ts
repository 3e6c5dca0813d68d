import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Clock } from '../upgrade';
import { AnySignal } from '../upgrade/any-signal';
import type { ClusterAccess, RequestAccess } from './cluster-access';
import { KubeApiError } from './kube-api';
import { refusal } from './kube-error';
import { CredentialsError, readable } from './kubeconfig/kubeconfig-error';

/** One HTTP request to the API server. */
export interface ApiRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  path: string;
  /** Members that are undefined are left out. */
  query?: Record<string, string | undefined>;
  /** Sent as JSON. */
  body?: object;
  /** @default application/json */
  contentType?: string;
}

/** How often a request to a busy server is retried, and the longest wait before each retry. */
const RETRY_LIMITS = { tries: 5, waitMs: 30_000 };

/** Longest accepted answers: lists of thousands of pods and the largest object an API server accepts are far shorter. */
const MOST = { answer: 64 * 2 ** 20, line: 8 * 2 ** 20 };

/**
 * HTTP to an API server over connections that are kept.
 *
 * - After a "later" (429 with `Retry-After`) the request is retried: the server has not started it. One that was refused for
 *   its credentials (401) is retried once, with new ones. Nothing else is retried here.
 * - Each attempt ends after `timeoutMs`.
 */
export class ApiRequests {
  /** By how much the clock of the server is ahead, ms. */
  private ahead: number | undefined;

  constructor(
    private readonly access: ClusterAccess,
    private readonly clock: Clock,
    private readonly timeoutMs: number,
  ) {}

  /** What time it is at the server, ms since the epoch, by the `Date` of its latest answer; undefined before the first. */
  get time(): number | undefined {
    return this.ahead === undefined ? undefined : this.clock.now() + this.ahead;
  }

  /**
   * The answer of the API server, parsed.
   *
   * @throws KubeApiError, or the signal's reason
   */
  async send<T>(request: ApiRequest, signal?: AbortSignal): Promise<T> {
    for (let tries = 1; ; tries++) {
      signal?.throwIfAborted();
      const { response, body } = await this.exchange(request, signal);
      const status = response.statusCode ?? 0;
      const waitMs = status === 429 ? Number(response.headers['retry-after']) * 1000 : Number.NaN;
      if (waitMs >= 0 && waitMs <= RETRY_LIMITS.waitMs && tries < RETRY_LIMITS.tries) {
        await this.clock.sleep(waitMs, signal);
        continue;
      }
      if (status < 200 || status > 299) throw refusal(status, body);
      return parsed<T>(body, status);
    }
  }

  /**
   * The lines of a streamed answer, as they arrive, until the server ends it. An incomplete last line is dropped.
   *
   * @param silentMs time without a line after which the connection is broken.
   * @throws KubeApiError
   */
  async *lines(request: ApiRequest, silentMs: number, signal: AbortSignal): AsyncGenerator<string, void> {
    const late = new AbortController();
    const over = new AnySignal(signal, late.signal);
    let timer: NodeJS.Timeout | undefined;
    const within = (ms: number) => {
      clearTimeout(timer);
      timer = setTimeout(() => late.abort(), ms);
      return over.signal;
    };
    try {
      const response = await this.open(request, () => within(this.timeoutMs), signal);
      const status = response.statusCode ?? 0;
      if (status !== 200) throw refusal(status, await textOf(response));
      within(silentMs);
      let rest = '';
      for await (const chunk of response.setEncoding('utf8')) {
        timer?.refresh();
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        if (rest.length > MOST.line) throw new Error(`a line of more than ${MOST.line} characters`);
        yield* lines.filter((line) => line !== '');
      }
    } catch (error) {
      throw asKubeError(request, late.signal.aborted ? 'no answer for too long' : error);
    } finally {
      clearTimeout(timer);
      over.release();
    }
  }

  private async exchange(request: ApiRequest, signal: AbortSignal | undefined) {
    let deadline: AbortSignal | undefined;
    let over: AnySignal | undefined;
    const within = () => {
      over?.release();
      deadline = AbortSignal.timeout(this.timeoutMs);
      over = new AnySignal(signal, deadline);
      return over.signal;
    };
    try {
      const response = await this.open(request, within, signal);
      return { response, body: await textOf(response) };
    } catch (error) {
      signal?.throwIfAborted();
      throw asKubeError(request, deadline?.aborted ? `no answer within ${this.timeoutMs} ms` : error);
    } finally {
      over?.release();
    }
  }

  /**
   * Refused credentials may have expired early: they are renewed once.
   *
   * @param within starts the time limit of the server: obtaining credentials may take as long as a user takes
   */
  private async open(request: ApiRequest, within: () => AbortSignal, signal?: AbortSignal): Promise<IncomingMessage> {
    const { generation } = this.access;
    const response = await started(this.access, request, await this.access.request(signal), within());
    const date = Date.parse(response.headers.date ?? '');
    if (!Number.isNaN(date)) this.ahead = date - this.clock.now();
    if (response.statusCode !== 401) return response;
    response.resume();
    this.access.renew(generation);
    return started(this.access, request, await this.access.request(signal), within());
  }
}

function started(
  { server }: ClusterAccess,
  request: ApiRequest,
  { headers, ...access }: RequestAccess,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const url = new URL(server + request.path);
  for (const [name, value] of Object.entries(request.query ?? {})) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  const body = request.body && JSON.stringify(request.body);
  const { request: start } = url.protocol === 'http:' ? http : https;
  return new Promise((resolve, reject) => {
    start(
      url,
      {
        ...access,
        method: request.method,
        signal,
        headers: {
          ...headers,
          accept: 'application/json',
          ...(body !== undefined && {
            'content-type': request.contentType ?? 'application/json',
            'content-length': Buffer.byteLength(body),
          }),
        },
      },
      resolve,
    )
      .on('error', reject)
      // Such as an answer of another protocol: Node ends it without an error.
      .on('close', () => reject(new Error('the connection ended without an answer')))
      .end(body);
  });
}

/** The text of an answer. @throws Error as soon as it is too long */
async function textOf(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MOST.answer) throw new Error(`an answer of more than ${MOST.answer} bytes`);
    parts.push(chunk);
  }
  return Buffer.concat(parts).toString();
}

function parsed<T>(body: string, status: number): T {
  try {
    return JSON.parse(body) as T;
  } catch {
    throw new KubeApiError(status, 'InternalError', 'the answer is not JSON: is this an API server?');
  }
}

/** Codes of TLS for a certificate that is not accepted. */
const NOT_TRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME/;

/** The error for a request that no API server has answered. */
function asKubeError({ method, path }: ApiRequest, error: unknown): KubeApiError {
  if (error instanceof KubeApiError) return error;
  if (error instanceof CredentialsError) {
    return new KubeApiError(0, 'Unauthorized', error.message, { cause: error, fix: error.fix });
  }
  const what = typeof error === 'string' ? error : readable(error);
  if (!NOT_TRUSTED.test(what)) return new KubeApiError(0, 'Unreachable', `${method} ${path}: ${what}`);
  return new KubeApiError(0, 'Unreachable', `the certificate of the server is not trusted: ${what}`, {
    fix: 'check certificate-authority and tls-server-name in the kubeconfig; `kubectl cluster-info` gets the same certificate',
  });
}
