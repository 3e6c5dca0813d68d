import type { KubeObject } from '../../../src/kubernetes';
import { SimulatedOperator } from '../../../src/simulator/operator/simulated-operator';
import { Random } from '../../../src/simulator/random';
import { controlUpgrade, runUpgrade } from '../../../src/upgrade';
import { SEED } from '../_cluster-at-rest';
import {
  type At,
  applyVersion,
  asked,
  deletePod,
  disturbed,
  edit,
  holdUpgrade,
  losePod,
  nodesOf,
  onCluster,
  REQUEST,
  reaching,
  refused,
  scaleSet,
  setVersion,
  sizes,
  stopped,
  survived,
  until,
  view,
} from './_play';
import { hazardsOf } from './_table';

const hazard = hazardsOf('### While it is held');

const podOf = (at: At, version: string) => nodesOf(at, version)[0]!.pod.metadata.name;

/** Evacuates all nodes of the old set, as the engine would. */
async function drain(at: At): Promise<void> {
  const migrateTo = nodesOf(at, '4.4.15').map(({ node }) => node.name);
  const order = { connectionsPerSecond: 100, sessionsPerSecond: 100, waitTakeoverSeconds: 1, migrateTo };
  const old = nodesOf(at, '4.4.14');
  for (const { pod, node } of old) await at.context.emqx.startEvacuation(pod.metadata.name, node.name, order);
  await until(at, () => old.every(({ node }) => node.evacuation.state === 'prohibiting'));
}

/** Another process of the operator. */
function startOperator({ world }: At): AbortController {
  const life = new AbortController();
  const { api, clock, transport } = world;
  const operator = new SimulatedOperator({ api, clock, transport, random: new Random(SEED), namespace: 'default' });
  void operator.run(life.signal);
  return life;
}

const delays = ({ world }: At) =>
  world.kubernetes.store
    .all<KubeObject & { message: string }>({ apiVersion: 'v1', kind: 'Event' })
    .filter(({ message }) => message.startsWith('Delay '));

