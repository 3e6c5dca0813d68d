import type { IncomingMessage } from 'node:http';
import { type Agent, request as start } from 'node:http';
import { textOf } from './text-of';
import { timedExchange } from './timed-exchange';
import type { EmqxRequest, EmqxResponse, EmqxTransport, PodRef } from './transport';

/**
 * Reaches each node through an agent that connects to pods: the host of a request is `<pod>.<namespace>`. How
 * the agent connects, for example by a port-forward, is up to the agent.
 */
export class AgentTransport implements EmqxTransport {
  /** @param port of the management API in the pods. @default 8081, that of EMQX 4. In EMQX 5 it is the dashboard's, 18083 unless changed */
  constructor(
    private readonly agent: Agent,
    private readonly port = 8081,
  ) {}

  /**
   * @throws TransportError `refused` when nothing listens, `reset` when the connection ended before the answer did,
   * `timeout` when the answer took too long, `too-long` when it was too long
   * @throws the signal's reason, when the signal aborted the exchange
   */
  exchange(pod: PodRef, request: EmqxRequest, signal?: AbortSignal): Promise<EmqxResponse> {
    return timedExchange(pod, request, signal, (either) => this.send(pod, request, either));
  }

  private send(pod: PodRef, request: EmqxRequest, signal: AbortSignal): Promise<EmqxResponse> {
    const { method, path, headers, body } = request;
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    return new Promise((resolve, reject) => {
      start(
        {
          agent: this.agent,
          host: `${pod.name}.${pod.namespace}`,
          port: this.port,
          method,
          path,
          headers: { ...headers, ...length },
          signal,
        },
        (response) => void read(response).then(resolve, reject),
      )
        .on('error', reject)
        .end(body);
    });
  }
}

async function read(response: IncomingMessage): Promise<EmqxResponse> {
  const body = await textOf(response);
  const headers = Object.entries(response.headers).map(([name, value]) => [name, [value].flat().join(', ')]);
  return { status: response.statusCode ?? 0, headers: Object.fromEntries(headers), body };
}
