import { getEventListeners } from 'node:events';
import { inspect } from 'node:util';
import type { KubeClient } from '../../src/kubernetes/client';
import { ClusterAccess } from '../../src/kubernetes/cluster-access';
import type { KubeObject } from '../../src/kubernetes/kube-api';
import { type Asked, client, endAll, fakeServer, json, kubeconfig, rejection, temporaryFile } from './_fake-server';

const MAP = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'mqtt', name: 'settings' };
const MAPS = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'mqtt' };
const SET = { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace: 'mqtt', name: 'ee-1' };
const EMQX = { apiVersion: 'apps.emqx.io/v1beta4', kind: 'EmqxEnterprise', namespace: 'mqtt', name: 'ee' };

const map: KubeObject & { data: object } = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace: 'mqtt' },
  data: { a: '1' },
};

afterEach(endAll);

/** Of an object and of a list, as much as a client needs. */
const NOTHING = { items: [], metadata: { resourceVersion: '1' } };

describe('a request', () => {
  const merge = 'application/merge-patch+json';
  const apply = 'application/apply-patch+yaml';
  const maps = '/api/v1/namespaces/mqtt/configmaps';
  const sets = '/apis/apps/v1/namespaces/mqtt/statefulsets';

  test.each<[string, (api: KubeClient) => Promise<unknown>, Asked]>([
    [
      'get',
      (api) => api.get(EMQX),
      { method: 'GET', url: '/apis/apps.emqx.io/v1beta4/namespaces/mqtt/emqxenterprises/ee' },
    ],
    [
      'get of a kind whose plural is irregular',
      (api) => api.get({ ...EMQX, apiVersion: 'apps.emqx.io/v2beta1', kind: 'EMQX' }),
      { method: 'GET', url: '/apis/apps.emqx.io/v2beta1/namespaces/mqtt/emqxes/ee' },
    ],
    ['list', (api) => api.list(MAPS), { method: 'GET', url: maps }],
    ['list by name', (api) => api.list(MAP), { method: 'GET', url: `${maps}?fieldSelector=metadata.name=settings` }],
    [
      'list in all namespaces',
      (api) => api.list({ ...MAPS, namespace: '' }),
      { method: 'GET', url: '/api/v1/configmaps' },
    ],
    [
      'list by labels',
      (api) =>
        api.list({
          apiVersion: 'apps/v1',
          kind: 'StatefulSet',
          namespace: 'mqtt',
          labels: { app: 'x', 'test.io/tier': 'y' },
        }),
      { method: 'GET', url: `${sets}?labelSelector=app=x,test.io/tier=y` },
    ],
    [
      'list of a kind with an unusual plural',
      (api) => api.list({ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', namespace: 'mqtt' }),
      { method: 'GET', url: '/apis/networking.k8s.io/v1/namespaces/mqtt/networkpolicies' },
    ],
    [
      'list of a kind that is plural already',
      (api) => api.list({ ...MAPS, kind: 'Endpoints' }),
      { method: 'GET', url: '/api/v1/namespaces/mqtt/endpoints' },
    ],
    [
      'create',
      (api) => api.create(map),
      { method: 'POST', url: `${maps}?fieldManager=emqx-blue-green`, type: 'application/json', body: map },
    ],
    [
      'merge patch',
      (api) => api.patch(MAP, { type: 'merge', body: { data: { a: null } } }),
      {
        method: 'PATCH',
        url: `${maps}/settings?fieldManager=emqx-blue-green`,
        type: merge,
        body: { data: { a: null } },
      },
    ],
    [
      'merge patch of a status',
      (api) => api.patch(SET, { type: 'merge', body: { status: {} } }, { subresource: 'status' }),
      { method: 'PATCH', url: `${sets}/ee-1/status?fieldManager=emqx-blue-green`, type: merge, body: { status: {} } },
    ],
    [
      'apply',
      (api) => api.patch(MAP, { type: 'apply', fieldManager: 'me', body: { ...map, metadata: { name: 'x' } } }),
      { method: 'PATCH', url: `${maps}/settings?fieldManager=me`, type: apply, body: map },
    ],
    [
      'apply with force',
      (api) => api.patch(MAP, { type: 'apply', fieldManager: 'me', body: map, force: true }),
      { method: 'PATCH', url: `${maps}/settings?fieldManager=me&force=true`, type: apply, body: map },
    ],
    [
      'scale',
      (api) => api.scale(SET, 0),
      {
        method: 'PATCH',
        url: `${sets}/ee-1/scale?fieldManager=emqx-blue-green`,
        type: merge,
        body: { spec: { replicas: 0 } },
      },
    ],
    [
      'delete',
      (api) => api.delete(MAP, { gracePeriodSeconds: 0 }),
      { method: 'DELETE', url: `${maps}/settings`, type: 'application/json', body: { gracePeriodSeconds: 0 } },
    ],
  ])('to %s is what the API server expects', async (_, call, expected) => {
    const { api, asked } = await fakeServer((__, response) => json(response, 200, NOTHING));
    await call(api);
    expect(asked).toEqual([{ ...expected, authorization: 'Bearer secret-token' }]);
  });

  test('uses the connection of the one before', async () => {
    const { api, connections } = await fakeServer((_, response) => json(response, 200, map));
    for (let count = 0; count < 3; count++) await api.get(MAP);
    expect(connections()).toBe(1);
  });

  test('for a list gives each item its kind, which the server leaves out', async () => {
    const { api } = await fakeServer((_, response) =>
      json(response, 200, {
        kind: 'ConfigMapList',
        metadata: { resourceVersion: '7' },
        items: [{ metadata: { name: 'a' } }],
      }),
    );
    const item = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } };
    expect(await api.list(MAPS)).toEqual({ items: [item], resourceVersion: '7' });
  });
});

