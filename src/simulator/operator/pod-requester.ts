import type { EmqxRequest, EmqxResponse, EmqxTransport } from '../../emqx/transport';

/** The operator's HTTP client has no time-out; this is the longest a timer can wait. */
const never = 2 ** 31 - 1;

export interface PodRequesterOptions {
  transport: EmqxTransport;
  namespace: string;
  username: string;
  password: string;
}

/** How the operator asks the EMQX node of one pod: by its address, with the credentials of the bootstrap file. */
export class PodRequester<T extends PodRequesterOptions = PodRequesterOptions> {
  constructor(protected readonly options: T) {}

  /** @param headers besides those for JSON, or in their place. @throws TransportError when there is no answer */
  pod(
    name: string,
    method: EmqxRequest['method'],
    path: string,
    body: string | undefined,
    signal: AbortSignal,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<EmqxResponse> {
    const { transport, namespace, username, password } = this.options;
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    const json = { 'content-type': 'application/json', accept: 'application/json' };
    const request = {
      method,
      path: `/${path}`,
      headers: { authorization, ...json, ...headers },
      timeoutMs: never,
      ...(body !== undefined && { body }),
    };
    return transport.exchange({ namespace, name }, request, signal);
  }
}
