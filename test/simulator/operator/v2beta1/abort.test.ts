import { OperatedEmqx } from './operated-emqx';

const OLD = 'emqx/emqx-enterprise:5.8.8';

function revert(cluster: OperatedEmqx): void {
  cluster.change((spec) => {
    spec.image = OLD;
    spec.coreTemplate!.spec!.replicas = cluster.options.cores ?? 3;
  });
}

/** One core more, so that the cluster is not Available until it is there. */
async function bump(cluster: OperatedEmqx): Promise<void> {
  cluster.change(({ coreTemplate }) => {
    coreTemplate!.spec!.replicas = (cluster.options.cores ?? 3) + 1;
  });
  await cluster.until('Available is gone', () => cluster.column() === 'CoreNodesProgressing', 5);
}

async function held(
  options: ConstructorParameters<typeof OperatedEmqx>[0],
  scenario: (cluster: OperatedEmqx) => Promise<void>,
) {
  const cluster = new OperatedEmqx(options);
  await cluster.run(async () => {
    await cluster.createAndSettle();
    await cluster.holdUpgrade();
    await scenario(cluster);
  });
}

const reasons = (cluster: OperatedEmqx) => cluster.status().conditions!.map(({ reason }) => reason);

describe('going back', () => {
  it.each([
    ['cores', {}],
    ['cores and replicants', { cores: 2, replicants: 2 }],
  ])('after a bump of the cores: %s revert to the sets they came from', async (_, options) => {
    await held(options, async (cluster) => {
      const [cores, replicants] = [cluster.blue(), cluster.options.replicants ? cluster.blue('replicant') : []];
      await bump(cluster);
      revert(cluster);
      await cluster.until('the cores are back', () => !cluster.isTwo(), 5);
      if (cluster.options.replicants) {
        await cluster.until(
          'the replicants are back',
          () => cluster.green('replicant').join() === replicants.join(),
          5,
        );
      } else expect(reasons(cluster)).toContain('RevertStatefulSet');
      expect(cluster.green()).toEqual(cores);
      await cluster.until('Available', () => cluster.column() === 'Available', 20);
      await cluster.sleep(30);
      // Too many nodes run to be Ready; the green set is nobody's any more.
      expect(cluster.column()).toBe('Available');
      expect(cluster.endpoints().length).toBeGreaterThan(cores.length);
    });
  });

  it('without a bump: a third set, and green stays where it is', async () => {
    await held({}, async (cluster) => {
      const [blue, green] = [cluster.blue(), cluster.green()];
      revert(cluster);
      await cluster.until('a third set', () => cluster.sets().length === 3, 10);
      expect(cluster.status().coreNodesStatus!.collisionCount).toBe(1);
      await cluster.until('Available', () => cluster.column() === 'Available', 30);
      expect(cluster.blue()).toEqual(blue);
      expect(cluster.gates(green)).toEqual(['True', 'True', 'True']);
      await cluster.until('blue is out', () => cluster.gates(blue).every((gate) => gate === 'False'), 5);
      // Both old sets drained into the third: the cluster is Ready on it.
      for (const pods of [blue, green]) cluster.emqx.evacuate(pods, cluster.green(), 300);
      await cluster.until('drained', () => cluster.emqx.drained([...blue, ...green]));
      for (const { metadata } of cluster.sets().slice(0, 2)) cluster.scale(metadata.name, 0);
      await cluster.until('Ready', () => cluster.column() === 'Ready' && !cluster.isTwo(), 20);
    });
  });

  it('before Available: at once; and Ready although the dead green set is still there, for ever', async () => {
    const cluster = new OperatedEmqx();
    await cluster.run(async () => {
      await cluster.createAndSettle();
      const blue = cluster.blue();
      cluster.hold('emqx/emqx-enterprise:broken');
      await cluster.until('green is there', () => cluster.isTwo() && cluster.green().length === 3);
      const green = cluster.nameOf('core', 'updateRevision');
      await cluster.sleep(30);
      expect(cluster.column()).toBe('CoreNodesProgressing');
      revert(cluster);
      await cluster.until('Ready', () => cluster.column() === 'Ready' && !cluster.isTwo(), 10);
      expect(cluster.green()).toEqual(blue);
      await cluster.sleep(120);
      expect(cluster.set(green).spec.replicas).toBe(3);
      expect(cluster.pods(green)).toHaveLength(3);
      expect(cluster.status().coreNodesStatus!.readyReplicas).toBe(3);
    });
  });

  it.each([
    ['with the green set deleted, goes the same way again', true],
    ['with it left over, ends in a third set although bumped', false],
  ])('a second time, %s', async (_, isDeleted) => {
    await held({}, async (cluster) => {
      const green = cluster.nameOf('core', 'updateRevision');
      await bump(cluster);
      revert(cluster);
      await cluster.until('back', () => !cluster.isTwo(), 5);
      cluster.scale(green, 0);
      await cluster.until('Ready', () => cluster.column() === 'Ready', 30);
      const ref = { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace: 'default', name: green };
      if (isDeleted) cluster.kubernetes.store.delete(ref);

      await cluster.holdUpgrade();
      expect(cluster.nameOf('core', 'updateRevision') === green).toBe(isDeleted);
      const blue = cluster.blue();
      await bump(cluster);
      revert(cluster);
      await cluster.sleep(10);
      if (isDeleted) expect(cluster.green()).toEqual(blue);
      else expect(cluster.sets()).toHaveLength(4);
    });
  });

  it('scales blue up again where some of it was gone, but not a set at 0: then it is a new upgrade', async () => {
    await held({}, async (cluster) => {
      const blue = cluster.nameOf('core', 'currentRevision');
      cluster.scale(blue, 1);
      await cluster.sleep(5);
      await bump(cluster);
      revert(cluster);
      await cluster.until('three again', () => cluster.pods(blue).length === 3, 10);
      expect(cluster.isTwo()).toBe(false);
    });
    await held({}, async (cluster) => {
      const blue = cluster.nameOf('core', 'currentRevision');
      cluster.scale(blue, 0);
      await cluster.until('Ready', () => cluster.column() === 'Ready' && !cluster.isTwo(), 20);
      revert(cluster);
      await cluster.until('a new upgrade', () => cluster.isTwo(), 10);
      expect(cluster.pods(blue)).toEqual([]);
      expect(cluster.sets()).toHaveLength(3);
    });
  });
});
