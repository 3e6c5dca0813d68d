import type { z } from 'zod';
import type { Dialect } from './dialect';
import { EmqxApiError } from './errors';
import { type EmqxRequest, type EmqxResponse, type EmqxTransport, MAX_ANSWER_BYTES, TransportError } from './transport';

/** Basic authentication of the management API: an application of EMQX 4, an API key of EMQX 5. */
export interface Credentials {
  id: string;
  secret: string;
}

export interface ManagementApiOptions {
  transport: EmqxTransport;
  namespace: string;
  /** Called at the first request, and again after a failure or when a node refused the credentials. */
  credentials: () => Promise<Credentials>;
  /** Timeout of each request, in ms. @default 5000: a frozen peer blocks some answers for as long as it is frozen */
  timeoutMs?: number;
}

/**
 * Requests to the management API of the cluster's nodes, in the dialect of one generation. Paths are those behind its base.
 *
 * - Reads are retried once at once: a kept-alive connection may have been closed by the node meanwhile. Writes are
 *   not: the engine reads their effect.
 * - A request that is refused for its credentials (401) is retried once, with those that the cluster has now.
 *
 * Every method rejects with an {@link EmqxApiError} when the node declines, and with a {@link TransportError} without an answer.
 */
export class ManagementApi {
  private authorization: Promise<string> | undefined;

  constructor(
    private readonly options: ManagementApiOptions,
    private readonly dialect: Dialect,
  ) {}

  async read<S extends z.ZodType>(pod: string, path: string, schema: S, signal?: AbortSignal): Promise<z.output<S>> {
    const request = { method: 'GET', path: this.dialect.base + path } as const;
    const response = await this.exchange(pod, request, signal).catch((error: unknown) => {
      signal?.throwIfAborted();
      if (error instanceof TransportError && error.code === 'reset') return this.exchange(pod, request, signal);
      throw error;
    });
    const answer = schema.safeParse(this.content(pod, request, response));
    if (answer.success) return answer.data;
    const first = answer.error.issues[0];
    const where = `at '${first?.path.join('.') ?? ''}': ${first?.message ?? ''}`;
    const reason = `an answer this client does not understand, ${where}`;
    throw new EmqxApiError(pod, request.path, response.status, undefined, reason);
  }

  async write(
    pod: string,
    method: 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: object,
    signal?: AbortSignal,
  ): Promise<void> {
    const request = { method, path: this.dialect.base + path, ...(body && { body: JSON.stringify(body) }) };
    this.content(pod, request, await this.exchange(pod, request, signal));
  }

  private content(pod: string, request: Request, response: EmqxResponse): unknown {
    const { status, body } = response;
    if (body.length > MAX_ANSWER_BYTES) {
      throw new EmqxApiError(pod, request.path, status, undefined, `an answer of ${body.length} bytes`);
    }
    const outcome = this.dialect.outcomeOf(request, response);
    if ('data' in outcome) return outcome.data;
    throw new EmqxApiError(pod, request.path, status, outcome.code, outcome.reason);
  }

  private async exchange(
    pod: string,
    request: Request,
    signal?: AbortSignal,
    isLast = this.authorization === undefined,
  ): Promise<EmqxResponse> {
    this.authorization ??= this.options.credentials().then(basic);
    const used = this.authorization;
    const authorization = await used.catch((error: unknown) => {
      this.authorization = undefined; // the next request asks again
      throw error;
    });
    const headers: Record<string, string> = { accept: 'application/json', authorization };
    if (request.body !== undefined) headers['content-type'] = 'application/json';
    const response = await this.options.transport.exchange(
      { namespace: this.options.namespace, name: pod },
      { ...request, headers, timeoutMs: this.options.timeoutMs ?? 5000 },
      signal,
    );
    if (response.status !== 401) return response;
    // They may have changed, or another request may have renewed them meanwhile.
    if (this.authorization === used) this.authorization = undefined;
    return isLast ? response : this.exchange(pod, request, signal, true);
  }
}

type Request = Pick<EmqxRequest, 'method' | 'path' | 'body'>;

function basic({ id, secret }: Credentials): string {
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
}
