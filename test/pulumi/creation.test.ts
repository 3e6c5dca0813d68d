import type { KubeObject } from '../../src/kubernetes';
import { Desk, failureOf, ID } from './_desk';
import { EMQX, manifestsOf } from './_generations';
import { PartialFailure, type Properties } from './_host';

/** A creation, from its first write until Pulumi records it; in Pulumi's own host of dynamic providers, on the sandbox. */
describe('a creation', () => {
  let desk: Desk;
  beforeEach(async () => {
    desk = await Desk.open({ clients: 60, seed: 3 });
  });
  afterEach(() => desk.close());

  const exposed = { exposure: 'operator', service: { type: 'NodePort', mqtt: 32_010 } };
  const properties = (more: Properties = {}, version = '4.4.14') => desk.properties(version, { ...exposed, ...more });
  const cluster = () => desk.found('apps.emqx.io/v1beta4', 'EmqxEnterprise', 'emqx-ee');
  const waiting = () => desk.host.said(({ text }) => text.startsWith('waiting for the nodes'));

  test('ends when devices can connect: an upgrade right after it is not refused', async () => {
    const { host } = desk;
    const made = await host.create(properties());
    const { subsets } = (await desk.found<Endpoints>('v1', 'Endpoints', 'emqx-ee'))!;
    expect(subsets?.[0]?.addresses).toHaveLength(3);
    expect(host.rows().slice(-2)).toEqual([
      'waiting for a Service that routes devices to the nodes',
      'created: 4.4.14 runs on 3 nodes',
    ]);
    expect(await host.update(ID, made.outputs, properties({}, '4.4.15'))).toMatchObject({ version: '4.4.15' });
  });

  describe('that cannot succeed', () => {
    beforeEach(() => withoutPods(desk));
    const reason =
      /waiting for the nodes: 0 of 3 ready \(emqx-ee-\w+: .*exceeded quota: none, requested: pods=1, used: pods=0, limited: pods=0\)/;

    test('ends after ten minutes without progress, and says what it waited for and what to look at', async () => {
      const failure = (await failureOf(desk.host.create(properties()))) as PartialFailure;
      expect(failure.reasons.join('; ')).toMatch(reason);
      expect(failure.reasons.join('; ')).toMatch(/; no progress for 600 s\. `pulumi up` continues to wait$/);
      expect(failure.properties).toMatchObject({ phase: 'creating' });
    });

    test('ends at its limit, and says what it waited for', async () => {
      const upgrade = { timeouts: { totalSeconds: 30 } };
      const failure = (await failureOf(desk.host.create(properties({ upgrade })))) as PartialFailure;
      expect(failure.reasons.join('; ')).toMatch(/^not finished within 30 s \(upgrade\.timeouts\.totalSeconds\); /);
      expect(failure.reasons.join('; ')).toMatch(reason);
    });
  });

  test.each([
    ['the engine ends its providers at once', () => desk.host.signal('SIGINT')],
    ['the engine is killed', () => desk.host.loseEngine()],
  ])('that nobody records is undone: %s', async (_what, leave) => {
    const { host } = desk;
    await withoutPods(desk);
    const left = failureOf(host.create(properties({ persistence: { sizeGibibytes: 1 } })));
    await waiting();
    leave();
    await left;
    expect(await cluster()).toBeUndefined();
    expect(await desk.pods()).toEqual([]);
    const claims = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace: 'default' };
    expect((await desk.api.list(claims)).items).toEqual([]);
  });

  test('is recorded at SIGTERM, and the next update completes it', async () => {
    const left = failureOf(desk.host.create(properties()));
    await waiting();
    desk.host.signal('SIGTERM');
    const failure = (await left) as PartialFailure;
    expect(failure).toBeInstanceOf(PartialFailure);
    expect(failure.reasons[0]).toMatch(/^stopped by SIGTERM/);
    expect(await desk.host.update(ID, failure.properties, properties())).toMatchObject({ phase: 'running' });
    expect((await companion())?.data).not.toHaveProperty('creating');
  });

  test('whose provider was killed is resumed by the same resource, and by no other', async () => {
    const left = failureOf(desk.host.create(properties()));
    await waiting();
    desk.host.signal('SIGKILL');
    await left;
    expect(await cluster()).toBeDefined();
    const host = await desk.anotherHost();
    const another = properties({
      __progressRow: 'urn:pulumi:dev::emqx::pulumi-nodejs:dynamic/emqx:EmqxEnterprise::other',
    });
    expect((await failureOf(host.create(another))).message).toMatch(/already exists/);
    const made = await host.create(properties());
    expect(made.outputs).toMatchObject({ phase: 'running' });
    expect((await companion())?.data).toEqual({ owner: made.outputs['owner'] });
    // It is recorded now: a second creation is another resource's.
    expect((await failureOf(host.create(properties()))).message).toMatch(/already exists/);
  });

  const companion = () => desk.found<KubeObject & { data: object }>('v1', 'ConfigMap', 'emqx-ee-upgrade');
});

