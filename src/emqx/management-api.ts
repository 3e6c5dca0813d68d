import type { z } from 'zod';
import { PortError } from '../upgrade';
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
  /**
   * Others, for nodes that refuse those; read again for each request that is refused. Undefined where there are none.
   *
   * @default - none
   */
  ownCredentials?: () => Promise<Credentials | undefined>;
  /** Timeout of each request, in ms. @default 5000: a frozen peer blocks some answers for as long as it is frozen */
  timeoutMs?: number;
}

/**
 * Requests to the management API of the cluster's nodes, in the dialect of one generation. Paths are those behind its base.
 *
 * - Reads are retried once at once: a kept-alive connection may have been closed by the node meanwhile. Writes are
 *   not: the engine reads their effect.
 * - A request that is refused for its credentials (401) is retried once, with those that the cluster has now, and then with those of
 *   the user's own, if there are any. A node that takes these gets them first from then on.
 *
 * Every method rejects with an {@link EmqxApiError} when the node declines, and with a {@link TransportError} without an answer.
 */
export class ManagementApi {
  private authorization: Promise<string> | undefined;
  /** Pods whose nodes took the user's own credentials, with these. */
  private readonly owns = new Map<string, string>();
  /** Pods whose nodes refused these, too. */
  private readonly refuseOwn = new Set<string>();

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
    const areBothRefused = status === 401 && this.refuseOwn.has(pod);
    const reason = areBothRefused ? `${outcome.reason}; your own key is refused, too` : outcome.reason;
    throw new EmqxApiError(pod, request.path, status, outcome.code, reason);
  }

  private async exchange(pod: string, request: Request, signal?: AbortSignal): Promise<EmqxResponse> {
    const known = this.owns.get(pod);
    if (known !== undefined) {
      const response = await this.send(pod, request, known, signal);
      if (response.status !== 401) return response;
      this.owns.delete(pod);
    }
    const refusal = await this.exchangeAsOperator(pod, request, signal).catch((error: unknown) => {
      if (isWithoutCredentials(error)) return error;
      throw error;
    });
    if (!(refusal instanceof PortError) && refusal.status !== 401) return refusal;
    const credentials = await this.options.ownCredentials?.();
    this.refuseOwn.delete(pod);
    if (!credentials) {
      if (refusal instanceof PortError) throw refusal;
      return refusal;
    }
    const own = basic(credentials);
    const answer = await this.send(pod, request, own, signal);
    if (answer.status === 401) this.refuseOwn.add(pod);
    else this.owns.set(pod, own);
    return answer;
  }

  private async exchangeAsOperator(
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
    const response = await this.send(pod, request, authorization, signal);
    if (response.status !== 401) return response;
    // They may have changed, or another request may have renewed them meanwhile.
    if (this.authorization === used) this.authorization = undefined;
    return isLast ? response : this.exchangeAsOperator(pod, request, signal, true);
  }

  private send(pod: string, request: Request, authorization: string, signal?: AbortSignal): Promise<EmqxResponse> {
    const headers: Record<string, string> = { accept: 'application/json', authorization };
    if (request.body !== undefined) headers['content-type'] = 'application/json';
    const { namespace, timeoutMs = 5000, transport } = this.options;
    return transport.exchange({ namespace, name: pod }, { headers, timeoutMs, ...request }, signal);
  }
}

/** Whether a request was not sent, because the Secret with the operator's credentials does not exist. */
export function isWithoutCredentials(error: unknown): error is PortError {
  return error instanceof PortError && error.code === 'missing';
}

type Request = Pick<EmqxRequest, 'method' | 'path' | 'body'>;

function basic({ id, secret }: Credentials): string {
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
}