describe(`while the operator is held (seed ${SEED})`, () => {
  hazard('a new pod is recreated', {
    alone: () =>
      onCluster({}, async (at) => {
        const { green } = await holdUpgrade(at);
        await at.world.clock.sleep(30_000);
        await deletePod(at, podOf(at, '4.4.15'));
        await at.world.clock.sleep(600_000);
        const { sets } = await view(at);
        expect(sets.find(({ name }) => name === green)?.readyReplicas).toBe(2);
      }),
    withUs: () =>
      onCluster({}, async (at) => {
        await disturbed(at, ['switch', 0], () => deletePod(at, podOf(at, '4.4.15')));
        return survived(at);
      }),
  });

  hazard('an old pod is recreated', {
    alone: () =>
      onCluster({}, async (at) => {
        await holdUpgrade(at);
        await drain(at);
        await deletePod(at, podOf(at, '4.4.14'));
        await at.world.clock.sleep(60_000);
        expect(nodesOf(at, '4.4.14').map(({ node }) => node.evacuation.state)).toContain('disabled');
      }),
    withUs: () =>
      onCluster({}, async (at) => {
        let crashed = 0;
        await disturbed(at, ['evacuate', 2_500], async () => {
          crashed = await losePod(at, '4.4.14');
        });
        expect(at.events).toContainEqual(expect.objectContaining({ text: expect.stringMatching(/^evacuate /) }));
        return survived(at, { crashed });
      }),
  });

  hazard('old pods leave in the middle of a pass of an operator that is not held', {
    alone: () =>
      onCluster({ operator: 'as-designed' }, async (at) => {
        const { blue } = await holdUpgrade(at);
        await drain(at);
        const { store } = at.world.kubernetes;
        await edit(at, { blueGreenUpdate: { initialDelaySeconds: 0 } });
        const unsubscribe = store.subscribe(({ object }) => {
          if (object.kind !== 'EmqxEnterprise') return;
          unsubscribe();
          at.world.clock.schedule(5, () => void scaleSet(at, blue, 1));
        });
        await at.world.clock.sleep(120_000);
        expect(at.world.operator.panics[0]?.message).toMatch(/index out of range/);
      }),
    withUs: () =>
      onCluster({ operator: 'as-designed' }, async (at) => {
        await runUpgrade(at.context, REQUEST);
        expect(at.world.operator.panics).toEqual([]);
        return survived(at);
      }),
  });

  hazard('the operator restarts, or is unavailable', {
    alone: () =>
      onCluster({}, async (at) => {
        await holdUpgrade(at);
        await at.world.clock.sleep(60_000);
        const before = delays(at).length;
        startOperator(at);
        await at.world.clock.sleep(600_000);
        // No more than one look.
        expect(delays(at).length).toBe(before + 1);
        expect(await sizes(at)).toEqual([3, 3]);
      }),
    withUs: () =>
      onCluster({}, async (at) => {
        await disturbed(at, ['evacuate', 1_000], async () => {
          at.world.stop();
          await reaching(at, 'retire');
          await at.world.clock.sleep(60_000);
          startOperator(at);
        });
        return survived(at);
      }),
  });

  hazard('somebody else writes the resource', {
    alone: () =>
      onCluster({}, async (at) => {
        await holdUpgrade(at);
        await applyVersion(at, '4.4.15');
        await at.world.clock.sleep(60_000);
        expect((await at.seen()).sessionsLost).toBeGreaterThan(0);
      }),
    withUs: async () => {
      const released = await onCluster({}, async (at) => {
        await disturbed(at, ['green', 4_000], () => applyVersion(at, '4.4.15'));
        return survived(at);
      });
      const changed = await onCluster({}, async (at) => {
        const outcome = await stopped(
          at,
          disturbed(at, ['green', 4_000], () => applyVersion(at, '4.4.14')),
        );
        await setVersion(at, '4.4.15');
        await runUpgrade(at.context, REQUEST);
        expect(await survived(at)).toBe('survived');
        return outcome;
      });
      return `${released}; ${changed}`;
    },
  });

  hazard('replicas are raised', {
    alone: () =>
      onCluster({}, async (at) => {
        const { green } = await holdUpgrade(at);
        await edit(at, { replicas: 4 });
        await at.world.clock.sleep(600_000);
        // It is for the new nodes alone, and nobody opens the gate of the fourth.
        expect(await sizes(at)).toEqual([3, 4]);
        expect((await view(at)).sets.find(({ name }) => name === green)?.readyReplicas).toBe(3);
      }),
    withUs: () =>
      onCluster({}, async (at) => {
        const outcome = await stopped(
          at,
          disturbed(at, ['evacuate', 1_000], () => edit(at, { replicas: 4 })),
        );
        await edit(at, { replicas: 3 });
        await runUpgrade(at.context, REQUEST);
        return `${outcome}; ${await survived(at, { crashed: 300 })}`;
      }),
  });

  /** `kubectl rollout restart` of every set. */
  const restartSets = async (at: At) => {
    const annotations = { 'kubectl.kubernetes.io/restartedAt': '2026-01-01T00:00:00Z' };
    for (const { name } of (await view(at)).sets) {
      const ref = { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace: 'default', name };
      await at.world.api.patch(ref, { type: 'merge', body: { spec: { template: { metadata: { annotations } } } } });
    }
  };
  /** For how long the Service led to nobody, ms, looked at each 100 ms. */
  const abandoned = (at: At) => {
    let ms = 0;
    const look = () => {
      if (at.world.front('default', 'emqx-ee-mqtt').endpoints.length === 0) ms += 100;
      at.world.clock.schedule(100, look);
    };
    look();
    return () => ms;
  };

  hazard('both sets are restarted (`kubectl rollout restart`)', {
    alone: () =>
      onCluster({}, async (at) => {
        const { green } = await holdUpgrade(at);
        await restartSets(at);
        await at.world.clock.sleep(300_000);
        expect((await view(at)).sets.find(({ name }) => name === green)?.readyReplicas).toBe(2);
      }),
    withUs: async () => {
      for (const moment of [
        ['green', 2_000],
        ['evacuate', 1_500],
      ] as const) {
        await onCluster({}, async (at) => {
          const abandonedMs = abandoned(at);
          const upgrade = await disturbed(at, [...moment], () => restartSets(at));
          expect(upgrade.outcome).toBe('completed');
          expect(abandonedMs()).toBeLessThanOrEqual(300);
          // Each of them cuts off whoever is on a pod of the old set, of the new set, and on one that is restarted next.
          await survived(at, { crashed: 330, disconnects: 3 });
        });
      }
      return 'survived';
    },
  });

  hazard('it is held for long', {
    alone: () =>
      onCluster({ service: 'emqx-ee' }, async (at) => {
        await holdUpgrade(at);
        const { traffic } = await view(at);
        await at.world.clock.sleep(2 * 3_600_000);
        // Only the old pods, whatever there is.
        expect((await view(at)).traffic).toEqual(traffic);
        expect(traffic[0]!.pods).toHaveLength(3);
      }),
    withUs: async () => {
      const before = await onCluster({ service: 'emqx-ee' }, async (at) => {
        await holdUpgrade(at);
        // Sessions of devices that are away end after two hours.
        await at.world.clock.sleep(3_600_000);
        await runUpgrade(at.context, REQUEST);
        return survived(at);
      });
      const meanwhile = await onCluster({ service: 'emqx-ee' }, async (at) => {
        await disturbed(at, ['evacuate', 1_000], async () => {
          await controlUpgrade({ ...at.context, holder: 'other' }, { do: 'pause' });
          await at.world.clock.sleep(20 * 60_000);
          await controlUpgrade({ ...at.context, holder: 'other' }, { do: 'resume' });
        });
        return survived(at);
      });
      expect(meanwhile).toBe(before);
      return meanwhile;
    },
  });

  hazard('the process that drives the upgrade dies', {
    alone: () =>
      onCluster({}, async (at) => {
        await holdUpgrade(at);
        await at.world.clock.sleep(3_600_000);
        expect(await sizes(at)).toEqual([3, 3]);
        expect(at.ledger.report().disconnects).toBe(0);
      }),
    withUs: () =>
      onCluster({}, async (at) => {
        const life = new AbortController();
        const run = runUpgrade(at.context, REQUEST, life.signal);
        const left = run.catch((error: { code: string }) => error.code);
        await reaching(at, 'evacuate');
        await at.world.clock.sleep(1_000);
        life.abort(new Error('killed'));
        expect(await left).toBe('DETACHED');
        await at.world.clock.sleep(3_600_000);
        await runUpgrade({ ...at.context, holder: 'other' }, REQUEST);
        return survived(at);
      }),
  });

  hazard('each reconciliation costs an event', {
    alone: () =>
      onCluster({}, async (at) => {
        await holdUpgrade(at);
        await at.world.clock.sleep(60_000);
        const before = delays(at).length;
        for (let beat = 1; beat <= 10; beat++) {
          await edit(at, { blueGreenUpdate: { initialDelaySeconds: 1_999_999_999 - beat } });
          await at.world.clock.sleep(1_000);
        }
        expect(delays(at).length).toBe(before + 10);
      }),
    withUs: () =>
      onCluster({}, async (at) => {
        const { durationMs } = await runUpgrade(at.context, REQUEST);
        expect(delays(at).length).toBeLessThanOrEqual(durationMs / 5_000 + 1);
        return survived(at);
      }),
  });

  hazard('a node hangs on a request of the operator, which waits forever', {
    alone: () => {
      const emqx = asked(() => 'hangs');
      return onCluster({ operatorTransport: emqx.transport }, async (at) => {
        emqx.interfere = true;
        await at.world.clock.sleep(30_000);
        await applyVersion(at, '4.4.15');
        await at.world.clock.sleep(600_000);
        expect(await sizes(at)).toEqual([3]);
      });
    },
    withUs: async () => {
      const hanging = asked(() => 'hangs');
      const before = await onCluster({ operatorTransport: hanging.transport }, async (at) => {
        hanging.interfere = true;
        await at.world.clock.sleep(90_000);
        return refused(at);
      });
      const emqx = asked(() => 'hangs');
      const meanwhile = await onCluster({ operatorTransport: emqx.transport }, async (at) => {
        const run = disturbed(at, ['evacuate', 0], () => {
          emqx.interfere = true;
        });
        const outcome = await stopped(at, run);
        emqx.interfere = false;
        at.world.stop();
        startOperator(at);
        await runUpgrade(at.context, REQUEST);
        return `${outcome}; ${await survived(at)}`;
      });
      return `${before}; ${meanwhile}`;
    },
  });
});
