import { createServer, type RequestListener, type Server, request as start } from 'node:http';
import { text } from 'node:stream/consumers';
import type { KubeClient } from '../../../src/kubernetes/client';
import { closed, listen } from '../../../src/sandbox/listen';
import { cleanup, served } from './_served';

afterEach(() => cleanup.run());

const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'ee-0', namespace: 'default' },
  spec: { containers: [{ name: 'emqx', image: 'x' }] },
};

/** A cluster with the pod `ee-0`, whose port 8081 leads to this server. */
async function clusterWith(answer: RequestListener): Promise<{ client: KubeClient; pod: Server }> {
  const pod = createServer(answer);
  const target = await listen(pod);
  cleanup.add(() => {
    pod.closeAllConnections();
    return closed(pod);
  });
  const { client } = await served({
    loopbackPortOf: ({ namespace, pod, port }) =>
      namespace === 'default' && pod === 'ee-0' && port === 8081 ? target : undefined,
  });
  await client.create(POD);
  return { client, pod };
}

function ask(client: KubeClient, host: string, body = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    start(`http://${host}`, {
      agent: client.pods,
      method: 'POST',
      headers: { 'content-length': Buffer.byteLength(body) },
    })
      .on('response', (response) => void text(response).then(resolve, reject))
      .on('error', reject)
      .end(body);
  });
}

const echo: RequestListener = (request, response) => {
  void text(request).then((body) => response.end(`${request.url} ${body}`));
};

describe('a port of a pod, forwarded for this project’s own client', () => {
  test('is reached, with bodies of any size both ways, again and again', async () => {
    const { client } = await clusterWith(echo);
    expect(await ask(client, 'ee-0.default:8081/status')).toBe('/status ');
    const long = 'ü'.repeat(2_000_000);
    expect(await ask(client, 'ee-0.default:8081/', long)).toBe(`/ ${long}`);
    expect(await ask(client, 'ee-0.default:8081/', 'x')).toBe('/ x');
  });

  test('ends with the connection of the pod', async () => {
    const { client } = await clusterWith((request) => request.socket.destroy());
    await expect(ask(client, 'ee-0.default:8081/')).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  test('is refused where nothing listens', async () => {
    const { client } = await clusterWith(echo);
    await expect(ask(client, 'ee-0.default:9999/')).rejects.toMatchObject({
      code: 'ECONNREFUSED',
      message: expect.stringMatching(/: error forwarding port 9999 to pod ee-0: .* connection refused$/),
    });
  });

  test('of a pod that is not there is NotFound', async () => {
    const { client } = await clusterWith(echo);
    await expect(ask(client, 'ee-7.default:8081/')).rejects.toMatchObject({
      code: 'ECONNREFUSED',
      message: expect.stringContaining('404'),
    });
  });
});
