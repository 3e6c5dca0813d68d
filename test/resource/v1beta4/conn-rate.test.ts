import { generationOf, type MqttListener } from '../../../src/resource';
import { cluster } from '../_cluster';

const accepted = (
  listener: MqttListener,
  emqxConfig?: Record<string, string>,
  env?: Record<string, string | undefined>,
) => {
  const resource = cluster();
  Object.assign(resource.spec.template!.spec!.emqxContainer!, {
    ...(emqxConfig && { emqxConfig }),
    ...(env && { env: Object.entries(env).map(([name, value]) => ({ name, ...(value && { value }) })) }),
  });
  return generationOf(resource).maxConnRateOf(resource, listener);
};

test.each<[MqttListener, number]>([
  ['mqtt', 1_000],
  ['mqtts', 500],
  ['ws', 1_000],
  ['wss', 1_000],
])('of %s a node accepts %i per second by default', (listener, expected) => {
  expect(accepted(listener)).toBe(expected);
});

test('what the resource sets counts, and a variable wins', () => {
  const config = { 'listener.ssl.external.max_conn_rate': '800' };
  expect(accepted('mqtts', config)).toBe(800);
  expect(accepted('mqtt', config)).toBe(1_000);
  expect(accepted('mqtts', config, { EMQX_LISTENER__SSL__EXTERNAL__MAX_CONN_RATE: '90' })).toBe(90);
  expect(accepted('mqtts', { 'listener.ssl.external.max_conn_rate': 'many' })).toBeUndefined();
  // From a ConfigMap or Secret, which is not read.
  expect(accepted('mqtts', config, { EMQX_LISTENER__SSL__EXTERNAL__MAX_CONN_RATE: undefined })).toBeUndefined();
});
