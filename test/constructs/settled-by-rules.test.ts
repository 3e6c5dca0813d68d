import { Duration, Size } from 'cdk8s';
import fc from 'fast-check';
import { ApiKey, License, MqttService } from '../../src';
import { problemsOf, problemsOfEmqx } from '../../src/resource';
import { blueGreenUpdate, clusterOf, problemsWith } from './_cluster';
import { emqxOf, problemsWithEmqx } from './_emqx';

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
  // By chance alone fewer than one in a hundred would be sound.
  blueGreenUpdate: fc.oneof(
    fc.constant(blueGreenUpdate),
    fc.record({
      initialDelay: duration,
      evacuationStrategy: fc.record({
        connectionEvictionRate: amount,
        sessionEvictionRate: amount,
        waitTakeover: duration,
      }),
    }),
  ),
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

const nodes = fc.record({
  replicas: fc.oneof(fc.constantFrom<unknown>(0, 3, 10, 11), odd),
  resources: fc.record({ cpuRequestMillis: amount, memoryLimit: size }),
  podDisruptionBudget: fc.record({ maxUnavailable: amount }),
});

/** The same of an EmqxCluster. */
const settledOfEmqx: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  name: odd,
  namespace: odd,
  version: fc.oneof(fc.constantFrom('5.8.9', '6.2.0'), odd),
  image: fc.record(
    {
      repository: fc.constantFrom('emqx/emqx-enterprise', 'our/broker'),
      pullPolicy: fc.oneof(fc.constant('Always'), odd),
    },
    { requiredKeys: [] },
  ),
  blueGreenUpdate: settled['blueGreenUpdate']!,
  cores: fc
    .tuple(nodes, fc.oneof(settled['persistence']!, fc.constant(undefined)))
    .map(([one, persistence]) => ({ ...one, persistence })),
  replicants: nodes,
  config: fc.oneof(fc.constantFrom<unknown>('a = 1', 'a = ', { a: [1, { b: null }] }, { a: Number.NaN }), odd),
  configMode: fc.oneof(fc.constant('Replace'), odd),
  license: settled['license']!,
  service: settled['service']!,
  exposure: settled['exposure']!,
  tls: settled['tls']!,
  dashboard: fc.record(
    {
      port: fc.oneof(fc.integer(), odd),
      service: fc.oneof(fc.constant('NodePort'), odd),
      nodePort: fc.oneof(fc.constant(32_000), odd),
    },
    { requiredKeys: [] },
  ),
  apiKeys: fc.oneof(settled['apiKeys']!, fc.array(odd.map(ApiKey.fromSecret as never), { maxLength: 2 })),
  clusterDomain: fc.oneof(fc.constant('cluster.local'), odd),
  revisionHistoryLimit: fc.oneof(fc.integer(), odd),
};

/** So many in which nothing is wrong, whatever share of all values that is: about 1 in 60 for the rarest. */
const SOUND_VALUES = { numRuns: 200, maxSkipsPerRun: 1000 };

beforeEach(() => void jest.spyOn(process, 'emitWarning').mockImplementation());
afterEach(() => jest.restoreAllMocks());

test.each(Object.keys(settled))(
  'of %s, what the rules find nothing wrong with, the definition would not refuse',
  (property) => {
    fc.assert(
      fc.property(settled[property]!, fc.constantFrom('own', 'operator'), (value, exposure) => {
        const props = { exposure, [property]: value };
        fc.pre(problemsWith(props).length === 0);
        expect(problemsOf(clusterOf(props).resource)).toEqual([]);
      }),
      SOUND_VALUES,
    );
  },
);

test.each(Object.keys(settledOfEmqx))(
  'of %s of an EmqxCluster, what the rules find nothing wrong with, neither rules nor definition of the resource would refuse',
  (property) => {
    fc.assert(
      fc.property(settledOfEmqx[property]!, fc.constantFrom('own', 'operator'), (value, exposure) => {
        const props = { exposure, [property]: value };
        fc.pre(problemsWithEmqx(props).length === 0);
        expect(problemsOfEmqx(emqxOf(props).resource)).toEqual([]);
      }),
      SOUND_VALUES,
    );
  },
);
