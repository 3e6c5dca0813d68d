import { App, Chart, Duration, Testing } from 'cdk8s';
import {
  EmqxCluster,
  EmqxEnterpriseCluster,
  EmqxMonitoring,
  EmqxOperator,
  MqttService,
  OperatorWebhook,
  UpgradeAccess,
  UpgradeRunner,
} from '../../src';

type Made = new (scope: Chart, id: string, props: never) => unknown;

/** What a program without a compiler hears of its properties: its problems, or the error of a construct. */
function heard(made: Made, props: unknown): string[] {
  const chart = new Chart(new App(), 'chart');
  try {
    new made(chart, 'It', props as never);
    Testing.synth(chart);
  } catch (error) {
    const { message } = error as Error;
    if (!message.startsWith('Validation failed')) throw error;
    return message
      .split('\n')
      .slice(1)
      .map((line) => line.replace(/^ {2}\[chart\/It\] /, ''));
  }
  return [];
}

const CLUSTER = { name: 'emqx-ee', version: '4.4.14' };
const CONSTRUCTS: readonly (readonly [name: string, made: Made, needed: object, properties: readonly string[]])[] = [
  [
    'EmqxEnterpriseCluster',
    EmqxEnterpriseCluster as Made,
    CLUSTER,
    [
      ...['acl', 'affinity', 'apiKeys', 'blueGreenUpdate', 'clusterDomain', 'containerSecurityContext', 'emqxConfig'],
      ...['env', 'exposure', 'extraContainers', 'image', 'imagePullSecrets', 'initContainers', 'license', 'name'],
      ...['namespace', 'networkPolicy', 'nodeSelector', 'persistence', 'podDisruptionBudget', 'podSecurityContext'],
      ...['probes', 'reloaderImage', 'replicas', 'resources', 'service', 'serviceAccountName', 'tls', 'tolerations'],
      ...['version', 'volumeMounts', 'volumes', 'envFrom', 'podLabels', 'podAnnotations', 'command', 'args'],
      ...['lifecycle', 'extraPorts'],
    ],
  ],
  [
    'EmqxCluster',
    EmqxCluster as Made,
    {
      name: 'emqx',
      version: '5.8.9',
      blueGreenUpdate: {
        evacuationStrategy: {
          connectionEvictionRate: 1,
          sessionEvictionRate: 1,
          waitTakeover: Duration.seconds(1),
        },
      },
    },
    [
      ...['apiKeys', 'blueGreenUpdate', 'clusterDomain', 'config', 'configMode', 'cores', 'dashboard', 'exposure'],
      ...['image', 'imagePullSecrets', 'license', 'name', 'namespace', 'networkPolicy', 'replicants'],
      ...['revisionHistoryLimit', 'service', 'serviceAccountName', 'tls', 'version'],
    ],
  ],
  [
    'EmqxOperator',
    EmqxOperator as Made,
    { webhook: OperatorWebhook.none(), crds: false },
    [
      ...['affinity', 'crds', 'image', 'imagePullSecrets', 'namespace', 'nodeSelector', 'replicas', 'resources'],
      ...['tolerations', 'version', 'watchNamespace', 'webhook', 'podSecurityContext', 'containerSecurityContext'],
    ],
  ],
  [
    'EmqxMonitoring',
    EmqxMonitoring as Made,
    { cluster: { name: 'a' } },
    ['cluster', 'apiKey', 'longestUpgrade', 'runbookUrl'],
  ],
  ['UpgradeAccess', UpgradeAccess as Made, {}, ['clusters', 'namespace', 'services']],
  [
    'UpgradeRunner',
    UpgradeRunner as Made,
    { image: 'runner:1' },
    [
      ...['affinity', 'allNamespaces', 'image', 'imagePullSecrets', 'kinds', 'namespace', 'nodeSelector', 'policy'],
      ...['replicas', 'resources', 'tolerations', 'watchNamespaces', 'webhookSecret'],
    ],
  ],
];

const COMPLETE = /^'.+' \(.+\) must be .+?: .+; .+$/;

describe.each(CONSTRUCTS)('%s', (_name, made, needed, properties) => {
  test('refuses a property that there is not, with what may be meant', () => {
    expect(heard(made, { ...needed, hostNetwork: true })).toEqual([
      expect.stringMatching(
        /^'hostNetwork' \(true\) must be a known field: there is no such field here, and it would be /,
      ),
    ]);
    const [first] = properties as [string];
    expect(heard(made, { ...needed, [`${first}s`]: 1 })).toEqual([expect.stringMatching(/; did you mean '/)]);
  });

  // Of a name that is no text the construct itself tells.
  const others = properties.filter(
    (property) => !['name', 'namespace', 'watchNamespace', 'version'].includes(property),
  );
  const odd = others.flatMap((property) =>
    [null, 5, 'x y', true, [null], [[]], { nothing: 1 }].map(
      (value) => [property, JSON.stringify(value), value] as const,
    ),
  );
  test.each(odd)('%s: %s is refused by its name, or taken; nothing breaks', (property, _text, value) => {
    const problems = heard(made, { ...needed, [property]: value });
    for (const problem of problems) {
      expect(problem).toMatch(COMPLETE);
      expect(problem).toMatch(new RegExp(`^'${property}\\b`));
    }
    const taken = ['true', '5', '"x y"', '[[]]', '[null]'];
    if (property === 'config') taken.push('{"nothing":1}'); // what EMQX has settings for is not known here
    if (!taken.includes(_text)) expect(problems).not.toEqual([]);
  });

  test.each([null, 5, 'text', []])('properties that are none (%p) are those that are missing', (props) => {
    const problems = heard(made, props);
    for (const problem of problems) expect(problem).toMatch(COMPLETE);
  });
});

test('ways in that say nothing are refused', () => {
  const ways = [MqttService.nodePort, MqttService.loadBalancer, MqttService.clusterIp] as ((
    given: never,
  ) => MqttService)[];
  const [nodePort, ...others] = ways.map((way) =>
    heard(EmqxEnterpriseCluster as Made, { ...CLUSTER, service: way(null as never) }),
  );
  expect(nodePort).toEqual([expect.stringMatching(/^'service' \(missing\) must be one or more of mqtt/)]);
  expect(others).toEqual([[], []]);
});
