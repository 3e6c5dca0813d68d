import { type Listening, serve } from '../../src/runner/http-server';
import { Metrics } from '../../src/runner/metrics';

let listening: Listening | undefined;
afterEach(() => listening?.close());

async function answers(sickness: string | undefined, unreadiness: string | undefined, path: string, method = 'GET') {
  const { registry } = new Metrics();
  listening = await serve({ registry, sickness: () => sickness, unreadiness: () => unreadiness }, 0, '127.0.0.1');
  const response = await fetch(`http://127.0.0.1:${listening.port}${path}`, { method });
  return [response.status, response.headers.get('content-type'), (await response.text()).split('\n')[0]];
}

const TEXT = 'text/plain; charset=utf-8';

test.each([
  ['/healthz', undefined, undefined, 200, 'ok'],
  ['/healthz', 'the loop hangs', undefined, 503, 'the loop hangs'],
  ['/readyz', undefined, undefined, 200, 'ok'],
  ['/readyz?verbose', undefined, 'not listed', 503, 'not listed'],
  ['/', undefined, undefined, 404, 'there are /metrics, /healthz and /readyz'],
])('%s while sick: %s, unready: %s', async (path, sickness, unreadiness, status, text) => {
  expect(await answers(sickness, unreadiness, path)).toEqual([status, TEXT, text]);
});

test('only GET is allowed', async () => {
  expect(await answers(undefined, undefined, '/metrics', 'POST')).toEqual([405, TEXT, 'only GET is allowed']);
});

test('metrics are in the format of Prometheus', async () => {
  const [status, type, line] = await answers(undefined, undefined, '/metrics');
  expect([status, type]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
  expect(line).toMatch(/^# HELP emqx_blue_green_/);
});
