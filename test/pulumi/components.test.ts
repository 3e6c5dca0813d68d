import * as pulumi from '@pulumi/pulumi';
import {
  Emqx,
  EmqxCluster,
  EmqxEnterprise,
  EmqxEnterpriseCluster,
  EmqxOperator,
  UpgradeRunner,
} from '../../src/pulumi';
import { secretInput } from '../../src/pulumi/secret-input';
import { isSecret, mockEngine, type Registered, settled, valueOfOutput } from './_mocks';

/** By this key the engine knows a secret. */
const SECRET = '4dabf18193072939515e22adb298388d';

const registered = mockEngine();
beforeEach(() => registered.splice(0));

const blueGreenUpdate = {
  evacuationStrategy: { connectionEvictionRate: 10, sessionEvictionRate: 10, waitTakeoverSeconds: 5 },
};
const named = (name: string): Registered => {
  const found = registered.find((one) => one.name === name);
  if (!found) throw new Error(`there is no ${name} among ${registered.map((one) => one.name).join(', ')}`);
  return found;
};

describe('EmqxEnterprise', () => {
  test('is registered with the constant text of its provider, and the row its progress is shown in', async () => {
    const cluster = new EmqxEnterprise('tutorial', { name: 'emqx-ee', version: '4.4.14', blueGreenUpdate });
    await settled(cluster);
    expect(named('tutorial')).toMatchObject({
      type: 'pulumi-nodejs:emqx:EE',
      inputs: {
        name: 'emqx-ee',
        version: '4.4.14',
        blueGreenUpdate,
        __provider: 'exports.handler = () => require("emqx-blue-green/pulumi/runtime").provider;',
        __progressRow: 'urn:pulumi:dev::emqx::pulumi-nodejs:emqx:EE::tutorial',
      },
    });
    expect(await valueOfOutput(cluster.version)).toBe('4.4.14');
    expect(cluster.phase).toBeDefined();
  });

  test('keeps secret what may be secret', async () => {
    const given = {
      kubeconfig: '{ "kind": "Config" }',
      apiKeys: [{ key: 'a', secret: 'sss' }],
      env: { A: { value: 'sss' }, B: pulumi.output({ fromSecret: { name: 'b', key: 'b' } }) },
      emqxConfig: { 'mqtt.max_packet_size': '2MB' },
      args: ['sss'],
    };
    const cluster = new EmqxEnterprise('secretive', { name: 'emqx-ee', version: '4.4.14', ...given });
    await settled(cluster);
    const hidden = (value: unknown) => ({ [SECRET]: expect.any(String), value });
    // The mocks make a property secret as a whole where a part of it is: so this is what is sent to the engine.
    const inputs = Object.entries(given).map(([name, value]) => [name, secretInput(name as keyof typeof given, value)]);
    expect(await pulumi.runtime.serializeProperties('inputs', Object.fromEntries(inputs))).toEqual({
      kubeconfig: hidden('{ "kind": "Config" }'),
      apiKeys: [{ key: 'a', secret: hidden('sss') }],
      env: { A: { value: hidden('sss') }, B: { fromSecret: { name: 'b', key: 'b' } } },
      emqxConfig: { 'mqtt.max_packet_size': hidden('2MB') },
      args: hidden(['sss']),
    });
    const outputs = cluster as unknown as Record<string, pulumi.Output<unknown>>;
    expect(await isSecret(outputs['kubeconfig']!)).toBe(true);
    expect(await isSecret(outputs['apiKeys']!)).toBe(true);
    expect(await isSecret(cluster.version)).toBe(false);
    const open = new EmqxEnterprise('open', { name: 'emqx-ee', version: '4.4.14', kubeconfig: '/home/ada/kubeconfig' });
    await settled(open);
    expect(named('open').inputs).toMatchObject({ kubeconfig: '/home/ada/kubeconfig' });
  });
});

