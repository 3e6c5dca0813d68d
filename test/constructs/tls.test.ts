import { MqttService } from '../../src';
import { blueGreenUpdate, clusterOf, ofKind, podOf, problemsWith, synth } from './_cluster';

const tls = { secretName: 'fleet-tls' };

test('the certificate is mounted, and both TLS listeners find it', () => {
  const pod = podOf({
    tls,
    volumes: [{ name: 'mine', emptyDir: {} }],
    volumeMounts: [{ name: 'mine', mountPath: '/m' }],
  });
  expect(pod.volumes).toEqual([
    { name: 'mine', emptyDir: {} },
    { name: 'emqx-tls', secret: { secretName: 'fleet-tls' } },
  ]);
  expect(pod.emqxContainer!.volumeMounts).toEqual([
    { name: 'mine', mountPath: '/m' },
    { name: 'emqx-tls', mountPath: '/mounted/cert', readOnly: true },
  ]);
  expect(pod.emqxContainer!.emqxConfig).toMatchObject({
    'listener.ssl.external': '0.0.0.0:8883',
    'listener.ssl.external.certfile': '/mounted/cert/tls.crt',
    'listener.ssl.external.keyfile': '/mounted/cert/tls.key',
    'listener.wss.external': '0.0.0.0:8084',
    'listener.wss.external.certfile': '/mounted/cert/tls.crt',
    'listener.wss.external.keyfile': '/mounted/cert/tls.key',
  });
});

test('without a Service given, MQTT over TLS is published beside MQTT', () => {
  expect(ofKind(synth({ tls }), 'Service').spec).toMatchObject({ ports: [{ port: 1883 }, { port: 8883 }] });
  expect(clusterOf({ tls, blueGreenUpdate }).warnings).toEqual([]);
});

test('further settings of the listeners are given beside it, those it sets are not', () => {
  const emqxConfig = { 'listener.ssl.external.verify': 'verify_peer' };
  expect(podOf({ tls, emqxConfig }).emqxContainer!.emqxConfig).toMatchObject(emqxConfig);
  expect(problemsWith({ tls, emqxConfig: { 'listener.ssl.external.keyfile': '/k' } })).toEqual([
    expect.stringMatching(/^'emqxConfig\["listener.ssl.external.keyfile"\]' \(hidden\) must be left out with tls: /),
  ]);
});

test.each([[''], [undefined], ['Fleet_TLS']])('a Secret that cannot be is refused: %s', (secretName) => {
  expect(problemsWith({ tls: { secretName } })).toEqual([
    expect.stringMatching(/^'tls.secretName' \(.+\) must be the name of an object: /),
  ]);
});

describe('warned is of', () => {
  const warnings = (props: object) => clusterOf({ blueGreenUpdate, ...props }).warnings;
  const service = MqttService.clusterIp({ listeners: ['mqtt', 'mqtts', 'wss'] });

  test('TLS listeners with a certificate whose key everybody has', () => {
    expect(warnings({ service })).toEqual([
      expect.stringMatching(
        /^'service' publishes mqtts with the certificate of EMQX's examples, .*; give a certificate by tls$/,
      ),
      expect.stringMatching(/^'service' publishes wss with/),
    ]);
  });

  test('not of those whose certificate the settings name', () => {
    const emqxConfig = { 'listener.ssl.external.certfile': '/c', 'listener.wss.external.certfile': '/c' };
    expect(warnings({ service, emqxConfig })).toEqual([]);
    expect(warnings({ service, tls })).toEqual([]);
    expect(warnings({})).toEqual([]);
  });

  test('a certificate that no device gets to see', () => {
    expect(warnings({ tls, service: MqttService.nodePort({ mqtt: 32010 }) })).toEqual([
      "'tls' is used by no listener of the Service; publish mqtts or wss, too",
    ]);
  });
});
