import { readFileSync } from 'node:fs';
import type { KubeObject } from '../../src/kubernetes';
import { typeOf } from '../../src/pulumi/resource-types';
import type { LastUpgrade } from '../../src/pulumi/state';
import { isHeld, versionOf } from '../../src/resource';
import { quickstart } from '../../src/sandbox/quickstart';
import { Desk, failureOf, ID, type Lease, MOVING, ROW } from './_desk';
import { EngineModel, type Step } from './_engine-model';
import { PartialFailure, type Properties } from './_host';

interface Service extends KubeObject {
  spec: { selector: Record<string, string> };
}

/** The provider in Pulumi's own host of dynamic providers, over gRPC, on the sandbox. */
describe('the provider', () => {
  let desk: Desk;
  afterEach(() => desk.close());

  const withCluster = async (clients = 150) => {
    desk = await Desk.open({ manifests: quickstart(20), clients, seed: 5 });
  };
  /** Upgrades, is left at Ctrl-C in the middle of the evacuation, and what the engine is told then. */
  const interrupted = async (olds: Properties, news: Properties): Promise<PartialFailure> => {
    const failure = failureOf(desk.host.update(ID, olds, news));
    await desk.host.said(({ text }) => MOVING.test(text));
    await desk.host.cancel();
    return (await failure) as PartialFailure;
  };
  /** The same, with the engine's side of it modelled. */
  const leftAtCtrlC = async (engine: EngineModel, news: Properties): Promise<Step> => {
    const step = engine.up(news);
    await desk.host.said(({ text }) => MOVING.test(text));
    await desk.host.cancel();
    return step;
  };

  test('makes a cluster, upgrades it, reads it, and removes it with all that belongs to it', async () => {
    desk = await Desk.open({ clients: 150, seed: 3 });
    const { host } = desk;
    const exposed = { exposure: 'operator', service: { type: 'NodePort', mqtt: 32_010 } };
    const old = desk.properties('4.4.14', exposed);
    const made = await host.create(old);
    expect(made).toMatchObject({
      id: ID,
      outputs: { schema: 1, phase: 'running', toVersion: '4.4.14', drift: [], journal: 'default/emqx-ee-upgrade' },
    });
    expect(made.outputs['nodes']).toHaveLength(3);
    await desk.connected;
    const before = host.lines.length;
    const upgraded = await host.update(ID, made.outputs, desk.properties('4.4.15', exposed));
    expect(upgraded).toMatchObject({
      version: '4.4.15',
      phase: 'running',
      fromVersion: '4.4.14',
      toVersion: '4.4.15',
      lastUpgrade: { outcome: 'completed', capPerSecond: 20, fromVersion: '4.4.14', toVersion: '4.4.15' },
    });
    expect(upgraded['revision']).not.toBe(made.outputs['revision']);
    const rows = host.rows().slice(before);
    expect(rows).toContainEqual(expect.stringMatching(/^building the new nodes: \d of 3 ready$/));
    expect(rows).toContainEqual(expect.stringMatching(/^\d+\/\d+ · \d+\/s · \d+ s left · evacuating, at most 20\/s$/));
    expect(new Set(host.lines.map(({ urn }) => urn))).toEqual(new Set([ROW, '']));
    const brief = host.lines.filter(({ urn }) => urn === '').map(({ text }) => text);
    expect(brief).toContainEqual(expect.stringMatching(/^\d+\/\d+ \d+\/s \d+s$/));

    expect(await host.diff(ID, upgraded, desk.properties('4.4.15', exposed))).toEqual({ changes: false, replaces: [] });
    expect((await host.read(ID, upgraded)).outputs).toEqual(upgraded);

    await host.delete(ID, upgraded);
    expect(await desk.found('apps.emqx.io/v1beta4', 'EmqxEnterprise', 'emqx-ee')).toBeUndefined();
    expect(await desk.lease()).toBeUndefined();
    expect(await desk.pods()).toEqual([]);
    expect((await host.read(ID, upgraded)).id).toBe('');
    await host.delete(ID, upgraded); // what is gone already is no error
  });

  test('takes over a cluster that exists only if told, and only as it is', async () => {
    await withCluster();
    const { host } = desk;
    expect((await failureOf(host.create(desk.properties('4.4.14')))).message).toMatch(
      /^the EmqxEnterprise default\/emqx-ee already exists\. .* adopt: true adopts it as it is$/,
    );
    const other = await failureOf(host.create(desk.properties('4.4.15', { adopt: true, replicas: 4 })));
    expect(other).not.toBeInstanceOf(PartialFailure);
    expect(other.message).toMatch(
      /differs from the properties in spec\.replicas, spec\.template\.spec\.emqxContainer\.image\.version;/,
    );
    expect(await desk.adopted()).toMatchObject({ phase: 'running', version: '4.4.14' });
    expect(desk.host.rows().at(-1)).toBe('adopted: 4.4.14 runs on 3 nodes');
  });

  test('stops at Ctrl-C with the operator held and the lease given back, and the next update goes on', async () => {
    await withCluster();
    const { host } = desk;
    const engine = new EngineModel(host);
    await desk.connected;
    expect(await engine.up(desk.properties('4.4.14', { adopt: true }))).toBe('created');
    const adopted = engine.row!.outputs;
    const wanted = desk.properties('4.4.15', { adopt: true });
    expect(await leftAtCtrlC(engine, wanted)).toBe('failed');
    const { id, inputs, outputs, initErrors } = engine.row!;
    expect(id).toBe(ID);
    expect(initErrors).toEqual([
      expect.stringMatching(
        /^stopped by Cancel \(Ctrl-C, or SIGTERM to the CLI\); in phase evacuate: blue nodes whose evacuation has started continue at their rates.*; `pulumi up` resumes$/,
      ),
    ]);
    expect(inputs).toMatchObject({ version: '4.4.14' });
    expect(outputs).toMatchObject({
      schema: 1,
      phase: 'upgrading',
      version: '4.4.14',
      fromVersion: '4.4.14',
      toVersion: '4.4.15',
      __provider: adopted['__provider'],
    });
    expect((await desk.lease())?.spec.holderIdentity ?? undefined).toBeUndefined();
    expect(isHeld(await desk.resource())).toBe(true);

    // It makes the engine forget the failure; the phase still says that there is something to do.
    await engine.refresh();
    expect(engine.row).toMatchObject({ initErrors: [], outputs: { phase: 'upgrading', version: '4.4.15' } });
    expect(await engine.up(wanted)).toBe('updated');
    expect(engine.row!.outputs).toMatchObject({
      phase: 'running',
      version: '4.4.15',
      lastUpgrade: { outcome: 'completed' },
    });
    expect(host.rows()).toContain('resumed: evacuating');
    expect(isHeld(await desk.resource())).toBe(false);
    expect(await engine.up(wanted)).toBe('unchanged');
  });

  test('goes back when the old version is wanted again in the middle of an upgrade', async () => {
    await withCluster();
    const engine = new EngineModel(desk.host);
    await desk.connected;
    const old = desk.properties('4.4.14', { adopt: true });
    await engine.up(old);
    const { revision } = engine.row!.outputs;
    expect(await leftAtCtrlC(engine, desk.properties('4.4.15', { adopt: true }))).toBe('failed');
    // By the properties nothing has changed: it is the failure that makes the engine ask.
    expect(engine.row!.inputs).toMatchObject({ version: '4.4.14' });
    expect(await engine.up(old)).toBe('updated');
    expect(engine.row!.outputs).toMatchObject({
      phase: 'running',
      version: '4.4.14',
      lastUpgrade: { outcome: 'aborted' },
      revision,
    });
    const { moved, movedBack, evacuateMs } = engine.row!.outputs['lastUpgrade'] as Required<LastUpgrade>;
    for (const figure of [moved, movedBack, evacuateMs]) expect(figure).toBeGreaterThan(0);
    expect(versionOf(await desk.resource())).toBe('4.4.14');
    expect(await engine.up(old)).toBe('unchanged');
  });

  test('stops when the Pulumi engine is gone; the cluster can be removed then, and nothing is left held', async () => {
    await withCluster();
    const adopted = await desk.adopted();
    const held = new AbortController();
    const lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      namespace: 'default',
      name: 'emqx-ee-upgrade',
    };
    const update = failureOf(desk.host.update(ID, adopted, desk.properties('4.4.15')));
    await desk.host.said(({ text }) => text.startsWith('building the new nodes'));
    desk.host.loseEngine();
    for await (const { object } of desk.api.watch<Lease>(lease, {}, held.signal)) {
      if (!object.spec.holderIdentity) held.abort();
    }
    const { reasons, properties } = (await update) as PartialFailure;
    expect(reasons).toEqual([
      expect.stringMatching(/^the Pulumi engine is gone; in phase \w+: .*; `pulumi up` resumes$/),
    ]);

    const selector = async () => (await desk.found<Service>('v1', 'Service', 'emqx-ee-mqtt'))!.spec.selector;
    expect(await selector()).toHaveProperty('controller-revision-hash');
    await desk.host.delete(ID, properties);
    expect(await selector()).not.toHaveProperty('controller-revision-hash');
    expect(await desk.lease()).toBeUndefined();
    expect(await desk.found('v1', 'ConfigMap', 'emqx-ee-upgrade')).toBeUndefined();
    expect(await desk.pods()).toEqual([]);
  });

  test('leaves a cluster alone that somebody else upgrades', async () => {
    await withCluster();
    const adopted = await desk.adopted();
    await desk.takeLease('ada@ship 7', true);
    const before = await desk.resource();
    for (const attempt of [desk.host.update(ID, adopted, desk.properties('4.4.15')), desk.host.delete(ID, adopted)]) {
      const failure = await failureOf(attempt);
      expect(failure).not.toBeInstanceOf(PartialFailure);
      expect(failure.message).toMatch(/ada@ship 7 has been upgrading default\/emqx-ee since/);
    }
    expect((await desk.resource()).spec).toEqual(before.spec);
    expect((await desk.lease())?.spec.holderIdentity).toBe('ada@ship 7');
  });

  test('waits for the lease of a process that was killed, and goes on', async () => {
    await withCluster();
    const adopted = await desk.adopted();
    await desk.takeLease('ada@ship 7', false);
    const outputs = await desk.host.update(ID, adopted, desk.properties('4.4.15'));
    expect(outputs).toMatchObject({ version: '4.4.15', lastUpgrade: { outcome: 'completed' } });
    const waits = desk.host.rows().filter((text) => text.startsWith('waiting for the lease of ada@ship 7, free in '));
    expect(waits.length).toBeGreaterThan(10);
  });

  test('goes back by itself when its time is up, if it is told so', async () => {
    await withCluster();
    const adopted = await desk.adopted();
    const upgrade = { timeouts: { totalSeconds: 5 } };
    const stopped = (await failureOf(
      desk.host.update(ID, adopted, desk.properties('4.4.15', { upgrade })),
    )) as PartialFailure;
    expect(stopped.reasons[0]).toMatch(/^not finished within 5 s \(upgrade\.timeouts\.totalSeconds\); /);
    expect(stopped.properties).toMatchObject({ phase: 'upgrading' });
    const goingBack = { upgrade: { timeouts: { totalSeconds: 1 }, onFailure: 'abort' } };
    const failed = (await failureOf(
      desk.host.update(ID, stopped.properties, desk.properties('4.4.15', goingBack)),
    )) as PartialFailure;
    expect(failed.reasons[0]).toBe('the upgrade was aborted: the cluster runs 4.4.14 as before');
    expect(failed.properties).toMatchObject({ phase: 'running', version: '4.4.14' });
    const wanted = desk.properties('4.4.15', goingBack);
    expect(await desk.host.diff(ID, failed.properties, wanted)).toMatchObject({ changes: true });
  });

  test('changes the number of nodes without an upgrade', async () => {
    await withCluster();
    const adopted = await desk.adopted();
    const scaled = await desk.host.update(ID, adopted, desk.properties('4.4.14', { replicas: 4 }));
    expect(scaled).toMatchObject({ phase: 'running', replicas: 4, fromVersion: '' });
    expect(scaled['nodes']).toHaveLength(4);
    expect(scaled['revision']).toBe(adopted['revision']);
  });

  test('sees at a refresh what somebody else has changed', async () => {
    await withCluster();
    const adopted = await desk.adopted();
    const ref = { apiVersion: 'apps.emqx.io/v1beta4', kind: 'EmqxEnterprise', namespace: 'default', name: 'emqx-ee' };
    const body = { spec: { replicas: 2, blueGreenUpdate: { evacuationStrategy: { connEvictRate: 7 } } } };
    await desk.api.patch<KubeObject>(ref, { type: 'merge', body });
    const { outputs } = await desk.host.read(ID, adopted);
    expect(outputs).toMatchObject({
      replicas: 2,
      blueGreenUpdate: { evacuationStrategy: { connectionEvictionRate: 7 } },
      drift: [],
    });
    const wanted = desk.properties('4.4.14');
    expect(await desk.host.diff(ID, outputs, wanted)).toMatchObject({ changes: true });
    const healed = await desk.host.update(ID, outputs, wanted);
    expect(healed).toMatchObject({ phase: 'running', drift: [] });
    expect((await desk.resource()).spec).toMatchObject({
      replicas: 3,
      blueGreenUpdate: { evacuationStrategy: { connEvictRate: 20 } },
    });
  });

  test('describes a cluster it knows by its id alone', async () => {
    await withCluster();
    const way = { kubeconfig: desk.kubeconfig };
    const { id, inputs } = await desk.host.read(ID, way);
    const { __progressRow: _, ...described } = desk.properties('4.4.14', { replicas: 3 });
    expect(id).toBe(ID);
    expect(inputs).toMatchObject(described);
  });

  test('keeps secrets under their own properties, and shows them nowhere', async () => {
    const secrets = ['p4ssw0rd-of-redis', 'secret-of-a-key'] as const;
    const manifests = quickstart(20);
    const node = manifests.cluster.spec.template!.spec!.emqxContainer!;
    node.env = [{ name: 'EMQX_AUTH__REDIS__PASSWORD', value: secrets[0] }];
    node.bootstrapAPIKeys = [{ key: 'dashboards', secret: secrets[1] }];
    desk = await Desk.open({ manifests, clients: 150, seed: 5 });
    const text = readFileSync(desk.kubeconfig, 'utf8');
    const given = {
      kubeconfig: text,
      env: { EMQX_AUTH__REDIS__PASSWORD: { value: secrets[0] } },
      apiKeys: [{ key: 'dashboards', secret: secrets[1] }],
    };
    const adopted = await desk.adopted(given);
    const { properties, reasons } = await interrupted(adopted, desk.properties('4.4.15', given));
    const refreshed = await desk.host.read(ID, properties);
    const wrong = await desk.host.check(desk.properties('4.4.15', { ...given, env: secrets[0], apiKeys: secrets[1] }));

    const states = [adopted, properties, refreshed.outputs].map((state) => {
      expect(JSON.stringify(state).length).toBeLessThan(20_000);
      return Object.entries(state).filter(([name]) => !typeOf({}).secrets.includes(name));
    });
    const journal = await desk.found('v1', 'ConfigMap', 'emqx-ee-upgrade');
    const shown = JSON.stringify([states, reasons, journal, desk.host.lines, desk.host.printed, wrong.failures]);
    expect(shown).toContain('4.4.15');
    for (const secret of [...secrets, new URL(desk.server).pathname.slice(1), text.trim()]) {
      expect(secret.length).toBeGreaterThan(10);
      expect(shown).not.toContain(secret);
    }
  });
});
