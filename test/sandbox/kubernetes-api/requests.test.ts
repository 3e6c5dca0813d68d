import { ask, ENTERPRISES, enterprise, MERGE } from './_ask';
import { cleanup, served } from './_served';

afterEach(() => cleanup.run());

const MAPS = '/api/v1/namespaces/default/configmaps';
const map = (name: string, rest: object = {}) => ({ metadata: { name }, ...rest });

describe('who does not know the whole address', () => {
  test.each(['/api', '/', '/0123456789abcdef0123456789abcdef/api/v1/pods'])('is told nothing at %s', async (path) => {
    const { server } = await served();
    const response = await fetch(`${new URL(server.url!).origin}${path}`);
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ kind: 'Status', reason: 'Unauthorized' });
  });

  test('has two clusters with two addresses', async () => {
    const [one, other] = [await served(), await served()];
    expect(new URL(one.server.url!).pathname).not.toBe(new URL(other.server.url!).pathname);
  });
});

describe('a request is refused', () => {
  test.each<[string, [string, string, Parameters<typeof ask>[3]?], number, RegExp]>([
    ['for what is not served', ['GET', '/apis/batch/v1/jobs'], 404, /sandbox of emqx-blue-green does not serve/],
    ['of an object without a namespace', ['GET', '/api/v1/pods/x'], 404, /does not serve/],
    ['of a part that is none', ['GET', `${MAPS}/x/status`], 404, /configmaps "x" has no status/],
    ['for logs', ['GET', '/api/v1/namespaces/default/pods/x/log'], 405, /its pods write no logs/],
    ['to run something', ['POST', '/api/v1/namespaces/default/pods/x/exec'], 405, /nothing can be run in a pod/],
    ['for a dry run', ['POST', `${MAPS}?dryRun=All`, { body: map('x') }], 405, /dry run only/],
    ['to delete many', ['DELETE', MAPS], 405, /not served/],
    [
      'to change a definition',
      ['DELETE', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/x'],
      405,
      /cannot be/,
    ],
    ['to delete a namespace', ['DELETE', '/api/v1/namespaces/default'], 405, /its namespaces cannot be deleted/],
    ['that is no JSON', ['POST', MAPS, { body: '{' }], 400, /not JSON/],
    [
      'that is no protobuf',
      ['POST', MAPS, { body: 'k8s', type: 'application/vnd.kubernetes.protobuf' }],
      400,
      /protobuf/,
    ],
    ['for an answer that is no JSON', ['GET', MAPS, { accept: 'application/yaml' }], 406, /application\/json/],
    ['with a patch of no known type', ['PATCH', `${MAPS}/x`, { body: {}, type: 'text/plain' }], 415, /strategic-merge/],
    [
      'with an apply by nobody',
      ['PATCH', `${MAPS}/x`, { body: map('x'), type: 'application/apply-patch+yaml' }],
      400,
      /fieldManager/,
    ],
    ['with another name', ['PUT', `${MAPS}/x`, { body: map('y') }], 400, /does not match the name/],
    ['with another namespace', ['POST', MAPS, { body: { metadata: { name: 'x', namespace: 'y' } } }], 400, /namespace/],
    ['with another kind', ['POST', MAPS, { body: { kind: 'Pod', ...map('x') } }], 400, /path leads to a v1 ConfigMap/],
    ['with a bad name', ['POST', MAPS, { body: map('X_') }], 422, /RFC 1123/],
    [
      'in a namespace that is not there',
      ['POST', MAPS.replace('default', 'x'), { body: map('a') }],
      404,
      /^namespaces "x" not found$/,
    ],
    ['for a list within a watch', ['GET', `${MAPS}?watch=true&sendInitialEvents=true`], 422, /sendInitialEvents/],
  ])('%s', async (_, [method, path, rest], status, message) => {
    const { server } = await served();
    const told = await ask(server, method, path, rest);
    expect(told.body).toMatchObject({
      kind: 'Status',
      status: 'Failure',
      code: status,
      message: expect.stringMatching(message),
    });
    expect(told.status).toBe(status);
  });

  test('in the words of an API server where there is such an object, or none', async () => {
    const { server } = await served();
    const told = async (method: string, path: string, body?: object) =>
      (await ask(server, method, path, { body })).body;
    expect(await told('GET', `${ENTERPRISES}/none`)).toMatchObject({
      message: 'emqxenterprises.apps.emqx.io "none" not found',
      details: { name: 'none', group: 'apps.emqx.io', kind: 'emqxenterprises' },
    });
    await told('POST', MAPS, map('a'));
    expect(await told('POST', MAPS, map('a'))).toMatchObject({ message: 'configmaps "a" already exists' });
    const old = { metadata: { name: 'a', resourceVersion: '1' } };
    expect(await told('PUT', `${MAPS}/a`, old)).toMatchObject({
      reason: 'Conflict',
      message: expect.stringMatching(/^Operation cannot be fulfilled on configmaps "a": the object has been modified/),
    });
  });
});

describe('a write', () => {
  test('is answered by 201 when it creates, whether by POST or by an apply', async () => {
    const { server } = await served();
    const apply = () =>
      ask(server, 'PATCH', `${MAPS}/a?fieldManager=x`, { body: 'data: {b: c}', type: 'application/apply-patch+yaml' });
    expect((await ask(server, 'POST', MAPS, { body: map('b') })).status).toBe(201);
    expect([(await apply()).status, (await apply()).status]).toEqual([201, 200]);
  });

  test('names an object that asks for a name', async () => {
    const { server } = await served();
    const { body } = await ask(server, 'POST', MAPS, { body: { metadata: { generateName: 'map-' } } });
    expect(body.metadata.name).toMatch(/^map-[0-9a-f]{5}$/);
  });

  test('replaces an object whole, and keeps nothing that is null', async () => {
    const { server } = await served();
    await ask(server, 'POST', MAPS, { body: map('a', { data: { b: 'c', d: null } }) });
    const { body } = await ask(server, 'PUT', `${MAPS}/a`, { body: map('a', { data: { e: 'f' }, binaryData: null }) });
    expect(body).toMatchObject({ kind: 'ConfigMap', data: { e: 'f' } });
    expect(body).not.toHaveProperty('binaryData');
  });

  test('cannot rename an object by a patch', async () => {
    const { server } = await served();
    await ask(server, 'POST', MAPS, { body: map('a') });
    const told = await ask(server, 'PATCH', `${MAPS}/a`, { body: { metadata: { name: 'b' } }, type: MERGE });
    expect(told.body).toMatchObject({ code: 400, message: expect.stringContaining('does not match the name') });
  });

  test('of a strategic patch is for kinds of Kubernetes itself', async () => {
    const { server } = await served();
    const services = '/api/v1/namespaces/default/services';
    await ask(server, 'POST', services, { body: { ...map('s'), spec: { ports: [{ port: 1 }, { port: 2 }] } } });
    const type = 'application/strategic-merge-patch+json';
    const body = { spec: { ports: [{ port: 2, name: 'two' }] } };
    const patched = await ask(server, 'PATCH', `${services}/s`, { body, type });
    expect(patched.body.spec.ports).toMatchObject([{ port: 1 }, { port: 2, name: 'two' }]);
    expect((await ask(server, 'PATCH', `${ENTERPRISES}/ee`, { body, type })).body).toMatchObject({ code: 415 });
  });

  test('of what nobody acts on, or looks after, is warned of', async () => {
    const { server } = await served();
    const policies = '/apis/networking.k8s.io/v1/namespaces/default/networkpolicies';
    expect((await ask(server, 'POST', policies, { body: map('a') })).warning).toContain('has no effect');
    await ask(server, 'POST', '/api/v1/namespaces', { body: map('other') });
    const elsewhere = await ask(server, 'POST', ENTERPRISES.replace('default', 'other'), { body: enterprise() });
    expect(elsewhere).toMatchObject({ status: 201, warning: expect.stringContaining('only the namespace default') });
    expect((await ask(server, 'POST', ENTERPRISES, { body: enterprise() })).warning).toBeNull();
  });
});

describe('unknown fields of an EmqxEnterprise', () => {
  const body = enterprise({ replica: 5, blueGreenUpdate: { evacuationStrategy: { connEvictionRate: 1 } } });

  test('are refused where the client is strict, all of them', async () => {
    const { server } = await served();
    const told = await ask(server, 'POST', `${ENTERPRISES}?fieldValidation=Strict`, { body });
    expect(told.body).toMatchObject({
      code: 400,
      message: expect.stringMatching(
        /strict decoding error: unknown field "[\w.]+connEvictionRate", unknown field "spec.replica"/,
      ),
    });
  });

  test('are dropped otherwise, with a warning unless it is not wanted', async () => {
    const { server } = await served();
    const post = (name: string, directive: string) =>
      ask(server, 'POST', `${ENTERPRISES}?fieldValidation=${directive}`, { body: { ...body, metadata: { name } } });
    expect((await post('a', 'Warn')).warning).toContain('unknown field \\"spec.replica\\"');
    const ignored = await post('b', 'Ignore');
    expect([ignored.status, ignored.warning]).toEqual([201, null]);
    expect(ignored.body.spec).not.toHaveProperty('replica');
  });

  test('are looked for in what a patch makes of it', async () => {
    const { server } = await served();
    await ask(server, 'POST', ENTERPRISES, { body: enterprise() });
    const path = `${ENTERPRISES}/ee?fieldValidation=Strict`;
    const told = await ask(server, 'PATCH', path, { body: { spec: { replica: 5 } }, type: MERGE });
    expect(told.body).toMatchObject({ code: 400 });
  });

  test('of another kind are not known, which a client that asks is told', async () => {
    const { server } = await served();
    const told = await ask(server, 'POST', `${MAPS}?fieldValidation=Strict`, { body: map('a') });
    expect(told).toMatchObject({
      status: 201,
      warning: expect.stringContaining('does not check the fields of a ConfigMap'),
    });
  });
});

describe('an EmqxEnterprise', () => {
  test('is completed as by the operator’s webhook, and again when it changes', async () => {
    const { server } = await served();
    const { body } = await ask(server, 'POST', ENTERPRISES, { body: enterprise() });
    expect(body.metadata.labels).toMatchObject({ 'apps.emqx.io/instance': 'ee' });
    expect(body.spec).toMatchObject({
      replicas: 3,
      template: { spec: { emqxContainer: { emqxConfig: { name: 'ee' } } } },
    });
    const patch = { metadata: { labels: { site: 'x' } } };
    const patched = await ask(server, 'PATCH', `${ENTERPRISES}/ee`, { body: patch, type: MERGE });
    expect(patched.body).toMatchObject({
      metadata: { generation: 2 },
      spec: { template: { metadata: { labels: { site: 'x' } } } },
    });
  });

  test('that is wrong is Invalid, with a cause for each problem', async () => {
    const { server } = await served();
    const evacuationStrategy = { connEvictRate: 0, sessEvictRate: '10' };
    const { body } = await ask(server, 'POST', ENTERPRISES, {
      body: enterprise({ blueGreenUpdate: { evacuationStrategy } }),
    });
    expect(body).toMatchObject({ code: 422, reason: 'Invalid', details: { kind: 'EmqxEnterprise', name: 'ee' } });
    const path = 'spec.blueGreenUpdate.evacuationStrategy';
    expect(body.details.causes).toEqual([
      { field: `${path}.connEvictRate`, message: expect.stringMatching(/^\(0\) must be at least 1/) },
      { field: `${path}.sessEvictRate`, message: expect.stringMatching(/^\("10"\) must be a number/) },
    ]);
  });
});

describe('what the simulated cluster relies on', () => {
  const service = (spec: unknown) => ['/api/v1', 'services', { spec }] as const;
  const set = (spec: unknown) => ['/apis/apps/v1', 'statefulsets', { spec }] as const;
  test.each([
    [service(undefined), ['spec']],
    [
      service({ type: 'Any', ports: [{ port: 0 }, { port: 'x' }] }),
      ['spec.type', 'spec.ports[0].port', 'spec.ports[1].port'],
    ],
    [
      set({ template: { spec: { containers: [] } } }),
      ['spec.selector', 'spec.template.metadata', 'spec.template.spec.containers'],
    ],
    [['/api/v1', 'pods', { spec: { containers: [{ name: 'x' }] } }] as const, ['spec.containers[0].image']],
    [['/api/v1', 'secrets', { data: { a: 1 } }] as const, ['data.a']],
    [
      ['/apis/coordination.k8s.io/v1', 'leases', { metadata: { name: 'a', labels: { a: 1 } } }] as const,
      ['metadata.labels.a'],
    ],
  ])('is checked: %j', async ([root, plural, rest], fields) => {
    const { server } = await served();
    const { body } = await ask(server, 'POST', `${root}/namespaces/default/${plural}`, {
      body: { ...map('a'), ...rest },
    });
    expect(body.code).toBe(422);
    expect(body.details.causes.map(({ field }: { field: string }) => field)).toEqual(fields);
  });
});

describe('a deletion', () => {
  test('tells who is gone, or gives what is still there', async () => {
    const { server } = await served();
    const { body } = await ask(server, 'POST', MAPS, { body: map('a') });
    expect((await ask(server, 'DELETE', `${MAPS}/a`)).body).toMatchObject({
      status: 'Success',
      details: { name: 'a', kind: 'configmaps', uid: body.metadata.uid },
    });
    await ask(server, 'POST', MAPS, { body: { metadata: { name: 'b', finalizers: ['x.io/y'] } } });
    const marked = await ask(server, 'DELETE', `${MAPS}/b`);
    expect(marked.body).toMatchObject({ kind: 'ConfigMap', metadata: { deletionTimestamp: expect.any(String) } });
  });

  test('of another object than is meant is refused, and so is one that keeps what belongs to it', async () => {
    const { server } = await served();
    await ask(server, 'POST', MAPS, { body: map('a') });
    const remove = async (body: object) => (await ask(server, 'DELETE', `${MAPS}/a`, { body })).body.code;
    expect(await remove({ preconditions: { uid: 'x' } })).toBe(409);
    expect(await remove({ propagationPolicy: 'Orphan' })).toBe(405);
    expect(await remove({ propagationPolicy: 'Background' })).toBe(200);
  });
});

describe('a scale', () => {
  test('is read and written as an object of its own, also of an EmqxEnterprise', async () => {
    const { server } = await served();
    await ask(server, 'POST', ENTERPRISES, { body: enterprise() });
    const scale = `${ENTERPRISES}/ee/scale`;
    const { body } = await ask(server, 'GET', scale);
    expect(body).toMatchObject({ apiVersion: 'autoscaling/v1', kind: 'Scale', spec: { replicas: 3 } });
    expect((await ask(server, 'PUT', scale, { body: { ...body, spec: { replicas: 5 } } })).body.spec.replicas).toBe(5);
    const operations = [{ op: 'replace', path: '/spec/replicas', value: 4 }];
    const patched = await ask(server, 'PATCH', scale, { body: operations, type: 'application/json-patch+json' });
    expect(patched.body.spec.replicas).toBe(4);
    expect((await ask(server, 'GET', `${ENTERPRISES}/ee`)).body.spec.replicas).toBe(4);
    expect((await ask(server, 'PUT', scale, { body })).body).toMatchObject({ code: 409 });
    const negative = { body: { spec: { replicas: -1 } }, type: MERGE };
    expect((await ask(server, 'PATCH', scale, negative)).body).toMatchObject({
      code: 422,
      details: { causes: [{ field: 'spec.replicas' }] },
    });
  });
});

describe('a watch', () => {
  test('tells the version it has come to when its time is over', async () => {
    const { server, store } = await served();
    const query = 'watch=true&allowWatchBookmarks=true&timeoutSeconds=1';
    const response = await fetch(`${server.url}${MAPS}?${query}&resourceVersion=${store.resourceVersion}`);
    store.create({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'default' } });
    expect(JSON.parse(await response.text())).toEqual({
      type: 'BOOKMARK',
      object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { resourceVersion: store.resourceVersion } },
    });
  });

  test('tells in the stream that its version is forgotten', async () => {
    const { server, store } = await served();
    store.compact();
    const response = await fetch(`${server.url}${MAPS}?watch=true&resourceVersion=1`);
    expect(JSON.parse(await response.text())).toMatchObject({
      type: 'ERROR',
      object: { code: 410, reason: 'Expired' },
    });
  });
});

test('everything is allowed', async () => {
  const { server } = await served();
  const spec = { resourceAttributes: { verb: 'delete', resource: 'pods' } };
  const told = await ask(server, 'POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', { body: { spec } });
  expect(told).toMatchObject({ status: 201, body: { spec, status: { allowed: true } } });
});

test('a server that stopped can be stopped again, and answers nobody', async () => {
  const { server } = await served();
  const { url } = server;
  await server.stop();
  await server.stop();
  expect(server.url).toBeUndefined();
  expect(() => server.kubeconfig()).toThrow('does not listen');
  await expect(fetch(url!)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
});
