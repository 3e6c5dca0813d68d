import { HOLD_DELAY_SECONDS } from '../../../../src/resource';
import { kinds } from '../../../../src/simulator/kubernetes/kinds';
import { OperatedCluster } from './operated-cluster';

const bluePods = (blue: string) => [0, 1, 2].map((ordinal) => `${blue}-${ordinal}`);

/** Everything an outside pilot does before the old set is retired. */
async function drainAll(cluster: OperatedCluster, set: string): Promise<void> {
  for (const pod of bluePods(set)) cluster.emqx.startEvacuation(pod, 34, 34);
  await cluster.until('all drained', () => bluePods(set).every((pod) => cluster.emqx.drained(pod)));
}

describe('the hold', () => {
  it('stands still for as long as it lasts, and a heartbeat gives one pass that does nothing but look', async () => {
    const cluster = new OperatedCluster();
    await cluster.run(async () => {
      const blue = await cluster.createAndSettle();
      const before = cluster.endpoints();
      const green = await cluster.holdUpgrade();
      await cluster.sleep(30); // a left-over 20 s poll may still come
      cluster.mark();
      await cluster.sleep(600);
      expect(cluster.passes()).toEqual([]);
      cluster.emqx.startEvacuation(`${blue}-1`, 10, 10);
      await cluster.sleep(20);
      await cluster.heartbeat();
      await cluster.sleep(60);
      expect(cluster.passes()).toHaveLength(1);
      const [evacuation] = cluster.status().blueGreenUpdateStatus!.evacuationsStatus!;
      expect(evacuation).toEqual({
        node: `ee@${blue}-1.ee-headless.default.svc.cluster.local`,
        state: 'evicting_conns',
        connection_eviction_rate: 10,
        session_eviction_rate: 10,
        stats: { initial_sessions: 100, initial_connected: 1000, current_sessions: 100, current_connected: 800 },
      });
      expect(cluster.emqx.starts).toEqual([]);
      expect(cluster.scalings).toEqual([]);
      expect(cluster.endpoints()).toEqual(before);
      expect([cluster.set(blue).spec.replicas, cluster.set(green).spec.replicas]).toEqual([3, 3]);
    });
  });

  it.each([11_000, 16_000, 22_000])('with a heartbeat each 5 s starts soon after a boot of %i ms', async (bootMs) => {
    const cluster = new OperatedCluster({ bootMs });
    await cluster.run(async () => {
      await cluster.createAndSettle();
      cluster.setVersion('4.4.15', HOLD_DELAY_SECONDS);
      let startedAt: number | undefined;
      while (startedAt === undefined && cluster.seconds() < 60) {
        await cluster.sleep(5);
        await cluster.heartbeat();
        if (cluster.status().blueGreenUpdateStatus?.startedAt) startedAt = cluster.seconds();
      }
      // Measured: 11.4 to 16.5 s for boots of 11 to 16 s.
      expect(startedAt).toBeGreaterThan(bootMs / 1000);
      expect(startedAt).toBeLessThan(bootMs / 1000 + 14);
    });
  });

  it('counts in 32 bits: the largest delay breaks when the start lies in the future', async () => {
    const cluster = new OperatedCluster();
    await cluster.run(async () => {
      const blue = await cluster.createAndSettle();
      await cluster.holdUpgrade();
      cluster.kubernetes.store.update(
        { apiVersion: 'apps.emqx.io/v1beta4', kind: 'EmqxEnterprise', namespace: 'default', name: 'ee' },
        (draft) => {
          const { blueGreenUpdateStatus } = (draft as unknown as { status: ReturnType<typeof cluster.status> }).status;
          blueGreenUpdateStatus!.startedAt = new Date(cluster.clock.now() + 5000).toISOString();
          return undefined;
        },
        { subresource: 'status' },
      );
      cluster.setDelay(HOLD_DELAY_SECONDS - 1);
      await cluster.sleep(1);
      expect(cluster.set(blue).spec.replicas).toBe(3);
      cluster.setDelay(2_147_483_647);
      await cluster.sleep(1);
      expect(cluster.set(blue).spec.replicas).toBe(2);
    });
  });

  it('ends well when the old set is scaled to 0 under it: one heartbeat later all is clean and stays so', async () => {
    const cluster = new OperatedCluster();
    await cluster.run(async () => {
      const blue = await cluster.createAndSettle();
      const green = await cluster.holdUpgrade();
      await drainAll(cluster, blue);
      cluster.scale(blue, 0);
      await cluster.until('blue pods gone', () => cluster.pods(blue).length === 0);
      await cluster.heartbeat();
      expect(cluster.status().blueGreenUpdateStatus).toBeUndefined();
      expect(cluster.status().conditions?.[0]).toMatchObject({ type: 'Running', status: 'True' });
      expect(cluster.status().currentStatefulSetVersion).toBe(cluster.set(green).status?.currentRevision);
      await cluster.until('Endpoints are green', () => cluster.endpoints().join() === bluePods(green).join(), 2);
      cluster.setDelay(5);
      await cluster.sleep(100);
      expect([cluster.set(blue).spec.replicas, cluster.set(green).spec.replicas]).toEqual([0, 3]);
      expect(cluster.emqx.starts).toEqual([]);
      expect(cluster.emqx.lost).toHaveLength(3);
      for (const { connections, sessions } of cluster.emqx.lost) expect(connections + sessions).toBe(0);
    });
  });

  it('costs a pod per pass when it is released before anything is drained, and stops when it is raised again', async () => {
    const cluster = new OperatedCluster();
    await cluster.run(async () => {
      const blue = await cluster.createAndSettle();
      await cluster.holdUpgrade();
      cluster.setDelay(0);
      await cluster.sleep(1);
      expect(cluster.set(blue).spec.replicas).toBe(2);
      cluster.setDelay(HOLD_DELAY_SECONDS);
      await cluster.sleep(200);
      expect(cluster.set(blue).spec.replicas).toBe(2);
    });
  });

  it('leaves a new pod that is deleted without its gate, until someone else sets it', async () => {
    const cluster = new OperatedCluster();
    await cluster.run(async () => {
      await cluster.createAndSettle();
      const green = await cluster.holdUpgrade();
      await cluster.sleep(30);
      const ref = { ...kinds.pod, namespace: 'default', name: `${green}-1` };
      cluster.kubernetes.store.delete(ref);
      await cluster.sleep(60);
      await cluster.heartbeat();
      await cluster.sleep(60);
      expect(cluster.set(green).status?.readyReplicas).toBe(2);
      await cluster.kubernetes.api.patch(
        ref,
        {
          type: 'apply',
          fieldManager: 'pilot',
          body: {
            ...kinds.pod,
            metadata: { name: ref.name },
            status: { conditions: [{ type: 'apps.emqx.io/on-serving', status: 'True' }] },
          } as never,
        },
        { subresource: 'status' },
      );
      await cluster.sleep(1);
      expect(cluster.set(green).status?.readyReplicas).toBe(3);
    });
  });

  it('survives a restart of the operator as it does a heartbeat', async () => {
    const cluster = new OperatedCluster();
    const second = new AbortController();
    await cluster.run(async () => {
      const blue = await cluster.createAndSettle();
      await cluster.holdUpgrade();
      await cluster.sleep(30);
      cluster.mark();
      const other = cluster.operator.run(second.signal);
      await cluster.sleep(100);
      expect(cluster.passes()).toHaveLength(1);
      expect(cluster.set(blue).spec.replicas).toBe(3);
      second.abort(new Error('done'));
      await other;
    });
  });

  it('kills the operator when the last old pods leave between its look and its step', async () => {
    const cluster = new OperatedCluster({ variant: 'as-designed', latencyMs: 30 });
    await cluster.run(async () => {
      const blue = await cluster.createAndSettle();
      await cluster.holdUpgrade();
      await drainAll(cluster, blue);
      const { store } = cluster.kubernetes;
      // In the middle of the pass: the status was written, and the sets have not been looked at yet.
      cluster.setDelay(0);
      const unsubscribe = store.subscribe(({ object }) => {
        if (object.kind !== 'EmqxEnterprise') return;
        unsubscribe();
        cluster.clock.schedule(5, () => cluster.scale(blue, 1));
      });
      await cluster.sleep(120);
      expect(cluster.operator.panics.map(({ message }) => message)).toEqual(['index out of range [0] with length 0']);
      await cluster.until('it ends well after the restart', () => cluster.set(blue).spec.replicas === 0);
    });
  });
});

