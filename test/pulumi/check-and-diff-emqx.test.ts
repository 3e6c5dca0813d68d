import { UNKNOWN } from '../../src/pulumi/inputs';
import { type Properties, ProviderHost } from './_host';

/** What the provider says of an Emqx before anything is touched, where that differs from an EmqxEnterprise. */
describe('before anything of an Emqx is touched', () => {
  let host: ProviderHost;
  beforeAll(async () => {
    host = await ProviderHost.start();
  });
  afterAll(() => host.stop());

  const ID = 'default/emqx';
  const evacuationStrategy = { connectionEvictionRate: 10, sessionEvictionRate: 10, waitTakeoverSeconds: 5 };
  const sound: Properties = {
    __kind: 'EMQX',
    name: 'emqx',
    namespace: 'default',
    version: '5.8.9',
    blueGreenUpdate: { initialDelaySeconds: 5, evacuationStrategy },
    cores: { replicas: 3 },
  };
  const running: Properties = { ...sound, schema: 1, phase: 'running', drift: [], nodes: [], revision: 'a' };
  const group = {
    env: { A: { value: 'a' }, B: { fromSecret: { name: 'b', key: 'b' } } },
    podLabels: { team: 'mqtt' },
    resources: { cpuRequestMillis: 500, memoryRequestMebibytes: 512, memoryLimitMebibytes: 1024 },
    probes: { liveness: { httpGet: { path: '/status', port: 18_083 } } },
    topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' }],
    podDisruptionBudget: { maxUnavailable: 2 },
  };

  test('everything a program may say is taken', async () => {
    const all: Properties = {
      ...sound,
      image: { registry: 'registry.example.com:5000' },
      cores: { replicas: 3, persistence: { sizeGibibytes: 8, storageClass: 'fast' }, ...group },
      replicants: { replicas: 4, ...group },
      config: { mqtt: { max_packet_size: '2MB' }, 'log.console.level': 'info' },
      configMode: 'Replace',
      licenseSecretName: 'emqx-license',
      service: { type: 'LoadBalancer', listeners: ['mqtt', 'mqtts'] },
      exposure: 'operator',
      tls: { secretName: 'emqx-tls' },
      dashboard: { port: 18_084, service: 'NodePort', nodePort: 32_084 },
      apiKeys: [{ key: 'dash-boards', secret: 'a secret' }, { secretName: 'keys' }],
      clusterDomain: 'cluster.local',
      revisionHistoryLimit: 2,
      serviceAccountName: 'emqx',
      imagePullSecrets: ['registry'],
      kubeconfig: '/home/ada/.kube/config',
      deleteVolumes: true,
      upgrade: { stormCap: 50, timeouts: { totalSeconds: 3600 } },
    };
    expect((await host.check(all)).failures).toEqual([]);
    const text = 'log.console.level = info\n';
    expect((await host.check({ ...sound, config: text })).failures).toEqual([]);
  });

  test('all that is wrong is told at once, under the names of the properties', async () => {
    const { failures } = await host.check({
      ...sound,
      version: '4.4.14',
      blueGreenUpdate: { evacuationStrategy: { ...evacuationStrategy, waitTakeoverSeconds: 0 } },
      cores: {
        replicas: 11,
        persistence: { sizeGibibytes: 'much' },
        resources: { memoryRequestMebibytes: 2048, memoryLimitMebibytes: 1024 },
        env: { A: 'bare' },
        replica: 3,
      },
      replicants: { persistence: { sizeGibibytes: 8 }, resources: { memory: 5 } },
      config: 'listeners.tcp.default.bind = 0.0.0.0:1883',
      apiKeys: [{ key: 'a', secret: 'aaa', secretName: 'keys' }],
      clusterDomain: 'other.local',
      replicas: 3,
      emqxConfig: {},
    });
    expect(failures.map(({ reason }) => /^'(.*?)'/.exec(reason)![1]!).sort()).toEqual(
      [
        'version',
        'blueGreenUpdate.evacuationStrategy.waitTakeoverSeconds',
        'cores.replicas',
        'cores.persistence.sizeGibibytes',
        'cores.resources.memoryRequestMebibytes',
        'cores.env.A',
        'cores.replica',
        'replicants.persistence',
        'replicants.resources.memory',
        'config',
        'apiKeys[0]',
        'clusterDomain',
        'replicas',
        'emqxConfig',
      ].sort(),
    );
    expect(JSON.stringify(failures)).not.toMatch(/aaa|bare/);
    expect(JSON.stringify(failures)).not.toMatch(/a Size|EnvValue|ApiKey|Duration/);
  });

  test('the rates must be given', async () => {
    const { blueGreenUpdate: _, ...without } = sound;
    const { failures } = await host.check(without);
    expect(failures).toEqual([
      {
        property: 'blueGreenUpdate',
        reason: expect.stringMatching(/^'blueGreenUpdate' \(missing\) must be given.*waitTakeoverSeconds: 10 } }$/),
      },
    ]);
  });

  test('what stands beside something unknown is checked', async () => {
    const { failures } = await host.check({
      ...sound,
      version: UNKNOWN,
      cores: { replicas: 0, env: { A: { value: UNKNOWN }, B: 'b' } },
    });
    expect(failures.map(({ property }) => property).sort()).toEqual(['cores.env.B', 'cores.replicas']);
  });

  test.each<[string, Properties, Properties, string[]]>([
    ['API keys', { apiKeys: [{ key: 'a', secret: 'aaa' }] }, { apiKeys: [{ key: 'a', secret: 'bbb' }] }, ['apiKeys']],
    [
      'a volume',
      { cores: { persistence: { sizeGibibytes: 1 } } },
      { cores: { persistence: { sizeGibibytes: 2 } } },
      ['cores.persistence'],
    ],
    ['the port of the dashboard', {}, { dashboard: { port: 18_084 } }, ['dashboard.port']],
    ['that port in the configuration', {}, { config: { 'dashboard.listeners.http.bind': 18_084 } }, ['config']],
    ['replicants that go', { replicants: { replicas: 2 } }, {}, ['replicants']],
    ['replicants that become none', { replicants: { replicas: 2 } }, { replicants: { replicas: 0 } }, []],
    ['a volume that comes', {}, { cores: { persistence: { sizeGibibytes: 2 } } }, []],
    ['another setting', { config: { a: 1 } }, { config: { a: 2 } }, []],
  ])('what cannot be changed while the cluster lives is refused: %s', async (_what, before, after, expected) => {
    const { failures } = await host.check({ ...sound, ...after }, { ...sound, ...before });
    expect(failures.map(({ property }) => property)).toEqual(expected);
    expect(JSON.stringify(failures)).not.toMatch(/aaa|bbb/);
  });

  test.each<[string, Properties, { changes: boolean; replaces: string[] }]>([
    ['nothing', {}, { changes: false, replaces: [] }],
    ['the version', { version: '5.8.10' }, { changes: true, replaces: [] }],
    ['the number of cores', { cores: { replicas: 4 } }, { changes: true, replaces: [] }],
    ['the name', { name: 'emqx-2' }, { changes: true, replaces: ['name'] }],
  ])('a diff tells of %s', async (_what, more, expected) => {
    expect(await host.diff(ID, running, { ...sound, ...more })).toEqual(expected);
  });

  /** Without a cluster that could be read. */
  test.each<[string, Properties, RegExp]>([
    [
      'a variable',
      { cores: { replicas: 3, env: { A: { value: 'a' } } } },
      /^an upgrade, if the pods change \(cores\.env\.A\): /,
    ],
    ['the number of nodes', { cores: { replicas: 4 } }, /^up changes, without an upgrade: cores\.replicas$/],
    ['a setting', { config: { mqtt: { max_packet_size: '2MB' } } }, /^up changes, without an upgrade: config\.mqtt$/],
  ])('what changes is named: %s', async (_what, more, line) => {
    const from = host.lines.length;
    await host.diff(ID, running, { ...sound, ...more });
    expect(host.lines.slice(from).map(({ text }) => text)).toContainEqual(expect.stringMatching(line));
  });
});
