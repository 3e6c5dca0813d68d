import { Duration, Size } from 'cdk8s';
import fc from 'fast-check';
import { ApiKey, License, MqttService } from '../../src';
import { problemsOf } from '../../src/resource';
import { clusterOf, problemsWith } from './_cluster';

/** Values a program without a compiler may give, sound or not. */
const odd = fc.constantFrom<unknown>(undefined, 0, 1, 1.5, -1, '', 'a', 'A b', [], ['a'], {}, { a: 1 }, true);
const list = fc.array(odd, { maxLength: 2 });
const size = fc.constantFrom<unknown>(Size.gibibytes(2), Size.kibibytes(0), '2Gi', undefined);
/** Of what is counted. */
const amount = fc.constantFrom<unknown>(1, 10, 0, '1', 1.5, undefined);
const duration = fc.constantFrom<unknown>(Duration.seconds(5), Duration.millis(1), '5s', 5, undefined);

/** For each property of which the custom resource's definition is not asked: values, sound ones among them. */
const settled: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  name: odd,
  namespace: odd,
  version: fc.oneof(fc.constant('4.4.19'), odd),
  replicas: fc.oneof(fc.integer(), odd),
  license: fc.oneof(fc.constant(License.inline('text')), odd.map(License.fromSecret as never)),
  persistence: fc.record({
    size,
    storageClass: fc.oneof(fc.constant('gp3'), odd),
    accessModes: fc.oneof(fc.constant(['ReadWriteMany']), list),
  }),
  blueGreenUpdate: fc.record({
    initialDelay: duration,
    evacuationStrategy: fc.record({
      connectionEvictionRate: amount,
      sessionEvictionRate: amount,
      waitTakeover: duration,
    }),
  }),
  service: fc
    .record({ listeners: fc.constant(['mqtts']), annotations: odd, externalTrafficPolicy: odd, loadBalancerClass: odd })
    .map(MqttService.loadBalancer as never),
  exposure: fc.constantFrom('own', 'operator', undefined),
  tls: fc.record({ secretName: odd }),
  acl: fc.oneof(fc.constant(['{deny, all}.']), odd, list),
  apiKeys: fc.oneof(
    fc.array(
      fc
        .tuple(odd, fc.oneof(fc.constant('secret'), odd))
        .map(([key, secret]) => ApiKey.of(key as never, secret as never)),
      { maxLength: 2 },
    ),
    odd,
  ),
  resources: fc.record({ cpuRequestMillis: amount, cpuLimitMillis: amount, memoryRequest: size, memoryLimit: size }),
};

beforeEach(() => void jest.spyOn(process, 'emitWarning').mockImplementation());
afterEach(() => jest.restoreAllMocks());

test.each(Object.keys(settled))(
  'of %s, what the rules find nothing wrong with, the definition would not refuse',
  (property) => {
    let sound = 0;
    fc.assert(
      fc.property(settled[property]!, fc.constantFrom('own', 'operator'), (value, exposure) => {
        const props = { exposure, [property]: value };
        if (problemsWith(props).length > 0) return;
        sound++;
        expect(problemsOf(clusterOf(props).resource)).toEqual([]);
      }),
      { numRuns: 500 },
    );
    expect(sound).toBeGreaterThan(0);
  },
);
