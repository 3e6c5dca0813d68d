import { UNKNOWN } from '../../src/pulumi/inputs';
import { type Properties, ProviderHost } from './_host';

/** What the provider says before anything is touched, by way of Pulumi's own host of dynamic providers. */
describe('before anything is touched', () => {
  let host: ProviderHost;
  beforeAll(async () => {
    host = await ProviderHost.start();
  });
  afterAll(() => host.stop());

  const ID = 'default/emqx-ee';
  const evacuationStrategy = { connectionEvictionRate: 10, sessionEvictionRate: 10, waitTakeoverSeconds: 5 };
  const sound: Properties = {
    name: 'emqx-ee',
    namespace: 'default',
    version: '4.4.14',
    replicas: 3,
    blueGreenUpdate: { initialDelaySeconds: 5, evacuationStrategy },
  };
  const running: Properties = { ...sound, schema: 1, phase: 'running', drift: [], nodes: [], revision: 'a' };

  test('sound properties are taken, and get their namespace', async () => {
    const { namespace: _, ...given } = sound;
    expect(await host.check(given)).toMatchObject({ inputs: sound, failures: [] });
  });

  test('everything a program may say is taken', async () => {
    const all: Properties = {
      ...sound,
      image: { registry: 'registry.example.com:5000', suffix: '-alpine' },
      licenseSecretName: 'emqx-license',
      persistence: { sizeGibibytes: 8, storageClass: 'fast' },
      exposure: 'operator',
      service: { type: 'LoadBalancer', listeners: ['mqtt', 'mqtts'], externalTrafficPolicy: 'Local' },
      tls: { secretName: 'emqx-tls' },
      acl: ['{allow, all}.'],
      apiKeys: [{ key: 'dashboards', secret: 'a secret' }],
      emqxConfig: { 'mqtt.max_packet_size': '2MB' },
      env: {
        A: { value: 'a' },
        B: { fromSecret: { name: 'b', key: 'b' } },
        C: { fromConfigMap: { name: 'c', key: 'c' } },
      },
      resources: { cpuRequestMillis: 500, memoryRequestMebibytes: 512, memoryLimitMebibytes: 1024 },
      probes: { liveness: { httpGet: { path: '/status', port: 8081 } } },
      nodeSelector: { zone: 'a' },
      tolerations: [{ key: 'mqtt', operator: 'Exists' }],
      kubeconfig: '/home/ada/.kube/config',
      context: 'production',
      adopt: true,
      upgrade: {
        stormCap: 50,
        pacing: 'adaptive',
        offlineBudget: 'none',
        backPercent: 95,
        sampleDevices: false,
        timeouts: { totalSeconds: 3600, stallSeconds: 60 },
        onFailure: 'abort',
        driver: 'pilot',
        acceptDowngrade: false,
      },
    };
    expect((await host.check(all)).failures).toEqual([]);
  });

  test('all that is wrong is told at once, in the words of the construct', async () => {
    const { failures } = await host.check({
      ...sound,
      name: 'Emqx',
      version: 'latest',
      blueGreenUpdate: {
        initialDelaySeconds: -1,
        evacuationStrategy: { connectionEvictionRate: 0, sessionEvictionRate: '10' },
      },
      persistence: { sizeGibibytes: 'much' },
      resources: { memoryRequestMebibytes: 2048, memoryLimitMebibytes: 1024 },
      service: { type: 'Ingress' },
      env: { A: 'bare' },
      labels: { team: 'mqtt' },
      replica: 5,
      upgrade: {
        ...{ stormCap: 0.5, pacing: 'slow', offlineBudget: 0, backPercent: 101, sampleDevices: 'no' },
        ...{ onFailure: 'retry', timeouts: { totalMinutes: 5 } },
      },
    });
    const named = failures.map(({ reason }) => /^'(.*?)'/.exec(reason)![1]!);
    expect(named.sort()).toEqual(
      [
        'name',
        'version',
        'blueGreenUpdate.initialDelaySeconds',
        'blueGreenUpdate.evacuationStrategy.connectionEvictionRate',
        'blueGreenUpdate.evacuationStrategy.sessionEvictionRate',
        'blueGreenUpdate.evacuationStrategy.waitTakeoverSeconds',
        'persistence.sizeGibibytes',
        'resources.memoryRequestMebibytes',
        'service',
        'env.A',
        'labels',
        'replica',
        'upgrade.stormCap',
        'upgrade.pacing',
        'upgrade.offlineBudget',
        'upgrade.backPercent',
        'upgrade.sampleDevices',
        'upgrade.onFailure',
        'upgrade.timeouts.totalMinutes',
      ].sort(),
    );
    const reasons = new Map(failures.map(({ reason }) => [/^'(.*?)'/.exec(reason)![1]!, reason]));
    // Pulumi prints the value of the property that is named, and one that nobody knows may be a misspelt secret.
    const unnamed = failures.filter(({ property }) => property === '').map(({ reason }) => reason);
    expect(unnamed).toEqual([reasons.get('labels'), reasons.get('replica')]);
    expect(reasons.get('blueGreenUpdate.evacuationStrategy.connectionEvictionRate')).toBe(
      "'blueGreenUpdate.evacuationStrategy.connectionEvictionRate' (0) must be a whole number of at least 1: the operator sends a missing rate as 0, EMQX refuses 0, and the upgrade hangs without an error; set how many connections a node may evict per second, for example 10",
    );
    expect(reasons.get('labels')).toMatch(
      /^'labels' \(hidden\) must be left out: .*a new label makes it lose the running nodes/,
    );
    expect(reasons.get('replica')).toMatch(/did you mean 'replicas'\?$/);
  });

  test('what is no object where one is expected is refused, and not shown', async () => {
    const wrong = {
      env: 'a secret',
      emqxConfig: 'a secret',
      podLabels: ['a'],
      resources: [1],
      probes: 'none',
      upgrade: 'slowly',
      persistence: 8,
    };
    const { failures } = await host.check({ ...sound, ...wrong });
    expect(failures.map(({ property }) => property)).toEqual(expect.arrayContaining(Object.keys(wrong)));
    expect(JSON.stringify(failures)).not.toContain('a secret');
  });

  test('objects are called by their properties, not by the classes of the construct', async () => {
    const { failures } = await host.check({
      ...sound,
      apiKeys: ['a'],
      env: { A: 'a' },
      service: 'NodePort',
      persistence: { sizeGibibytes: '8', storageClass: '' },
    });
    expect(failures.map(({ reason }) => /^'(.*?)' .* must be (.*?)[:;]/.exec(reason)!.slice(1))).toEqual(
      expect.arrayContaining([
        ['apiKeys[0]', 'a list of objects with key and secret'],
        ['env.A', 'an object with value, fromSecret or fromConfigMap'],
        ['service', 'an object with a type'],
        ['persistence.sizeGibibytes', 'a number'],
      ]),
    );
    expect(failures).toHaveLength(4);
    expect(JSON.stringify(failures)).not.toMatch(/ApiKey|EnvValue|MqttService|a Size/);
  });

  test.each<[string, Properties, string[]]>([
    [
      'a sibling',
      {
        blueGreenUpdate: {
          evacuationStrategy: { ...evacuationStrategy, connectionEvictionRate: UNKNOWN, waitTakeoverSeconds: 0 },
        },
      },
      ['blueGreenUpdate.evacuationStrategy.waitTakeoverSeconds'],
    ],
    [
      'a missing sibling',
      { blueGreenUpdate: { initialDelaySeconds: UNKNOWN } },
      [
        'blueGreenUpdate.evacuationStrategy.connectionEvictionRate',
        'blueGreenUpdate.evacuationStrategy.sessionEvictionRate',
        'blueGreenUpdate.evacuationStrategy.waitTakeoverSeconds',
      ],
    ],
    ['a sibling of a name', { env: { A: { value: UNKNOWN }, B: 'b' } }, ['env.B']],
    ['an unknown name', { upgrade: { stormCap: UNKNOWN, stromCap: 5 } }, ['upgrade.stromCap']],
    ['another property', { kubeconfig: UNKNOWN, replicas: 0 }, ['replicas']],
    ['a list', { apiKeys: [{ key: 'a', secret: UNKNOWN }, { key: 5 }] }, []],
  ])('what stands beside something unknown is checked: %s', async (_what, more, expected) => {
    const { failures } = await host.check({ ...sound, ...more });
    expect(failures.map(({ property }) => property).sort()).toEqual(expected);
  });

  test('nothing is said of what is not known yet', async () => {
    const news = {
      ...sound,
      version: UNKNOWN,
      licenseSecretName: UNKNOWN,
      blueGreenUpdate: { evacuationStrategy: { ...evacuationStrategy, connectionEvictionRate: UNKNOWN } },
      replicas: 0,
    };
    const { failures } = await host.check(news);
    expect(failures.map(({ property }) => property)).toEqual(['replicas']);
    expect(await host.diff(ID, running, { ...sound, version: UNKNOWN, name: UNKNOWN })).toEqual({
      changes: true,
      replaces: [],
    });
  });

  describe('an older version', () => {
    const newer = { ...running, version: '4.4.15' };
    const accepting = { upgrade: { acceptDowngrade: true } };

    test('is refused by the preview, in the words of the command line', async () => {
      await expect(host.diff(ID, newer, sound)).rejects.toThrow(
        'version 4.4.14 is older than 4.4.15; a downgrade: EMQX does not guarantee that it reads newer data; if that is worth the risk, accept it with --accept-downgrade (Pulumi: upgrade.acceptDowngrade)',
      );
      const other = { ...sound, ...accepting, version: '4.3.22' };
      await expect(host.diff(ID, newer, other)).rejects.toThrow(/another minor line/);
    });

    test('is a change where it is accepted', async () => {
      expect(await host.diff(ID, newer, { ...sound, ...accepting })).toEqual({ changes: true, replaces: [] });
    });

    test('is the way back in the middle of an upgrade', async () => {
      const open = { ...newer, phase: 'upgrading' };
      expect(await host.diff(ID, open, sound)).toEqual({ changes: true, replaces: [] });
    });
  });

  test('what cannot be changed while the cluster lives is refused before it is tried', async () => {
    const before = { ...sound, apiKeys: [{ key: 'a', secret: 'aaa' }], emqxConfig: { 'cluster.dns.app': 'emqx-ee' } };
    const news = {
      ...sound,
      apiKeys: [{ key: 'a', secret: 'bbb' }],
      emqxConfig: { 'cluster.dns.app': 'other' },
      persistence: { sizeGibibytes: 8 },
      clusterDomain: 'other.local',
      blueGreenUpdate: null,
    };
    const { failures } = await host.check(news, before);
    expect(failures.map(({ property }) => property).sort()).toEqual(
      ['apiKeys', 'blueGreenUpdate', 'clusterDomain', 'emqxConfig', 'persistence'].sort(),
    );
    expect(JSON.stringify(failures)).not.toMatch(/aaa|bbb/);
    // Settings that follow from another property are not named.
    const moved = await host.check({ ...before, clusterDomain: 'other.local' }, before);
    expect(moved.failures.map(({ property }) => property)).toEqual(['clusterDomain']);
    // Another cluster may have other ones.
    expect((await host.check({ ...news, name: 'emqx-2' }, before)).failures).toEqual([]);
  });

  test.each<[string, Properties, Properties, { changes: boolean; replaces: string[] }]>([
    ['nothing', running, sound, { changes: false, replaces: [] }],
    [
      'where progress is shown',
      running,
      { ...sound, __progressRow: 'urn:a', adopt: true },
      { changes: false, replaces: [] },
    ],
    ['the version', running, { ...sound, version: '4.4.15' }, { changes: true, replaces: [] }],
    ['the number of nodes', running, { ...sound, replicas: 5 }, { changes: true, replaces: [] }],
    ['the name', running, { ...sound, name: 'emqx-2' }, { changes: true, replaces: ['name'] }],
    ['the namespace', running, { ...sound, namespace: 'mqtt' }, { changes: true, replaces: ['namespace'] }],
    ['how an upgrade is made', running, { ...sound, upgrade: { stormCap: 5 } }, { changes: true, replaces: [] }],
    ['what an operation left unfinished', { ...running, phase: 'upgrading' }, sound, { changes: true, replaces: [] }],
    [
      'what somebody else has changed',
      { ...running, drift: ['spec.replicas'] },
      sound,
      { changes: true, replaces: [] },
    ],
    ['a state without a form', sound, sound, { changes: true, replaces: [] }],
  ])('a diff tells of %s', async (_what, olds, news, expected) => {
    expect(await host.diff(ID, olds, news)).toEqual(expected);
  });

  test('a state of a newer form is left to who wrote it', async () => {
    await expect(host.diff(ID, { ...running, schema: 2 }, sound)).rejects.toThrow(
      /the state of this cluster has format 2, written by a newer emqx-blue-green; this one reads format 1/,
    );
  });

  test('no way to a cluster is no failure halfway', async () => {
    const news = { ...sound, kubeconfig: '/nowhere/kubeconfig' };
    await expect(host.create(news)).rejects.toThrow(/the kubeconfig \/nowhere\/kubeconfig: ENOENT/);
  });
});
