import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { askPod, forwardPorts } from './_fake-port-forward';
import {
  type Asked,
  client,
  endAll,
  fakeServer,
  json,
  kubeconfig,
  listening,
  rejection,
  temporaryFile,
} from './_fake-server';

const MAP = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'mqtt', name: 'a' };
const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'mqtt', resourceVersion: '2' } };

afterEach(endAll);

/** A server that takes one token, and a client that has it from a credential plugin, which says that it is good for long. */
async function guarded() {
  const server = { token: 'first' };
  const plugged = temporaryFile('first');
  const runs = temporaryFile('');
  const script = `
    const { appendFileSync, readFileSync } = require('node:fs');
    appendFileSync(process.argv[2], '.');
    const token = readFileSync(process.argv[1], 'utf8');
    console.log(JSON.stringify({ status: { token, expirationTimestamp: '2999-01-01T00:00:00Z' } }));`;
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: process.execPath,
    args: ['-e', script, plugged, runs],
  };
  const { api, asked } = await fakeServer(
    ({ url, authorization }: Asked, response) => {
      if (authorization !== `Bearer ${server.token}`) {
        return json(response, 401, { code: 401, reason: 'Unauthorized', message: 'Unauthorized' });
      }
      if (!url.includes('watch=true')) return json(response, 200, map);
      response.end(`${JSON.stringify({ type: 'ADDED', object: map })}\n`);
    },
    { user: { exec } },
  );
  /** From now on the server takes another token, and the plugin has it. */
  const rotate = (token: string, told = token) => {
    server.token = token;
    writeFileSync(plugged, told);
  };
  const tokens = () => asked.map(({ authorization }) => authorization?.replace('Bearer ', ''));
  return { api, rotate, tokens };
}

describe('credentials that are refused', () => {
  test('are requested again, and the request is sent again', async () => {
    const { api, rotate, tokens } = await guarded();
    await api.get(MAP);
    rotate('second');
    expect(await api.get(MAP)).toEqual(map);
    await api.get(MAP);
    expect(tokens()).toEqual(['first', 'first', 'second', 'second']);
  });

  test('again are a refusal: it is asked once', async () => {
    const { api, rotate, tokens } = await guarded();
    await api.get(MAP);
    rotate('second', 'third');
    expect(await rejection(api.get(MAP))).toMatchObject({ code: 'Unauthorized', status: 401 });
    expect(tokens()).toEqual(['first', 'first', 'third']);
  });

  test('are requested again by a watch, too', async () => {
    const { api, rotate, tokens } = await guarded();
    await api.get(MAP);
    rotate('second');
    for await (const { type } of api.watch(MAP, { resourceVersion: '1' }, new AbortController().signal)) {
      expect(type).toBe('ADDED');
      break;
    }
    expect(tokens()).toEqual(['first', 'first', 'second']);
  });

  test('are those that the kubeconfig says now', async () => {
    const { url, asked } = await fakeServer(({ authorization }, response) =>
      authorization === 'Bearer new' ? json(response, 200, map) : json(response, 401, { code: 401 }),
    );
    const file = temporaryFile(JSON.stringify(kubeconfig(url, { token: 'old' })));
    const api = await client({ kubeconfig: file });
    writeFileSync(file, JSON.stringify(kubeconfig(url, { token: 'new' })));
    expect(await api.get(MAP)).toEqual(map);
    expect(asked).toHaveLength(2);
  });

  test('stay as they were while the kubeconfig cannot be read', async () => {
    const { url } = await fakeServer((_, response) => json(response, 401, { code: 401, message: 'Unauthorized' }));
    const file = temporaryFile(JSON.stringify(kubeconfig(url, { token: 's3cret' })));
    const api = await client({ kubeconfig: file });
    writeFileSync(file, 'half a fi');
    expect(await rejection(api.get(MAP))).toMatchObject({ code: 'Unauthorized', message: 'Unauthorized' });
  });

  test('are requested again by a port-forward, too', async () => {
    const pod = createServer((_, response) => response.end('here'));
    await listening(pod);
    const { api, server } = await fakeServer(() => undefined);
    const refused: number[] = [];
    forwardPorts(server, () => {
      if (refused.length > 0) return { port: (pod.address() as AddressInfo).port };
      refused.push(401);
      return { status: 401 };
    });
    expect(await askPod(api)).toBe('here');
    expect(refused).toEqual([401]);
  });
});
