import type { KubeObject } from '../../../src/kubernetes';
import { runUpgrade } from '../../../src/upgrade';
import { cluster, SEED } from '../_cluster-at-rest';
import {
  AS_DESIGNED,
  applyVersion,
  asked,
  crash,
  deletePod,
  disturbed,
  losePod,
  nodesOf,
  onCluster,
  operatorStatus,
  REQUEST,
  refused,
  sizes,
  stopped,
  survived,
  until,
  view,
} from './_play';
import { hazardsOf } from './_table';

const hazard = hazardsOf('### When nodes or their answers are not as they should be');

describe(`when nodes or their answers are not as they should be (seed ${SEED})`, () => {
  const eleven = (version: string) =>
    cluster(version, ({ spec }) => {
      spec.replicas = 11;
    });

  hazard('there are more than ten nodes', {
    alone: () =>
      onCluster({ ...AS_DESIGNED, resource: eleven('4.4.14') }, async (at) => {
        const doomed = nodesOf(at, '4.4.14').find(({ pod }) => pod.metadata.name.endsWith('-10'))!;
        const { channels } = doomed.node.sessions;
        await at.world.apply([eleven('4.4.15') as KubeObject]);
        await until(at, () => !at.world.pods.running.includes(doomed));
        expect(channels).toBeGreaterThan(0);
        expect(at.ledger.report().disconnectsByCause.shutdown).toBeGreaterThan(0);
      }),
    withUs: () =>
      onCluster({ resource: eleven('4.4.14') }, async (at) => {
        const request = { desired: eleven('4.4.15') };
        const alone = await refused(at, { ...request, driver: 'operator', acceptLoss: true });
        await runUpgrade(at.context, request);
        return `${alone}; ${await survived(at)}`;
      }),
  });

  hazard('the operator cannot read the evacuations when its delay ends', {
    alone: () => {
      const emqx = asked((path) => path.endsWith('global_status') && { status: 404, body: '{}' });
      return onCluster({ operatorTransport: emqx.transport }, async (at) => {
        await applyVersion(at, '4.4.15');
        await until(at, async () => (await operatorStatus(at))?.startedAt !== undefined);
        emqx.interfere = true;
        await until(at, async () => (await sizes(at)).join() === '0,3');
        expect((await at.seen()).sessionsLost).toBeGreaterThan(0);
      });
    },
    withUs: () => {
      const emqx = asked((path) => path.endsWith('global_status') && { status: 404, body: '{}' });
      return onCluster({ operatorTransport: emqx.transport }, async (at) => {
        await disturbed(at, ['switch', 0], () => {
          emqx.interfere = true;
        });
        return survived(at);
      });
    },
  });

  const lingering = (version: string) =>
    cluster(version, ({ spec }) => {
      spec.template!.spec!.emqxContainer!.lifecycle = { preStop: { exec: { command: ['sleep', '25'] } } };
    });

  hazard('old pods take long to stop', {
    alone: () =>
      onCluster({ ...AS_DESIGNED, resource: lingering('4.4.14') }, async (at) => {
        const starts = new Set<string>();
        await at.world.apply([lingering('4.4.15') as KubeObject]);
        await until(at, async () => {
          const { startedAt } = (await operatorStatus(at)) ?? {};
          if (startedAt) starts.add(startedAt);
          return (await sizes(at)).join() === '0,3';
        });
        // The delay starts over with each pod that stops.
        expect(starts.size).toBeGreaterThan(1);
      }),
    withUs: () =>
      onCluster({ resource: lingering('4.4.14') }, async (at) => {
        await runUpgrade(at.context, { desired: lingering('4.4.15') });
        return survived(at);
      }),
  });

  hazard('an old node crashes in the middle of its evacuation', {
    withUs: async () => {
      const inPlace = await onCluster({}, async (at) => {
        let crashed = 0;
        await disturbed(at, ['evacuate', 1_500], () => {
          crashed = crash(at, nodesOf(at, '4.4.14')[0]!);
        });
        return survived(at, { crashed });
      });
      const fresh = await onCluster({}, async (at) => {
        let crashed = 0;
        await disturbed(at, ['evacuate', 1_500], async () => {
          crashed = await losePod(at, '4.4.14');
        });
        return survived(at, { crashed });
      });
      expect(fresh).toBe(inPlace);
      return fresh;
    },
  });

  hazard('a new pod is not ready any more in the middle of an evacuation', {
    alone: () =>
      onCluster(AS_DESIGNED, async (at) => {
        await applyVersion(at, '4.4.15');
        const evicting = () =>
          nodesOf(at, '4.4.14').find(({ node }) => node.evacuation.state === 'evicting_conns')?.node;
        await until(at, () => evicting() !== undefined);
        await deletePod(at, nodesOf(at, '4.4.15')[0]!.pod.metadata.name);
        const before = evicting()!.sessions.live.size;
        await at.world.clock.sleep(1_500);
        // The evacuation goes on, although there are fewer to take the devices.
        expect((await view(at)).sets.map(({ readyReplicas }) => readyReplicas)).toContain(2);
        expect(evicting()?.sessions.live.size ?? 0).toBeLessThan(before);
      }),
    withUs: () =>
      onCluster({}, async (at) => {
        let crashed = 0;
        await disturbed(at, ['evacuate', 1_500], async () => {
          crashed = await losePod(at, '4.4.15');
        });
        return survived(at, { crashed });
      }),
  });

  const told = (...evacuations: object[]) =>
    asked((path) => path.endsWith('global_status') && { body: JSON.stringify({ evacuations, rebalances: [] }) });
  const stats = { current_connected: 0, current_sessions: 0 };
  const unexpected = [
    { node: 'emqx-ee@x', state: 'evicting_conns' },
    { node: 'emqx-ee', state: 'prohibiting', stats },
  ];

  hazard('a node reports an evacuation without its figures, or without a host', {
    alone: async () => {
      for (const evacuation of unexpected) {
        const emqx = told(evacuation);
        await onCluster({ ...AS_DESIGNED, operatorTransport: emqx.transport }, async (at) => {
          emqx.interfere = true;
          await applyVersion(at, '4.4.15');
          await until(at, () => at.world.operator.panics.length > 1);
        });
      }
    },
    withUs: () => {
      const emqx = told(...unexpected);
      return onCluster({ operatorTransport: emqx.transport }, async (at) => {
        emqx.interfere = true;
        await runUpgrade(at.context, REQUEST);
        expect(at.world.operator.panics).toEqual([]);
        return survived(at);
      });
    },
  });

  const unavailable = () =>
    asked((path, pod) => path.endsWith('availability_check') && pod.endsWith('-1') && 'refuses');

  hazard('one pod cannot be asked whether it is available', {
    alone: () => {
      const emqx = unavailable();
      return onCluster({ operatorTransport: emqx.transport }, async (at) => {
        emqx.interfere = true;
        await applyVersion(at, '4.4.15');
        await at.world.clock.sleep(600_000);
        // Pods behind it in the list never get their gate.
        const { pods } = await view(at);
        expect(pods.filter(({ onServing }) => onServing).length).toBeLessThan(pods.length);
        expect(await operatorStatus(at)).toBeUndefined();
      });
    },
    withUs: () => {
      const emqx = unavailable();
      return onCluster({ operatorTransport: emqx.transport }, async (at) => {
        emqx.interfere = true;
        const outcome = await stopped(at, runUpgrade(at.context, { ...REQUEST, limits: { readyMs: 60_000 } }));
        emqx.interfere = false;
        await runUpgrade(at.context, REQUEST);
        return `${outcome}; ${await survived(at)}`;
      });
    },
  });
});