describe('a refusal', () => {
  const refused = async (status: number, body: object | string, call = (api: KubeClient) => api.get(MAP)) => {
    const { api } = await fakeServer((_, response) => {
      response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
    });
    const { status: code, code: reason, message } = await rejection(call(api));
    return `${code} ${reason}: ${message}`;
  };
  const status = (code: number, reason: string, message: string, details: object = {}) =>
    refused(code, { kind: 'Status', code, reason, message, details });

  test.each([
    [404, 'NotFound', 'NotFound'],
    [409, 'AlreadyExists', 'AlreadyExists'],
    [409, 'Conflict', 'Conflict'],
    [422, 'Invalid', 'Invalid'],
    [400, 'BadRequest', 'Invalid'],
    [415, 'UnsupportedMediaType', 'Invalid'],
    [403, 'Forbidden', 'Forbidden'],
    [401, 'Unauthorized', 'Unauthorized'],
    [410, 'Gone', 'Expired'],
    [410, 'Expired', 'Expired'],
    [429, 'TooManyRequests', 'TooManyRequests'],
    [500, 'InternalError', 'InternalError'],
    [503, 'ServiceUnavailable', 'InternalError'],
    [504, 'Timeout', 'InternalError'],
  ])('%i %s is %s, in the words of the server', async (code, reason, expected) => {
    expect(await status(code, reason, 'because')).toBe(`${code} ${expected}: because`);
  });

  test('of a proxy is told by its status alone', async () => {
    expect(await refused(502, '<html>secret</html>')).toBe('502 InternalError: 502 Bad Gateway');
    expect(await refused(404, '{}')).toBe('404 NotFound: 404 Not Found');
    expect(await refused(302, '')).toBe('302 InternalError: 302 Found');
    expect(await refused(200, '<html>')).toBe('200 InternalError: the answer is not JSON: is this an API server?');
  });

  // What the server quotes when it cannot read what it was given; as real servers say it.
  test.each([
    [
      'a patch that leads to no object',
      () =>
        status(
          422,
          'Invalid',
          ' "" is invalid: patch: Invalid value: "{\\"spec\\":{\\"license\\":\\"s3cret\\"}}": json: cannot unmarshal string',
        ),
      '422 Invalid:  "" is invalid: patch: Invalid value: (not shown): cannot unmarshal string',
    ],
    [
      'a field of the wrong type',
      () =>
        status(500, 'InternalError', 'failed to create typed patch object: .spec.license: expected map, got &{s3cret}'),
      '500 InternalError: failed to create typed patch object: .spec.license: expected map, got (not shown)',
    ],
    [
      'a long value',
      () => status(422, 'Invalid', `spec.license.data: Invalid value: "${'s3cret'.repeat(20)}": must be short`),
      '422 Invalid: spec.license.data: Invalid value: "(not shown)": must be short',
    ],
    [
      'anything of a Secret',
      () =>
        status(422, 'Invalid', 'Secret "x" is invalid: data[k]: Invalid value: "s3cret": no', {
          kind: 'Secret',
          name: 'x',
          causes: [{ field: 'data[k]', message: 'Invalid value: "s3cret"' }],
        }),
      '422 Invalid: Secret x: 422 Invalid: data[k]',
    ],
    [
      'a Secret that is none',
      () => status(400, 'BadRequest', 'Secret in version "v1" cannot be handled as a Secret: illegal base64 s3cret'),
      '400 Invalid: Secret: 400 BadRequest',
    ],
  ])('does not repeat %s', async (_, ask, expected) => {
    expect(await ask()).toBe(expected);
  });

  test('to read a Secret says who may not', async () => {
    const words = 'secrets "x" is forbidden: User "me" cannot get resource "secrets" in API group ""';
    expect(await status(403, 'Forbidden', words, { kind: 'secrets', name: 'x' })).toBe(`403 Forbidden: ${words}`);
  });
});