describe('Emqx', () => {
  const args = { name: 'emqx', version: '5.8.9', blueGreenUpdate, cores: { replicas: 3 } };

  test('is registered with the same provider, and the kind of its custom resource', async () => {
    const cluster = new Emqx('five', args);
    await settled(cluster);
    expect(named('five')).toMatchObject({
      type: 'pulumi-nodejs:emqx:E5',
      inputs: {
        ...args,
        __kind: 'EMQX',
        __provider: 'exports.handler = () => require("emqx-blue-green/pulumi/runtime").provider;',
        __progressRow: 'urn:pulumi:dev::emqx::pulumi-nodejs:emqx:E5::five',
      },
    });
    expect(await valueOfOutput(cluster.cores.apply((cores) => cores?.replicas))).toBe(3);
    expect(await valueOfOutput(cluster.replicants)).toBeUndefined();
    expect(cluster.phase).toBeDefined();
  });

  test('keeps secret what may be secret', async () => {
    const group = { replicas: 2, env: { A: { value: 'sss' } }, args: ['sss'], nodeSelector: { zone: 'a' } };
    const given = {
      apiKeys: [{ key: 'a', secret: 'sss' }, { secretName: 'keys' }],
      cores: group,
      replicants: pulumi.output(group),
      config: { mqtt: { max_packet_size: '2MB' }, 'log.console.level': 'info' },
    };
    const cluster = new Emqx('secretive', { name: 'emqx', version: '5.8.9', blueGreenUpdate, ...given });
    await settled(cluster);
    const hidden = (value: unknown) => ({ [SECRET]: expect.any(String), value });
    const inputs = Object.entries(given).map(([name, value]) => [name, secretInput(name, value)]);
    const marked = { ...group, env: { A: { value: hidden('sss') } }, args: hidden(['sss']) };
    expect(await pulumi.runtime.serializeProperties('inputs', Object.fromEntries(inputs))).toEqual({
      apiKeys: [{ key: 'a', secret: hidden('sss') }, { secretName: 'keys' }],
      cores: marked,
      replicants: marked,
      config: { mqtt: hidden({ max_packet_size: '2MB' }), 'log.console.level': hidden('info') },
    });
    expect(
      await pulumi.runtime.serializeProperties('inputs', { config: secretInput('config', 'node.cookie = sss') }),
    ).toEqual({ config: hidden('node.cookie = sss') });
    // After a failed update they hold old values, of which the new inputs say nothing.
    for (const output of [cluster.apiKeys, cluster.cores, cluster.replicants, cluster.config]) {
      expect(await isSecret(output)).toBe(true);
    }
    expect(await isSecret(cluster.version)).toBe(false);
  });

  test('get reads a cluster by its id, and registers nothing', async () => {
    const cluster = Emqx.get('foreign', 'default/emqx');
    await settled(cluster);
    expect(named('foreign')).toMatchObject({ id: 'default/emqx', inputs: { __kind: 'EMQX' } });
  });

  test('import is refused where the program can see it, with what to do instead', () => {
    expect(() => new Emqx('imported', args, { import: 'default/emqx' })).toThrow(/set `adopt: true`/);
  });
});

describe('the options of EmqxEnterprise', () => {
  const args = { name: 'emqx-ee', version: '4.4.14', blueGreenUpdate };
  /** The options as they reach Pulumi. */
  const optionsOf = async (opts: pulumi.CustomResourceOptions): Promise<pulumi.CustomResourceOptions> => {
    const seen: pulumi.CustomResourceOptions[] = [];
    const transformations = [
      ({ opts: given }: pulumi.ResourceTransformationArgs) => {
        seen.push(given);
        return undefined;
      },
    ];
    await settled(new EmqxEnterprise('optioned', args, { ...opts, transformations }));
    return seen[0]!;
  };

  test.each<[string, pulumi.CustomResourceOptions]>([
    ['retainOnDelete', { retainOnDelete: true }],
    ['protect', { protect: true }],
    ['ignoreChanges', { ignoreChanges: ['version'] }],
    ['replaceOnChanges', { replaceOnChanges: ['name'] }],
    ['deleteBeforeReplace', { deleteBeforeReplace: true }],
  ])('%s reaches Pulumi', async (_name, opts) => {
    expect(await optionsOf(opts)).toMatchObject(opts);
  });

  test('aliases are added to that of the former type', async () => {
    const { aliases } = await optionsOf({ aliases: [{ name: 'before' }] });
    expect(aliases).toEqual([{ name: 'before' }, { type: 'pulumi-nodejs:dynamic/emqx:EmqxEnterprise' }]);
  });

  test('parent: the row is that of the child, in whatever component', async () => {
    const outer = new pulumi.ComponentResource('acme:iot:Platform', 'platform');
    const inner = new pulumi.ComponentResource('acme:iot:Site', 'site', {}, { parent: outer });
    await settled(new EmqxEnterprise('child', args, { parent: inner }));
    expect(named('child').inputs).toMatchObject({
      __progressRow: 'urn:pulumi:dev::emqx::acme:iot:Platform$acme:iot:Site$pulumi-nodejs:emqx:EE::child',
    });
  });

  test('customTimeouts have no effect, and a warning says so', async () => {
    const warn = jest.spyOn(pulumi.log, 'warn').mockResolvedValue(undefined);
    await optionsOf({ protect: true });
    expect(warn).not.toHaveBeenCalled();
    await optionsOf({ customTimeouts: { update: '2h' } });
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/^customTimeouts have no effect: .* set upgrade\.timeouts$/), expect.anything()],
    ]);
    warn.mockRestore();
  });

  test('import is refused where the program can see it, with what to do instead', () => {
    expect(() => new EmqxEnterprise('imported', args, { import: 'default/emqx-ee' })).toThrow(
      /^imported: the option `import` does not work, .* set `adopt: true`/,
    );
  });

  test('get reads a cluster by its id, and registers nothing', async () => {
    const cluster = EmqxEnterprise.get('foreign', 'default/emqx-ee', { kubeconfig: 'text' });
    await settled(cluster);
    expect(await valueOfOutput(cluster.id)).toBe('default/emqx-ee');
    expect(named('foreign')).toMatchObject({
      id: 'default/emqx-ee',
      inputs: { kubeconfig: expect.anything(), __provider: expect.stringContaining('emqx-blue-green/pulumi/runtime') },
    });
  });
});

