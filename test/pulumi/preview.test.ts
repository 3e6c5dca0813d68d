import { readFileSync } from 'node:fs';
import type { KubeObject } from '../../src/kubernetes';
import { quickstart } from '../../src/sandbox/quickstart';
import { Desk, ID } from './_desk';
import { EMQX, manifestsOf } from './_generations';
import type { Properties } from './_host';

const SECRET = 'p4ssw0rd-of-redis';

const LEASE = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace: 'default', name: 'emqx-ee-upgrade' };

/** The lines by which a preview says what will happen; in Pulumi's own host of dynamic providers, on the sandbox. */
describe('a preview says what will happen', () => {
  let desk: Desk;
  let olds: Properties;
  beforeAll(async () => {
    const manifests = quickstart(20);
    const node = manifests.cluster.spec.template!.spec!.emqxContainer!;
    node.env = [{ name: 'EMQX_AUTH__REDIS__PASSWORD', value: SECRET }];
    desk = await Desk.open({ manifests, clients: 60, seed: 5 });
    olds = await desk.adopted(given);
  });
  afterAll(() => desk.close());

  const given = { env: { EMQX_AUTH__REDIS__PASSWORD: { value: SECRET } } };
  const moved = '60 devices are moved, about \\d+ s at 20/s';
  const preview = async (state: Properties, news: Properties) => {
    const from = desk.host.lines.length;
    await desk.host.diff(ID, state, news);
    return desk.host.lines.slice(from).map(({ text }) => text);
  };

  test.each<[string, Properties, string]>([
    [
      'another value of a variable',
      { env: { EMQX_AUTH__REDIS__PASSWORD: { value: 'another' } } },
      `upgrade of version 4\\.4\\.14 \\(env\\.EMQX_AUTH__REDIS__PASSWORD\\): ${moved}`,
    ],
    [
      'one more variable',
      { env: { ...given.env, A: { value: 'a' } } },
      `upgrade of version 4\\.4\\.14 \\(env\\.A\\): ${moved}`,
    ],
    ['no variables', { env: null }, `upgrade of version 4\\.4\\.14 \\(env\\.EMQX_AUTH__REDIS__PASSWORD\\): ${moved}`],
    [
      'a setting',
      { emqxConfig: { 'mqtt.max_packet_size': '2MB' } },
      `upgrade of version 4\\.4\\.14 \\(emqxConfig\\.mqtt\\.max_packet_size\\): ${moved}`,
    ],
    [
      'the version and a setting',
      { version: '4.4.15', emqxConfig: { a: 'b' } },
      `upgrade 4\\.4\\.14 → 4\\.4\\.15: ${moved}`,
    ],
    ['more nodes', { replicas: 5 }, 'up changes, without an upgrade: replicas'],
    [
      'the version and fewer nodes',
      { version: '4.4.15', replicas: 2 },
      'up is refused: replicas change from 3 to 2 in the same step: .*; leave spec.replicas at 3 .*',
    ],
    ['the version and more nodes', { version: '4.4.15', replicas: 5 }, `upgrade 4\\.4\\.14 → 4\\.4\\.15: ${moved}`],
    ['the volumes', { deleteVolumes: true }, 'up changes, without an upgrade: deleteVolumes'],
    ['another name', { name: 'emqx-2' }, 'replaces the cluster default/emqx-ee: 60 connected devices are cut off'],
    [
      'an unknown version',
      { version: '04da6b54-80e4-46f7-96ec-b56ff0331ba9' },
      'an upgrade, if the pods change \\(version\\): then every device is moved once',
    ],
  ])('%s', async (_what, news, line) => {
    const shown = await preview(olds, desk.properties('4.4.14', { ...given, ...news }));
    expect(shown).toEqual([expect.stringMatching(new RegExp(`^${line}$`))]);
    expect(shown.join()).not.toContain(SECRET);
  });

  test('drift that was seen by a refresh, which also tells the engine what the resource is like now', async () => {
    const ref = { apiVersion: 'apps.emqx.io/v1beta4', kind: 'EmqxEnterprise', namespace: 'default', name: 'emqx-ee' };
    const template = { spec: { emqxContainer: { emqxACL: ['{deny, all}.'] } } };
    const body = { spec: { replicas: 2, template, blueGreenUpdate: { evacuationStrategy: { connEvictRate: 7 } } } };
    const wanted = desk.properties('4.4.14', given);
    await desk.api.patch<KubeObject>(ref, { type: 'merge', body });
    const { outputs, inputs } = await desk.host.read(ID, olds);
    expect(inputs).toEqual({
      ...wanted,
      replicas: 2,
      blueGreenUpdate: {
        initialDelaySeconds: 5,
        evacuationStrategy: { connectionEvictionRate: 7, sessionEvictionRate: 20, waitTakeoverSeconds: 5 },
      },
      adopt: true,
      __provider: expect.any(String),
    });
    expect(await preview(outputs, wanted)).toEqual([
      expect.stringMatching(
        /^up changes, without an upgrade: replicas, blueGreenUpdate; up sets back what was changed in the cluster: spec\.\S+\.emqxACL\.0/,
      ),
    ]);
    expect(await preview(outputs, { ...wanted, replicas: 2, blueGreenUpdate: inputs['blueGreenUpdate'] })).toEqual([
      expect.stringMatching(/^up sets back what was changed in the cluster: spec\.\S+\.emqxACL\.0/),
    ]);
  });

  test('that another process may be driving an upgrade', async () => {
    await desk.takeLease('ada@ship 7', false);
    expect(await preview(olds, desk.properties('4.4.14', { ...given, replicas: 5 }))).toEqual([
      'up changes, without an upgrade: replicas; ada@ship 7 has the lease, and may be driving an upgrade: up waits until it is free, and is refused while that process renews it',
    ]);
    await desk.api.delete(LEASE);
  });

  test('a cluster that was deleted from outside', async () => {
    const gone = desk.properties('4.4.14', { ...given, name: 'gone' });
    const state = { ...olds, name: 'gone', identity: undefined };
    await expect(desk.host.diff(ID, state, gone)).rejects.toThrow(
      'there is no EmqxEnterprise default/gone any more; run `pulumi refresh`, and the next up creates it again',
    );
  });

  test('the text of a kubeconfig does not become an input by a refresh', async () => {
    const text = readFileSync(desk.kubeconfig, 'utf8');
    const { inputs, outputs } = await desk.host.read(ID, { ...olds, kubeconfig: text });
    expect(outputs).toHaveProperty('kubeconfig', text);
    expect(inputs).not.toHaveProperty('kubeconfig');
  });
});