describe('a server that is busy', () => {
  const busy = (times: number, headers: Record<string, string>) => {
    let left = times;
    return fakeServer((_, response) => {
      if (left-- > 0) json(response, 429, { code: 429, reason: 'TooManyRequests', message: 'later' }, headers);
      else json(response, 200, map);
    });
  };

  test('is asked again when it said so', async () => {
    const { api, asked, slept } = await busy(2, { 'retry-after': '3' });
    expect(await api.patch(MAP, { type: 'merge', body: { data: {} } })).toEqual(map);
    expect(asked.map(({ method, body }) => [method, body])).toEqual(Array(3).fill(['PATCH', { data: {} }]));
    expect(slept).toEqual([3000, 3000]);
  });

  test.each([
    ['five times at most', 9, { 'retry-after': '1' }, [1000, 1000, 1000, 1000]],
    ['not when that is too long', 1, { 'retry-after': '31' }, []],
    ['not when it gave no time', 1, {}, []],
  ])('is asked again %s', async (_, times, headers, waits) => {
    const { api, slept } = await busy(times, headers as Record<string, string>);
    expect(await rejection(api.get(MAP))).toMatchObject({ status: 429, code: 'TooManyRequests', message: 'later' });
    expect(slept).toEqual(waits);
  });

  test('is not waited for by who gave up', async () => {
    const end = new AbortController();
    const reason = new Error('enough');
    const sleep = async (_: number, signal?: AbortSignal) => {
      end.abort(reason);
      signal?.throwIfAborted();
    };
    const { api, asked } = await fakeServer((_, response) => json(response, 429, {}, { 'retry-after': '1' }), {
      clock: { now: () => 0, sleep },
    });
    expect(await rejection(api.get(MAP, end.signal))).toBe(reason);
    expect(asked).toHaveLength(1);
  });
});

describe('no answer', () => {
  test('within the time is Unreachable, whether it did not begin or did not end', async () => {
    for (const begin of [false, true]) {
      const { api } = await fakeServer(
        (_, response) => {
          if (begin) response.writeHead(200).write('{');
        },
        { timeoutMs: 50 },
      );
      expect(await rejection(api.get(MAP))).toMatchObject({
        status: 0,
        code: 'Unreachable',
        message: 'GET /api/v1/namespaces/mqtt/configmaps/settings: no answer within 50 ms',
      });
    }
  });

  test('of a server that is gone, or breaks off, is Unreachable', async () => {
    const { api, server } = await fakeServer((_, __, incoming) => incoming.socket.destroy());
    expect(await rejection(api.get(MAP))).toMatchObject({
      code: 'Unreachable',
      message: expect.stringMatching(/ECONNRESET$/),
    });
    await new Promise((resolve) => server.close(resolve));
    expect(await rejection(api.get(MAP))).toMatchObject({
      code: 'Unreachable',
      message: expect.stringMatching(/ECONNREFUSED$/),
    });
  });

  test('is not waited for by who gave up', async () => {
    const end = new AbortController();
    const reason = new Error('enough');
    const { api } = await fakeServer(() => end.abort(reason));
    expect(await rejection(api.get(MAP, end.signal))).toBe(reason);
  });
});