test('every property is an output, also those that are left out', async () => {
  const cluster = new EmqxEnterprise('typed', { name: 'emqx-ee', version: '4.4.14', replicas: 5, blueGreenUpdate });
  await settled(cluster);
  const replicas: number | undefined = await valueOfOutput(cluster.replicas);
  expect(replicas).toBe(5);
  expect(await valueOfOutput(cluster.blueGreenUpdate.apply((update) => update?.evacuationStrategy))).toEqual(
    blueGreenUpdate.evacuationStrategy,
  );
  expect(await valueOfOutput(cluster.image)).toBeUndefined();
});

describe('EmqxEnterpriseCluster', () => {
  test('makes Service, Secret and cluster with the names and the objects of the construct', async () => {
    const component = new EmqxEnterpriseCluster('telemetry', {
      name: pulumi.output('emqx-ee'),
      namespace: 'messaging',
      version: '4.4.14',
      license: 'the license',
      blueGreenUpdate,
      service: { type: 'NodePort', mqtt: 32_010 },
      networkPolicy: {},
      podDisruptionBudget: {},
      monitoring: true,
    });
    await settled(component, component.cluster);
    expect(registered.map(({ type, name }) => [type, name])).toEqual(
      expect.arrayContaining([
        ['emqx:index:Cluster', 'telemetry'],
        ['kubernetes:core/v1:Secret', 'telemetry-license'],
        ['kubernetes:core/v1:Service', 'telemetry-service'],
        ['kubernetes:networking.k8s.io/v1:NetworkPolicy', 'telemetry-network-policy'],
        ['kubernetes:policy/v1:PodDisruptionBudget', 'telemetry-disruption-budget'],
        ['kubernetes:yaml/v2:ConfigGroup', 'telemetry-monitoring'],
        ['pulumi-nodejs:emqx:EE', 'telemetry'],
      ]),
    );
    const selector = { 'apps.emqx.io/instance': 'emqx-ee', 'apps.emqx.io/managed-by': 'emqx-operator' };
    expect(named('telemetry-service').inputs).toMatchObject({
      metadata: { name: 'emqx-ee-mqtt', namespace: 'messaging', labels: { 'emqx-blue-green/traffic-for': 'emqx-ee' } },
      spec: { type: 'NodePort', ports: [{ name: 'mqtt', port: 1883, nodePort: 32_010 }], selector },
    });
    expect(named('telemetry-license').inputs).toMatchObject({
      metadata: { name: 'emqx-ee-license', namespace: 'messaging' },
      stringData: { [SECRET]: expect.any(String), value: { 'emqx.lic': 'the license' } },
    });
    const { inputs } = registered.find(({ type }) => type.endsWith(':EE'))!;
    expect(inputs).toMatchObject({
      licenseSecretName: 'emqx-ee-license',
      __progressRow: 'urn:pulumi:dev::emqx::emqx:index:Cluster$pulumi-nodejs:emqx:EE::telemetry',
    });
    expect(Object.keys(inputs)).toEqual(expect.not.arrayContaining(['license', 'service', 'monitoring']));
    expect(JSON.stringify(inputs)).not.toContain('the license');
    expect(await valueOfOutput(component.serviceName)).toBe('emqx-ee-mqtt');
    const kinds = (named('telemetry-monitoring').inputs['objs'] as { kind: string }[]).map(({ kind }) => kind);
    expect(kinds).toEqual(['PodMonitor', 'PrometheusRule', 'ConfigMap']);
  });

  test('is not held at rest, and warns of nothing: Pulumi holds the operator for the time of an upgrade', async () => {
    const emit = jest.spyOn(process, 'emitWarning').mockImplementation();
    const component = new EmqxEnterpriseCluster('unheld', { name: 'emqx-ee', version: '4.4.14', blueGreenUpdate });
    await settled(component, component.cluster);
    expect(named('unheld-service').inputs['metadata']).not.toHaveProperty('annotations');
    expect(emit.mock.calls.filter(([text]) => String(text).includes('hold'))).toEqual([]);
    emit.mockRestore();
  });

  test('leads to where a listener was moved, and says no other setting', async () => {
    const component = new EmqxEnterpriseCluster('moved', {
      name: 'emqx-ee',
      version: '4.4.14',
      emqxConfig: pulumi.secret({ 'listener.tcp.external': '11883', 'auth.redis.password': 'hush' }),
    });
    await settled(component, component.cluster);
    const { inputs } = named('moved-service');
    expect(inputs).toMatchObject({ spec: { ports: [{ name: 'mqtt', port: 11_883, targetPort: 11_883 }] } });
    expect(JSON.stringify(inputs)).not.toContain('hush');
  });

  test('refuses a license in two forms', () => {
    const both = { name: 'emqx-ee', version: '4.4.14', license: 'text', licenseSecretName: 'emqx-license' };
    expect(() => new EmqxEnterpriseCluster('twice', both)).toThrow(
      "'license' must be given as text, or by the name of a Secret (licenseSecretName), not both",
    );
  });
});

