import { TransportError } from '../../../../src/emqx/transport';
import { HOLD_DELAY_SECONDS, ON_SERVING_GATE } from '../../../../src/resource';
import type { Pod } from '../../../../src/simulator/kubernetes/core-types';
import { kinds } from '../../../../src/simulator/kubernetes/kinds';
import { OperatedEmqx } from './operated-emqx';

/** A cluster that is held in the middle of an upgrade, green nodes serving. */
async function held(scenario: (cluster: OperatedEmqx) => Promise<void>, options = {}): Promise<void> {
  const cluster = new OperatedEmqx(options);
  await cluster.run(async () => {
    await cluster.createAndSettle();
    await cluster.holdUpgrade();
    await scenario(cluster);
  });
}

function setGate(cluster: OperatedEmqx, name: string, status: 'True' | 'False'): void {
  cluster.kubernetes.store.update<Pod>(
    { ...kinds.pod, namespace: 'default', name },
    (draft) => {
      for (const each of draft.status!.conditions!) if (each.type === ON_SERVING_GATE) each.status = status;
      return undefined;
    },
    { subresource: 'status' },
  );
}

function failing(): never {
  throw new TransportError('refused', 'connect ECONNREFUSED');
}

describe('a held upgrade', () => {
  it.each([
    ['cores', {}],
    ['cores and replicants', { cores: 2, replicants: 3 }],
  ])('of %s: nothing is evacuated and nothing removed, however long it takes', async (_, options) => {
    await held(async (cluster) => {
      const sizes = cluster.sizes();
      await cluster.sleep(300);
      expect(cluster.emqx.starts).toEqual([]);
      expect(cluster.sizes()).toEqual(sizes);
      expect(cluster.column()).toBe('Available');
      expect(cluster.emqx.lost).toEqual([]);
    }, options);
  });

  it('lets the Service lead to both sets, and to green alone a pass after Available', async () => {
    const cluster = new OperatedEmqx();
    await cluster.run(async () => {
      await cluster.createAndSettle();
      cluster.hold();
      const both = await cluster.until('both', () => cluster.endpoints().length === 6);
      const available = await cluster.until('Available', () => cluster.isTwo() && cluster.column() === 'Available');
      const green = await cluster.until('green only', () => cluster.endpoints().every((pod) => cluster.isGreen(pod)));
      expect(both).toBeLessThan(available);
      // Measured: 1.2 to 2.3 s.
      expect(green - available).toBeGreaterThan(0.9);
      expect(green - available).toBeLessThan(2.3);
      expect(cluster.gates(cluster.blue())).toEqual(['False', 'False', 'False']);
    });
  });

  it('keeps status and gates current: evacuations are seen, a deleted green pod comes back', async () => {
    await held(async (cluster) => {
      cluster.emqx.evacuate(cluster.blue(), cluster.green());
      await cluster.sleep(1.5);
      expect(cluster.status().nodeEvacuationsStatus).toHaveLength(3);
      expect(cluster.status().nodeEvacuationsStatus![0]).toMatchObject({ state: 'evicting_conns' });
      const [pod] = cluster.green();
      cluster.kubernetes.store.delete({ ...kinds.pod, namespace: 'default', name: pod! });
      await cluster.until('two serve', () => cluster.endpoints().length === 2, 10);
      await cluster.until('three serve', () => cluster.endpoints().length === 3, 20);
      expect(cluster.column()).toBe('Available');
    });
  });

  it('changes of status where nothing changes are no changes', async () => {
    await held(async (cluster) => {
      const { resourceVersion } = cluster.resource().metadata;
      await cluster.sleep(30);
      expect(cluster.resource().metadata.resourceVersion).toBe(resourceVersion);
    });
  });

  it('loses all endpoints when the nodes cannot be read, and gets them back', async () => {
    await held(async (cluster) => {
      cluster.emqx.overrides.set('nodes', failing);
      await cluster.until('none', () => cluster.endpoints().length === 0, 3);
      expect(cluster.status().coreNodes).toBeUndefined();
      await cluster.sleep(3);
      cluster.emqx.overrides.delete('nodes');
      expect(await cluster.until('all', () => cluster.endpoints().length === 3, 3)).toBeGreaterThan(0);
      expect(cluster.column()).toBe('Available');
    });
  });

  it('writes the gates of pods it does not judge as it read them: a change of someone else in between is lost', async () => {
    await held(async (cluster) => {
      const [pod] = cluster.green();
      cluster.change((spec) => {
        spec.image = 'emqx/emqx-enterprise:5.8.10';
      });
      await cluster.until(
        'a third set is Available',
        () => cluster.sets().length === 3 && cluster.column() === 'Available',
      );
      const kept = new Set<string | undefined>();
      for (let attempt = 0; attempt < 40; attempt++) {
        setGate(cluster, pod!, 'False');
        // Passes and attempts drift against each other.
        await cluster.sleep(1.3);
        kept.add(cluster.gates([pod!])[0]);
        setGate(cluster, pod!, 'True');
        await cluster.sleep(1.33);
      }
      expect(kept).toEqual(new Set(['True', 'False']));
    });
  });

  it('is released by any lower delay in the next pass, and held again by a clock that is behind', async () => {
    await held(async (cluster) => {
      await cluster.sleep(60);
      cluster.change(({ updateStrategy }) => {
        updateStrategy!.initialDelaySeconds = 61;
      });
      await cluster.until('released', () => cluster.emqx.starts.length > 0, 10);
    });
    await held(async (cluster) => {
      cluster.kubernetes.store.update(
        cluster.ref,
        (draft) => {
          const { conditions = [] } = (draft as ReturnType<OperatedEmqx['resource']>).status!;
          for (const each of conditions) each.lastTransitionTime = '2027-01-01T00:00:00Z';
          return undefined;
        },
        { subresource: 'status' },
      );
      cluster.change(({ updateStrategy }) => {
        updateStrategy!.initialDelaySeconds = 0;
      });
      await cluster.sleep(60);
      expect(cluster.emqx.starts).toEqual([]);
    });
  });

  it('goes on natively when it is released half evacuated, and loses nobody', async () => {
    await held(async (cluster) => {
      cluster.emqx.evacuate(cluster.blue(), cluster.green());
      await cluster.sleep(4);
      cluster.change(({ updateStrategy }) => {
        updateStrategy!.initialDelaySeconds = 0;
      });
      await cluster.until('Ready', () => cluster.column() === 'Ready' && !cluster.isTwo());
      expect(cluster.emqx.lost.map(({ connections }) => connections)).toEqual([0, 0, 0]);
      // Started by someone else: the operator's starts are answered with 400, and tolerated.
      expect(cluster.operator.lastFailure).toBeUndefined();
    });
  });

  it('survives the death of the operator: its state is all in the resource', async () => {
    await held(async (cluster) => {
      const [sizes, status] = [cluster.sizes(), cluster.status()];
      await cluster.restart();
      await cluster.sleep(20);
      expect(cluster.sizes()).toEqual(sizes);
      expect(cluster.status()).toEqual(status);
      expect(cluster.emqx.starts).toEqual([]);
      expect(cluster.endpoints()).toHaveLength(3);
    });
  });

  it('is still held when it is Ready: the next upgrade is held from its start', async () => {
    await held(async (cluster) => {
      const blue = cluster.nameOf('core', 'currentRevision');
      cluster.emqx.evacuate(cluster.blue(), cluster.green(), 300);
      await cluster.until('drained', () => cluster.emqx.drained(cluster.blue()));
      cluster.scale(blue, 0);
      await cluster.until('Ready', () => cluster.column() === 'Ready' && !cluster.isTwo(), 10);
      expect(cluster.resource().spec.updateStrategy!.initialDelaySeconds).toBe(HOLD_DELAY_SECONDS);
      cluster.change((spec) => {
        spec.image = 'emqx/emqx-enterprise:5.8.10';
      });
      await cluster.until('Available', () => cluster.isTwo() && cluster.column() === 'Available');
      await cluster.sleep(120);
      expect(cluster.emqx.starts).toEqual([]);
    });
  });
});