test('a request that is over, or a watch, leaves nothing behind on the signal of who asked', async () => {
  const { signal } = new AbortController();
  const { api } = await fakeServer(({ url }, response) =>
    url.includes('watch=true') || url.includes('services') ? response.destroy() : json(response, 200, NOTHING),
  );
  await api.get(MAP, signal);
  await rejection(api.list({ ...MAPS, kind: 'Service' }, signal));
  const events = api.watch(MAPS, { resourceVersion: '1' }, signal);
  await rejection(events.next());
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

describe('a kubeconfig', () => {
  const two = {
    ...(kubeconfig('http://127.0.0.1:1') as { contexts: object[]; clusters: object[] }),
    contexts: [
      { name: 'one', context: { cluster: 'test', user: 'me' } },
      { name: 'two', context: { cluster: 'test', user: 'me', namespace: 'other' } },
    ],
    'current-context': 'one',
  };
  const connected = (content: object | string, context?: string) =>
    client({
      kubeconfig: temporaryFile(typeof content === 'string' ? content : JSON.stringify(content)),
      ...(context !== undefined && { context }),
    });

  test('leads to the server and the namespace of its current context, or of the one that is named', async () => {
    expect(await connected(two)).toMatchObject({ server: 'http://127.0.0.1:1', namespace: 'default' });
    expect(await connected(two, 'two')).toMatchObject({ namespace: 'other' });
  });

  test('is the one of the environment, unless another is named', async () => {
    const environment = process.env;
    const before = environment['KUBECONFIG'];
    environment['KUBECONFIG'] = temporaryFile(JSON.stringify(two));
    try {
      expect(await client({ context: 'two' })).toMatchObject({ namespace: 'other' });
    } finally {
      if (before === undefined) delete environment['KUBECONFIG'];
      else environment['KUBECONFIG'] = before;
    }
  });

  test.each<[string, object | string, string | undefined, string]>([
    ['without the context', two, 'three', 'the context three is not in the kubeconfig; it has one, two'],
    [
      'without a current context',
      { ...two, 'current-context': '' },
      undefined,
      'the kubeconfig has no current context; it has one, two',
    ],
    [
      'without the cluster',
      { ...two, clusters: [] },
      undefined,
      'the context one names the cluster test, which is not in the kubeconfig',
    ],
  ])('%s is refused', async (_, content, context, message) => {
    expect(await rejection(connected(content, context))).toMatchObject({ name: 'KubeconfigError', message });
  });

  test('that is not there, or cannot be read, is refused without a word of what is in it', async () => {
    const missing = await rejection(client({ kubeconfig: '/nowhere/config' }));
    expect(missing).toMatchObject({ name: 'KubeconfigError', message: 'the kubeconfig /nowhere/config: ENOENT' });
    const broken = await rejection(connected('users:\n- user: {token: s3cret\n  x: [\n'));
    expect(broken.message).toMatch(/^the kubeconfig .*, line \d+$/);
    expect(inspect(broken)).not.toContain('s3cret');
  });

  test('may be given as text, which no error shows', async () => {
    const given = { kubeconfigText: JSON.stringify(two), context: 'two' };
    expect(await client(given)).toMatchObject({ server: 'http://127.0.0.1:1', namespace: 'other' });
    const broken = await rejection(client({ kubeconfigText: 'users:\n- user: {token: s3cret\n  x: [\n' }));
    expect(broken.message).toMatch(/^the kubeconfig that is given: .*, line \d+$/);
    expect(inspect(broken)).not.toContain('s3cret');
  });

  test('with a credential plugin that fails says what the plugin says, and not what it prints', async () => {
    const plugin = (script: string) => ({
      exec: { apiVersion: 'client.authentication.k8s.io/v1', command: process.execPath, args: ['-e', script] },
    });
    const ask = async (script: string) => {
      const { api } = await fakeServer((_, response) => json(response, 200, map), { user: plugin(script) });
      return api.get(MAP);
    };
    expect(await rejection(ask('console.error("log in first"); process.exit(1)'))).toMatchObject({
      code: 'Unauthorized',
      message: expect.stringMatching(/^the credential plugin .* of the user me failed with exit code 1: log in first$/),
    });
    const garbled = await rejection(ask('console.log("s3cret")'));
    expect(garbled).toMatchObject({
      code: 'Unauthorized',
      message: expect.stringMatching(/returned no ExecCredential with a status$/),
    });
    expect(inspect(garbled)).not.toContain('s3cret');
    const credential = JSON.stringify({ status: { token: 'of-plugin' } });
    expect(await ask(`console.log(${JSON.stringify(credential)})`)).toEqual(map);
  });

  test('may lead to a path below a server, with and without a slash at its end', async () => {
    const { url, asked } = await fakeServer((_, response) => json(response, 200, map));
    for (const server of [`${url}/k8s/clusters/c-1`, `${url}/k8s/clusters/c-1/`]) {
      expect(await (await connected(kubeconfig(server))).get(MAP)).toEqual(map);
    }
    const at = '/k8s/clusters/c-1/api/v1/namespaces/mqtt/configmaps/settings';
    expect(asked.map((request) => request.url)).toEqual([at, at]);
  });

  test('may name an address of version 6', async () => {
    const api = await connected(kubeconfig('https://[::1]:1'));
    expect(api.server).toBe('https://[::1]:1');
    expect(await rejection(api.get(MAP))).toMatchObject({
      code: 'Unreachable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  test('with plain HTTP beyond this machine sends no token over the wire', async () => {
    const [private_, public_] = await Promise.all(
      ['http://127.0.0.1:1', 'http://cluster.invalid:8080'].map((server) =>
        ClusterAccess.load({ kubeconfigText: JSON.stringify(kubeconfig(server)) }),
      ),
    );
    expect((await private_!.request()).headers).toEqual({ authorization: 'Bearer secret-token' });
    expect((await public_!.request()).headers).toEqual({});
  });
});