describe('EmqxCluster', () => {
  const args = { name: 'emqx', version: '5.10.1', blueGreenUpdate };
  const portsOf = (name: string) => (named(name).inputs['spec'] as { ports: { port: number }[] }).ports;

  test('makes Service, Secret, network policy and cluster with the names and the objects of the construct', async () => {
    const emit = jest.spyOn(process, 'emitWarning').mockImplementation();
    const component = new EmqxCluster('telemetry', {
      ...args,
      name: pulumi.output('emqx'),
      namespace: 'messaging',
      license: 'the license\n',
      cores: { replicas: 3 },
      replicants: { replicas: 3, env: { A: { value: pulumi.secret('hush') } } },
      service: { type: 'NodePort', mqtt: 32_010 },
      networkPolicy: {},
      monitoring: true,
      metricsKeySecretName: 'metrics-reader',
    });
    await settled(component, component.cluster);
    expect(registered.map(({ type, name }) => [type, name])).toEqual(
      expect.arrayContaining([
        ['emqx:index:Cluster5', 'telemetry'],
        ['kubernetes:yaml/v2:ConfigGroup', 'telemetry-monitoring'],
        ['kubernetes:core/v1:Secret', 'telemetry-license'],
        ['kubernetes:core/v1:Service', 'telemetry-service'],
        ['kubernetes:networking.k8s.io/v1:NetworkPolicy', 'telemetry-network-policy'],
        ['pulumi-nodejs:emqx:E5', 'telemetry'],
      ]),
    );
    expect(registered).toHaveLength(6);
    expect(named('telemetry-service').inputs).toMatchObject({
      metadata: { name: 'emqx-mqtt', namespace: 'messaging', labels: { 'emqx-blue-green/traffic-for': 'emqx' } },
      spec: {
        type: 'NodePort',
        ports: [{ name: 'mqtt', port: 1883, nodePort: 32_010 }],
        selector: { 'apps.emqx.io/instance': 'emqx', 'apps.emqx.io/db-role': 'replicant' },
      },
    });
    expect(named('telemetry-service').inputs['metadata']).not.toHaveProperty('annotations');
    expect(named('telemetry-license').inputs).toMatchObject({
      metadata: { name: 'emqx-license', namespace: 'messaging' },
      stringData: { [SECRET]: expect.any(String), value: { 'emqx.lic': 'the license' } },
    });
    const { inputs } = registered.find(({ type }) => type.endsWith(':E5'))!;
    expect(inputs).toMatchObject({
      __kind: 'EMQX',
      licenseSecretName: 'emqx-license',
      __progressRow: 'urn:pulumi:dev::emqx::emqx:index:Cluster5$pulumi-nodejs:emqx:E5::telemetry',
    });
    expect(Object.keys(inputs)).toEqual(expect.not.arrayContaining(['license', 'service', 'monitoring']));
    const monitoring = named('telemetry-monitoring').inputs['objs'] as { kind: string }[];
    expect(monitoring.map(({ kind }) => kind)).toEqual(['PodMonitor', 'PrometheusRule', 'ConfigMap']);
    expect(JSON.stringify(monitoring[0])).toContain('metrics-reader');
    expect(await valueOfOutput(component.serviceName)).toBe('emqx-mqtt');
    expect(emit).not.toHaveBeenCalled();
    emit.mockRestore();
  });

  test.each<[string, pulumi.Input<object | string>]>([
    ['an object', pulumi.secret({ listeners: { tcp: { default: { bind: '0.0.0.0:11883' } } }, 'a.password': 'hush' })],
    ['text', pulumi.secret('listeners.tcp.default.bind = 11883\na.password = hush\n')],
  ])('leads to where a listener was moved, and says no other setting: %s', async (_form, config) => {
    const component = new EmqxCluster('moved', { ...args, config: config as pulumi.Input<string> });
    await settled(component, component.cluster);
    expect(portsOf('moved-service')).toEqual([expect.objectContaining({ port: 11_883, targetPort: 11_883 })]);
    expect(JSON.stringify(named('moved-service').inputs)).not.toContain('hush');
    expect(named('moved-service').inputs).toMatchObject({ spec: { selector: { 'apps.emqx.io/db-role': 'core' } } });
  });

  test('refuses a license in two forms', () => {
    const both = { ...args, license: 'text', licenseSecretName: 'emqx-license' };
    expect(() => new EmqxCluster('twice', both)).toThrow(
      /^'license' must be given as text, or by the name of a Secret/,
    );
  });
});

