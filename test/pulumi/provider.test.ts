import type { KubeObject } from '../../src/kubernetes';
import { Desk, failureOf, type Lease } from './_desk';
import { ENTERPRISE, GENERATIONS, manifestsOf } from './_generations';
import { PartialFailure } from './_host';

interface Service extends KubeObject {
  spec: { selector: Record<string, string> };
}

/** What ends an upgrade from outside; in Pulumi's own host of dynamic providers, over gRPC, on the sandbox. */
describe('the provider', () => {
  let desk: Desk;
  afterEach(() => desk.close());

  const withCluster = async (generation = ENTERPRISE) => {
    desk = await Desk.open({ manifests: manifestsOf(generation), clients: 150, seed: 5 }, generation);
  };

  test.each(GENERATIONS)(
    'stops when the Pulumi engine is gone; the %s can be removed then, and nothing is left held',
    async (_kind, generation) => {
      await withCluster(generation);
      const { companion, name, versions, revisionLabel: label } = generation;
      const adopted = await desk.adopted();
      const held = new AbortController();
      const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace: 'default', name: companion };
      const update = failureOf(desk.host.update(desk.id, adopted, desk.properties(versions[1])));
      await desk.host.said(({ text }) => text.startsWith('evacuating'));
      desk.host.loseEngine();
      for await (const { object } of desk.api.watch<Lease>(lease, {}, held.signal)) {
        if (!object.spec.holderIdentity) held.abort();
      }
      const { reasons, properties } = (await update) as PartialFailure;
      expect(reasons).toEqual([
        expect.stringMatching(/^the Pulumi engine is gone; in phase \w+: .*; `pulumi up` resumes$/),
      ]);

      const selector = async () => (await desk.found<Service>('v1', 'Service', `${name}-mqtt`))!.spec.selector;
      expect(Object.keys(await selector())).toContain(label);
      // Once it is idle the host ends as its engine did: what comes next starts another.
      await desk.host.end();
      const next = await desk.anotherHost();
      await next.delete(desk.id, properties);
      expect(Object.keys(await selector())).not.toContain(label);
      expect(await desk.lease()).toBeUndefined();
      expect(await desk.found('v1', 'ConfigMap', companion)).toBeUndefined();
      expect(await desk.pods()).toEqual([]);
    },
  );

  test('leaves a cluster alone that somebody else upgrades', async () => {
    await withCluster();
    const adopted = await desk.adopted();
    await desk.takeLease('ada@ship 7', true);
    const before = await desk.resource();
    for (const attempt of [
      desk.host.update(desk.id, adopted, desk.properties('4.4.15')),
      desk.host.delete(desk.id, adopted),
    ]) {
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
    const outputs = await desk.host.update(desk.id, adopted, desk.properties('4.4.15'));
    const gates = { connections: 'passed', subscriptions: 'passed', mqtt31: 'passed' };
    expect(outputs).toMatchObject({ version: '4.4.15', lastUpgrade: { outcome: 'completed', gates } });
    const waits = desk.host.rows().filter((text) => text.startsWith('waiting for the lease of ada@ship 7, free in '));
    expect(waits.length).toBeGreaterThan(10);
  });

  test('goes back by itself when its time is up, if it is told so', async () => {
    await withCluster();
    const adopted = await desk.adopted();
    const upgrade = { timeouts: { totalSeconds: 5 } };
    const stopped = (await failureOf(
      desk.host.update(desk.id, adopted, desk.properties('4.4.15', { upgrade })),
    )) as PartialFailure;
    expect(stopped.reasons[0]).toMatch(/^not finished within 5 s \(upgrade\.timeouts\.totalSeconds\); /);
    expect(stopped.properties).toMatchObject({ phase: 'upgrading' });
    const goingBack = { upgrade: { timeouts: { totalSeconds: 1 }, onFailure: 'abort' } };
    const failed = (await failureOf(
      desk.host.update(desk.id, stopped.properties, desk.properties('4.4.15', goingBack)),
    )) as PartialFailure;
    expect(failed.reasons[0]).toBe('the upgrade was aborted: the cluster runs 4.4.14 as before');
    expect(failed.properties).toMatchObject({ phase: 'running', version: '4.4.14' });
    const wanted = desk.properties('4.4.15', goingBack);
    expect(await desk.host.diff(desk.id, failed.properties, wanted)).toMatchObject({ changes: true });
  });
});
