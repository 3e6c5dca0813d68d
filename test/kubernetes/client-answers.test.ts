import { once } from 'node:events';
import type { KubeClient } from '../../src/kubernetes/client';
import { endAll, endlessly, fakeServer, json, rejection } from './_fake-server';

const MAP = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'mqtt', name: 'settings' };
const MAPS = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'mqtt' };
const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace: 'mqtt' } };

afterEach(endAll);

describe('an answer of the API server', () => {
  const list = (items: unknown) => ({ items, metadata: { resourceVersion: '1' } });

  test.each<[string, (api: KubeClient) => Promise<unknown>, unknown]>([
    ['not an object', (api) => api.get(MAP), []],
    ['not an object', (api) => api.get(MAP), { kind: 'ConfigMap' }],
    ['not an object', (api) => api.create(map), null],
    ['not an object', (api) => api.patch(MAP, { type: 'merge', body: {} }), 's3cret'],
    ['not a list of objects', (api) => api.list(MAPS), { metadata: { resourceVersion: '1' } }],
    ['not a list of objects', (api) => api.list(MAPS), { items: [] }],
    ['not a list of objects', (api) => api.list(MAPS), list('s3cret')],
    ['not a list of objects', (api) => api.list(MAPS), list([{ metadata: {} }])],
    ['not a list of objects', (api) => api.list(MAPS), list([null])],
  ])('that is %s is refused, and not repeated', async (what, call, body) => {
    const { api } = await fakeServer((_, response) => json(response, 200, body as object));
    expect(await rejection(call(api))).toMatchObject({
      code: 'InternalError',
      message: `the answer is ${what}: is this an API server?`,
    });
  });

  test.each([
    [{ code: 'x', reason: 7, message: { a: 1 }, details: { causes: 'y' } }, '409 Conflict'],
    [{ message: 'Secret x', code: 422, details: { causes: [null, { field: 'data' }] } }, 'Secret: 422 Unprocessable'],
    [{ code: 409, message: 'x'.repeat(5_000) }, `${'x'.repeat(2_000)}`],
  ])('of another shape that refuses is refused, too, in few words: %#', async (body, message) => {
    const { api } = await fakeServer((_, response) => json(response, 409, body));
    const refused = await rejection(api.get(MAP));
    expect(refused.message.slice(0, message.length)).toBe(message);
    expect(refused.message.length).toBeLessThanOrEqual(2_000);
  });

  test('without an end is not read to it', async () => {
    let closed: Promise<unknown> = Promise.resolve();
    const { api } = await fakeServer((_, response) => {
      closed = once(response, 'close');
      endlessly(response);
    });
    expect(await rejection(api.get(MAP))).toMatchObject({
      code: 'Unreachable',
      message: 'GET /api/v1/namespaces/mqtt/configmaps/settings: an answer of more than 67108864 bytes',
    });
    await closed;
  });
});