describe('EmqxOperator', () => {
  test('makes the definitions first, and then the objects of the construct', async () => {
    const operator = new EmqxOperator('operator', { namespace: 'emqx', webhook: { source: 'none' } });
    await settled(operator);
    const kindsOf = (name: string) => (named(name).inputs['objs'] as { kind: string }[]).map(({ kind }) => kind);
    expect(new Set(kindsOf('operator-definitions'))).toEqual(new Set(['CustomResourceDefinition']));
    expect(kindsOf('operator-definitions')).toHaveLength(5);
    expect(kindsOf('operator-objects')).toEqual(
      expect.arrayContaining(['ServiceAccount', 'ClusterRole', 'ClusterRoleBinding', 'Deployment', 'Service']),
    );
    const order = registered.map(({ name }) => name);
    expect(order.indexOf('operator-definitions')).toBeLessThan(order.indexOf('operator-objects'));
  });
});

describe('UpgradeRunner', () => {
  test('makes the objects of the construct, of values that are outputs, too', async () => {
    const image = pulumi.output('registry.example.com/emqx-blue-green:0.1.0');
    const runner = new UpgradeRunner('runner', {
      image,
      namespace: 'emqx',
      policy: { mode: 'automatic', rateCap: 500 },
    });
    await settled(runner);
    const objects = named('runner-objects').inputs['objs'] as { kind: string; data?: Record<string, string> }[];
    const kinds = ['ConfigMap', 'Deployment', 'Role', 'RoleBinding', 'ServiceAccount'];
    expect([...new Set(objects.map(({ kind }) => kind))].sort()).toEqual(kinds);
    expect(objects.find(({ kind }) => kind === 'ConfigMap')?.data).toEqual({
      policy: 'mode: automatic\nrateCap: 500\n',
    });
    expect(JSON.stringify(objects)).toContain('registry.example.com/emqx-blue-green:0.1.0');
  });
});