describe('the abort in the safe order', () => {
  it.each(['nothing moved', 'half moved', 'all moved'] as const)('ends clean with %s', async (progress) => {
    const cluster = new OperatedCluster();
    await cluster.run(async () => {
      const blue = await cluster.createAndSettle();
      const green = await cluster.holdUpgrade();
      if (progress !== 'nothing moved') for (const pod of bluePods(blue)) cluster.emqx.startEvacuation(pod, 34, 34);
      if (progress === 'half moved') await cluster.sleep(15);
      if (progress === 'all moved') {
        await cluster.until('drained', () => bluePods(blue).every((pod) => cluster.emqx.drained(pod)));
      }
      // 1. revert under the hold
      cluster.setVersion('4.4.14');
      await cluster.sleep(1);
      expect(cluster.sets().map((set) => set.metadata.name)).toEqual([blue, green]);
      // 2. stop the evacuations, 3. evacuate green, 4. scale it to 0
      if (progress !== 'nothing moved') for (const pod of bluePods(blue)) cluster.emqx.stopEvacuation(pod);
      await drainAll(cluster, green);
      cluster.scale(green, 0);
      await cluster.until('green pods gone', () => cluster.pods(green).length === 0);
      // 5. heartbeat until clean, 6. release
      await cluster.heartbeat();
      expect(cluster.status().blueGreenUpdateStatus).toBeUndefined();
      expect(cluster.status().conditions?.[0]).toMatchObject({ type: 'Running', status: 'True' });
      cluster.setDelay(5);
      await cluster.sleep(120);
      expect([cluster.set(blue).spec.replicas, cluster.set(green).spec.replicas]).toEqual([3, 0]);
      expect(cluster.endpoints()).toEqual(bluePods(blue));
      expect(cluster.emqx.starts).toEqual([]);
      expect(cluster.operator.panics).toEqual([]);
      // The aborted template again: its name is taken.
      await cluster.holdUpgrade();
      expect(cluster.sets().map((set) => set.spec.replicas)).toEqual([3, 0, 3]);
    });
  });

  it('makes another new set when a pass comes between scaling and reverting', async () => {
    const cluster = new OperatedCluster();
    await cluster.run(async () => {
      await cluster.createAndSettle();
      const green = await cluster.holdUpgrade();
      cluster.scale(green, 0);
      await cluster.sleep(10);
      await cluster.heartbeat();
      expect(cluster.sets().map((set) => set.spec.replicas)).toEqual([3, 0, 3]);
    });
  });

  it('scales the new set up again when it was made smaller while the template still asks for it', async () => {
    const cluster = new OperatedCluster();
    await cluster.run(async () => {
      await cluster.createAndSettle();
      const green = await cluster.holdUpgrade();
      cluster.scale(green, 2);
      await cluster.sleep(5);
      await cluster.heartbeat();
      expect(cluster.set(green).spec.replicas).toBe(3);
    });
  });

  it('kills live pods, and never comes to an end, when the hold is released together with the revert', async () => {
    const cluster = new OperatedCluster();
    await cluster.run(async () => {
      const blue = await cluster.createAndSettle();
      await cluster.holdUpgrade();
      cluster.setVersion('4.4.14', 5);
      await cluster.sleep(300);
      expect(cluster.emqx.lost[0]).toEqual({ pod: `${blue}-2`, connections: 1000, sessions: 100 });
      await cluster.sleep(600);
      expect(cluster.sets().map((set) => set.spec.replicas)).not.toContain(0);
      expect(cluster.status().blueGreenUpdateStatus).toBeDefined();
    });
  });

  it('wedges for good as designed when the hold is released together with the revert', async () => {
    const cluster = new OperatedCluster({ variant: 'as-designed' });
    await cluster.run(async () => {
      await cluster.createAndSettle();
      await cluster.holdUpgrade();
      cluster.setVersion('4.4.14', 5);
      await cluster.sleep(900);
      expect(cluster.sets().map((set) => set.spec.replicas)).toEqual([3, 3]);
      expect(cluster.status().blueGreenUpdateStatus).toBeDefined();
    });
  });
});