/** The same of the generation that has two kinds of nodes. */
describe('a preview of an Emqx says what will happen', () => {
  let desk: Desk;
  let olds: Properties;
  beforeAll(async () => {
    desk = await Desk.open({ manifests: manifestsOf(EMQX, given), clients: 60, seed: 5 }, EMQX);
    olds = await desk.adopted(given);
  });
  afterAll(() => desk.close());

  const cores = { replicas: 2, env: { EMQX_AUTH__REDIS__PASSWORD: { value: SECRET } } };
  const given = { cores };
  const moved = '60 devices are moved, about \\d+ s at 20/s';

  test.each<[string, Properties, string]>([
    [
      'another value of a variable',
      { cores: { ...cores, env: { EMQX_AUTH__REDIS__PASSWORD: { value: 'another' } } } },
      `upgrade of version 5\\.8\\.8 \\(cores\\.env\\.EMQX_AUTH__REDIS__PASSWORD\\): ${moved}`,
    ],
    [
      'memory of the replicants',
      { replicants: { replicas: 3, resources: { memoryLimitMebibytes: 512 } } },
      `upgrade of version 5\\.8\\.8 \\(replicants\\.resources\\): ${moved}`,
    ],
    ['the version', { version: '5.8.9' }, `upgrade 5\\.8\\.8 → 5\\.8\\.9: ${moved}`],
    [
      'a setting, which the operator applies',
      { config: { mqtt: { max_packet_size: '2MB' } } },
      'up changes, without an upgrade: config\\.mqtt',
    ],
    ['more replicants', { replicants: { replicas: 4 } }, 'up changes, without an upgrade: replicants\\.replicas'],
    [
      'the version and more replicants',
      { version: '5.8.9', replicants: { replicas: 4 } },
      `upgrade 5\\.8\\.8 → 5\\.8\\.9: ${moved}`,
    ],
    ['another name', { name: 'emqx-2' }, 'replaces the cluster default/emqx: 60 connected devices are cut off'],
  ])('%s', async (_what, news, line) => {
    const from = desk.host.lines.length;
    await desk.host.diff(desk.id, olds, desk.properties('5.8.8', { ...given, ...news }));
    const shown = desk.host.lines.slice(from).map(({ text }) => text);
    expect(shown).toEqual([expect.stringMatching(new RegExp(`^${line}$`))]);
    expect(shown.join()).not.toContain(SECRET);
  });
});