describe('a creation of an Emqx', () => {
  let desk: Desk;
  beforeEach(async () => {
    desk = await Desk.open({ clients: 60, seed: 3 }, EMQX);
  });
  afterEach(() => desk.close());

  test('ends when devices can connect through the Service of the operator, too; an upgrade right after it works', async () => {
    const exposed = { exposure: 'operator', service: { type: 'NodePort', mqtt: 32_010 } };
    const cores = { ...exposed, cores: { replicas: 3 }, replicants: null };
    const made = await desk.host.create(desk.properties('5.8.8', cores));
    expect(desk.host.rows().at(-1)).toBe('created: 5.8.8 runs on 3 nodes');
    const upgraded = await desk.host.update(desk.id, made.outputs, desk.properties('5.8.9', cores));
    expect(upgraded).toMatchObject({ phase: 'running', version: '5.8.9', lastUpgrade: { outcome: 'completed' } });
  });

  const properties = (more: Properties = {}) =>
    desk.properties('5.8.8', { cores: { replicas: 2, persistence: { sizeGibibytes: 1 } }, ...more });
  const waiting = () => desk.host.said(({ text }) => text.startsWith('waiting for the nodes'));

  test('that nobody records is undone: the engine is killed', async () => {
    await desk.api.create(manifestsOf(EMQX).objects[0]!);
    await withoutPods(desk);
    const left = failureOf(desk.host.create(properties()));
    await waiting();
    desk.host.loseEngine();
    await left;
    expect(await desk.existing()).toBeUndefined();
    expect(await desk.pods()).toEqual([]);
    const claims = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace: 'default' };
    expect((await desk.api.list(claims)).items).toEqual([]);
  });

  test('whose provider was killed is resumed by the same resource, and by no other', async () => {
    await desk.api.create(manifestsOf(EMQX).objects[0]!);
    const left = failureOf(desk.host.create(properties()));
    await waiting();
    desk.host.signal('SIGKILL');
    await left;
    const host = await desk.anotherHost();
    const another = properties({ __progressRow: 'urn:pulumi:dev::emqx::pulumi-nodejs:emqx:E5::other' });
    expect((await failureOf(host.create(another))).message).toMatch(/^the EMQX default\/emqx already exists/);
    const made = await host.create(properties());
    expect(made.outputs).toMatchObject({ phase: 'running' });
    const companion = await desk.found<KubeObject & { data: object }>('v1', 'ConfigMap', EMQX.companion);
    expect(companion?.data).toEqual({ owner: made.outputs['owner'] });
  });
});

/** From now on no pod is created. */
async function withoutPods(desk: Desk): Promise<void> {
  const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'none', namespace: 'default' } };
  await desk.api.create({ ...quota, spec: { hard: { pods: '0' } } } as KubeObject);
}

interface Endpoints extends KubeObject {
  subsets?: { addresses?: unknown[] }[];
}
