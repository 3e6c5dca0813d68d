import { EXIT } from '../src/cli/exit';
import { API_VERSION, asEnterprise, type EmqxEnterprise, isHeld, KIND } from '../src/resource';
import { BlockedError, type Phase, planUpgrade, runUpgrade, troublesOf, UpgradeError } from '../src/upgrade';
import { describeKube } from './_describe-kube';
import { expectMovedOnce } from './_moved-once';
import { Site } from './_site';
import { until } from './_until';
import { CLUSTER } from './_upgrade-cluster';

/** Somebody changes the custom resource. */
const edit = ({ world, namespace }: Site, spec: Record<string, unknown>) =>
  world.api.patch({ apiVersion: API_VERSION, kind: KIND, namespace, name: CLUSTER }, { type: 'merge', body: { spec } });

const versioned = (version: string) => ({ template: { spec: { emqxContainer: { image: { version } } } } });

/** An upgrade into which something happens as soon as it has come to a phase; rejects with what it stopped with. */
async function disturbed(site: Site, phase: Phase, disturb: () => Promise<unknown>): Promise<unknown> {
  const run = runUpgrade(await site.engine(), { desired: site.desired() }, site.patience).then(
    () => 'it ran to its end',
    (error: unknown) => error,
  );
  await Promise.race([site.reached(phase), run]);
  await disturb();
  return run;
}

/** What holds after a run has stopped: anybody may go on with it, and until then nobody is sent away. */
async function expectSafe(site: Site): Promise<void> {
  await site.look(async ({ cluster }) => {
    const { resource, lease, journal, sets } = await cluster.observe();
    expect(isHeld(resource)).toBe(true);
    expect(lease).toBeUndefined();
    expect(sets.find(({ name }) => name === journal?.from.set)?.replicas).toBe(3);
  });
  expect(site.fleet.disconnects).toBe(0);
}

// Those of docs/reliability.md for which a real API server is enough. They wait together: each in a namespace of its own.
describeKube('on a real API server, a hazard of the operator: ', () => {
  const changes: [string, (desired: EmqxEnterprise) => void][] = [
    [
      'metadata',
      ({ metadata }) => {
        metadata.labels = { ...metadata.labels, team: 'iot' };
      },
    ],
    [
      'metadata',
      ({ metadata }) => {
        metadata.annotations = { ...metadata.annotations, note: 'x' };
      },
    ],
    [
      'replicas',
      ({ spec }) => {
        spec.replicas = 2;
      },
    ],
    [
      'blue-green',
      ({ spec }) => {
        delete spec.blueGreenUpdate;
      },
    ],
  ];

  test.concurrent('what it cannot bear is refused beforehand, and nothing is written', () =>
    Site.with('hazards-refused', { clients: 30 }, async (site) => {
      const engine = await site.engine();
      const before = await engine.cluster.observe();
      for (const [id, change] of changes) {
        const desired = structuredClone(site.desired());
        change(desired);
        const error = await runUpgrade(engine, { desired }).catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(BlockedError);
        expect((error as BlockedError).blockers.map((check) => check.id)).toContain(id);
      }
      const after = await engine.cluster.observe();
      expect(after.resource.metadata.generation).toBe(before.resource.metadata.generation);
      expect([after.journal, after.lease]).toEqual([undefined, undefined]);
    }));

  test.concurrent.each<[string, string, Record<string, unknown>]>([
    ['template-changed', 'TEMPLATE_CHANGED', versioned('4.4.16')],
    ['template-set-back', 'TEMPLATE_CHANGED', versioned('4.4.14')],
    ['replicas', 'REPLICAS_CHANGED', { replicas: 2 }],
  ])('%s in the middle stops the run with %s, held', (name, code, spec) =>
    Site.with(`hazards-${name}`, { clients: 30 }, async (site) => {
      const error = await disturbed(site, 'switch', () => edit(site, spec));
      expect(error).toMatchObject({ name: UpgradeError.name, code });
      await expectSafe(site);
    }),
  );

  test.concurrent('blueGreenUpdate removed in the middle, while nobody looks, is held again, and the third set goes', () =>
    Site.with('hazards-strategy', { clients: 30 }, async (site) => {
      const upgrade = site.upgrade();
      await site.reached('switch');
      await upgrade.paused(async () => {
        await edit(site, { blueGreenUpdate: null });
        // The last thing that the operator does before it crashes.
        await site.look(({ cluster }) =>
          until('a third stateful set', async () => (await cluster.observe()).sets.length === 3),
        );
      });
      expect(await upgrade.ended).toEqual({
        code: EXIT.done,
        output: expect.stringMatching(
          /hold the operator again.* scale emqx-ee to 0\n.* 4\.4\.14 → 4\.4\.15, completed\n/s,
        ),
      });
      await expectMovedOnce(site);
    }));

  test.concurrent('an upgrade that somebody set back, and that never ends, is refused, and told by rescue', () =>
    Site.with('hazards-wedged', { clients: 30 }, async (site) => {
      await edit(site, { blueGreenUpdate: { initialDelaySeconds: 3_600 }, ...versioned('4.4.15') });
      const engine = await site.engine();
      await until('both sets to be there', async () => {
        const { resource } = await engine.cluster.observe();
        return asEnterprise(resource).status?.blueGreenUpdateStatus?.startedAt;
      });
      await edit(site, versioned('4.4.14'));
      const { checks } = await planUpgrade(engine, { desired: site.desired() });
      expect(checks.filter(({ status }) => status === 'blocker').map(({ id }) => id)).toContain('status');
      expect((await troublesOf(engine)).map(({ id }) => id)).toEqual(['template-set-back']);
      expect(site.fleet.disconnects).toBe(0);
    }));

  test.concurrent('a new pod that is recreated while it is held gets ready, and everybody is moved once', () =>
    Site.with('hazards-green-pod', { clients: 300 }, async (site) => {
      const outcome = await disturbed(site, 'switch', async () => {
        const green = site.world.nodes.find(({ node }) => node.version === '4.4.15')!;
        const { name } = green.pod.metadata;
        const ref = { apiVersion: 'v1', kind: 'Pod', namespace: site.namespace, name };
        await site.world.api.delete(ref, { gracePeriodSeconds: 0 });
      });
      expect(outcome).toBe('it ran to its end');
      await expectMovedOnce(site);
    }));
});
