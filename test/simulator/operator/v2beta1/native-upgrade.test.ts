import { OperatedEmqx } from './operated-emqx';

const image = 'emqx/emqx-enterprise:5.8.9';

function upgrade(cluster: OperatedEmqx): void {
  cluster.change((spec) => {
    spec.image = image;
  });
}

const done = (cluster: OperatedEmqx) => () => cluster.column() === 'Ready' && !cluster.isTwo();

describe('the native upgrade', () => {
  it('evacuates one node at a time, waits 60 s for its health each time, and cuts nobody', async () => {
    const cluster = new OperatedEmqx();
    await cluster.run(async () => {
      await cluster.createAndSettle();
      const blue = cluster.blue();
      upgrade(cluster);
      await cluster.until('two', () => cluster.isTwo());
      const green = cluster.green();
      const seconds = await cluster.until('Ready', done(cluster));
      expect(seconds).toBeGreaterThan(3 * 60);
      expect(seconds).toBeLessThan(3 * 75);
      expect(cluster.emqx.starts.map(({ node }) => node.split('.')[0])).toEqual(
        [2, 1, 0].map((ordinal) => `emqx@${blue[ordinal]}`),
      );
      for (const { body } of cluster.emqx.starts) {
        expect(body).toEqual({
          conn_evict_rate: 100,
          sess_evict_rate: 100,
          wait_takeover: 3,
          migrate_to: expect.arrayContaining(green.map((pod) => expect.stringContaining(pod))),
        });
      }
      expect(cluster.emqx.lost.every(({ connections }) => connections === 0)).toBe(true);
      expect(cluster.events('EMQX').filter((event) => event.startsWith('NodeEvacuation'))).toHaveLength(3);
    });
  });

  it('begins when more whole seconds have passed since Available than the delay; none given counts as 0', async () => {
    const begun: number[] = [];
    for (const initialDelaySeconds of [20, undefined]) {
      const evacuationStrategy = { waitTakeover: 3, connEvictRate: 100, sessEvictRate: 100 };
      const updateStrategy = { ...(initialDelaySeconds && { initialDelaySeconds }), evacuationStrategy };
      const cluster = new OperatedEmqx({ spec: { updateStrategy } });
      await cluster.run(async () => {
        await cluster.createAndSettle();
        upgrade(cluster);
        const available = await cluster.until('Available', () => cluster.isTwo() && cluster.column() === 'Available');
        begun.push((await cluster.until('a start', () => cluster.emqx.starts.length > 0)) - available);
      });
    }
    expect(begun[0]).toBeGreaterThan(20);
    expect(begun[0]).toBeLessThan(23);
    expect(begun[1]).toBeLessThan(3);
  });

  it('never gets on with rates of 0, which it sends when there is no evacuation strategy', async () => {
    const cluster = new OperatedEmqx({ spec: { updateStrategy: { initialDelaySeconds: 0 } } });
    await cluster.run(async () => {
      await cluster.createAndSettle();
      upgrade(cluster);
      await cluster.until('a start', () => cluster.emqx.starts.length > 0);
      await cluster.sleep(120);
      expect(cluster.emqx.starts[0]!.body).toMatchObject({ conn_evict_rate: 0, sess_evict_rate: 0 });
      expect(cluster.blue()).toHaveLength(3);
      expect(cluster.events('EMQX').join()).toContain('ReconcilerFailed: failed to get API');
    });
  });

  it('replaces replicants first, whose sessions go to replicants; cores without sessions are not evacuated', async () => {
    const cluster = new OperatedEmqx({ cores: 2, replicants: 2, healthMs: 2_000 });
    await cluster.run(async () => {
      await cluster.createAndSettle();
      const [cores, replicants] = [
        cluster.nameOf('core', 'currentRevision'),
        cluster.nameOf('replicant', 'currentRevision'),
      ];
      upgrade(cluster);
      await cluster.until('two', () => cluster.isTwo());
      await cluster.until('Ready', done(cluster));
      const old = cluster.scalings.filter(({ set }) => set === cores || set === replicants);
      expect(old.map(({ set, replicas }) => [set, replicas])).toEqual([
        [replicants, 1],
        [replicants, 0],
        [cores, 1],
        [cores, 0],
      ]);
      expect(cluster.emqx.starts).toHaveLength(2);
      for (const { node, body } of cluster.emqx.starts) {
        expect([node, ...(body['migrate_to'] as string[])].every((each) => each.startsWith('emqx@10.244.'))).toBe(true);
      }
      // Between two pods without sessions passes the time for takeovers.
      expect(old[3]!.at - old[2]!.at).toBeGreaterThan(3);
    });
  });

  it('is stuck for ever when one durable session sleeps anywhere', async () => {
    const cluster = new OperatedEmqx({ sleepers: 1 });
    await cluster.run(async () => {
      await cluster.createAndSettle();
      upgrade(cluster);
      await cluster.until(
        'evicting sessions',
        () => cluster.status().nodeEvacuationsStatus?.[0]?.state === 'evicting_sessions',
      );
      await cluster.sleep(600);
      expect(cluster.emqx.starts).toHaveLength(1);
      expect(cluster.blue()).toHaveLength(3);
      expect(cluster.column()).toBe('Available');
    });
  });

  it('looks at the first evacuation only, whoever started it', async () => {
    const cluster = new OperatedEmqx();
    await cluster.run(async () => {
      await cluster.createAndSettle();
      await cluster.holdUpgrade();
      const [first, second] = cluster.blue();
      // By the order of the list the first stands still, the other one is done.
      cluster.emqx.evacuate([first!, second!], cluster.green(), 1);
      cluster.emqx.nodes.get(second!)!.evacuation!.state = 'prohibiting';
      cluster.change(({ updateStrategy }) => {
        updateStrategy!.initialDelaySeconds = 0;
      });
      await cluster.sleep(60);
      expect(cluster.emqx.starts).toEqual([]);
      cluster.emqx.nodes.get(first!)!.evacuation!.state = 'prohibiting';
      await cluster.until('goes on', () => cluster.emqx.starts.length > 0, 5);
    });
  });

  it('kills cores with everybody on them where the domain is not cluster.local; replicants it finds by address', async () => {
    const cores = new OperatedEmqx({ spec: { clusterDomain: 'k8s.example' } });
    await cores.run(async () => {
      await cores.createAndSettle();
      upgrade(cores);
      const available = await cores.until('Available', () => cores.isTwo() && cores.column() === 'Available');
      expect((await cores.until('Ready', done(cores))) - available).toBeLessThan(15);
      expect(cores.emqx.starts).toEqual([]);
      expect(cores.emqx.lost.map(({ connections }) => connections)).toEqual([300, 300, 300]);
    });
    const replicants = new OperatedEmqx({
      cores: 1,
      replicants: 1,
      healthMs: 1_000,
      spec: { clusterDomain: 'k8s.example' },
    });
    await replicants.run(async () => {
      await replicants.createAndSettle();
      upgrade(replicants);
      await replicants.until('two', () => replicants.isTwo());
      await replicants.until('Ready', done(replicants));
      expect(replicants.emqx.lost.map(({ connections }) => connections)).toEqual([0, 0]);
    });
  });

  it('removes nodes of an open source EMQX with everybody on them, with time for takeovers between them', async () => {
    const cluster = new OperatedEmqx({ edition: 'Opensource' });
    await cluster.run(async () => {
      await cluster.createAndSettle();
      upgrade(cluster);
      await cluster.until('Ready', () => done(cluster)() && cluster.scalings.length === 4);
      expect(cluster.emqx.starts).toEqual([]);
      expect(cluster.emqx.lost.map(({ connections }) => connections)).toEqual([300, 300, 300]);
    });
  });

  it.each([
    ['the image', { cores: 'new', replicants: 'new' }, (cluster: OperatedEmqx) => upgrade(cluster)],
    [
      'a label of the cores',
      { cores: 'new', replicants: 'same' },
      (cluster: OperatedEmqx) =>
        cluster.change(({ coreTemplate }) => {
          coreTemplate!.metadata = { labels: { team: 'x' } };
        }),
    ],
    [
      'the resources of replicants',
      { cores: 'same', replicants: 'new' },
      (cluster: OperatedEmqx) =>
        cluster.change(({ replicantTemplate }) => {
          replicantTemplate!.spec!.resources = { limits: { cpu: '1' } };
        }),
    ],
    [
      'the port of the dashboard',
      { cores: 'new', replicants: 'new' },
      (cluster: OperatedEmqx) =>
        cluster.change((spec) => {
          spec.config = { data: 'dashboard.listeners.http.bind = 18084' };
        }),
    ],
    [
      'the number of cores',
      { cores: 'changed', replicants: 'same' },
      (cluster: OperatedEmqx) =>
        cluster.change(({ coreTemplate }) => {
          coreTemplate!.spec!.replicas = 3;
        }),
    ],
    [
      'the configuration',
      { cores: 'same', replicants: 'same' },
      (cluster: OperatedEmqx) =>
        cluster.change((spec) => {
          spec.config = { mode: 'Merge', data: 'mqtt.max_packet_size = 2MB' };
        }),
    ],
    [
      'the delay',
      { cores: 'same', replicants: 'same' },
      (cluster: OperatedEmqx) =>
        cluster.change(({ updateStrategy }) => {
          updateStrategy!.initialDelaySeconds = 99;
        }),
    ],
  ])('by a change of %s: %j', async (_, expected, change) => {
    const cluster = new OperatedEmqx({ cores: 2, replicants: 1 });
    await cluster.run(async () => {
      await cluster.createAndSettle();
      change(cluster);
      await cluster.sleep(25);
    });
    const kind = (sets: readonly { spec: { replicas?: number } }[], before: number) =>
      sets.length > 1 ? 'new' : sets[0]!.spec.replicas === before ? 'same' : 'changed';
    expect({ cores: kind(cluster.sets(), 2), replicants: kind(cluster.replicaSets(), 1) }).toEqual(expected);
  });

  it('sends a changed configuration to EMQX, and remembers it; of older EMQX only what can change', async () => {
    for (const [version, body] of [
      ['5.8.9', /^listeners\.tcp\.default\.bind = 1883\n[\s\S]*\nnode\.cookie = x\nmqtt\.max_packet_size = 2MB$/],
      ['5.6.1', /^\{"listeners":[^}]*.*"mqtt":\{"max_packet_size":"2MB"\}\}$/],
    ] as const) {
      const cluster = new OperatedEmqx({ version });
      const data = 'node.cookie = x\nmqtt.max_packet_size = 2MB';
      await cluster.run(async () => {
        await cluster.createAndSettle();
        cluster.change((spec) => {
          spec.config = { mode: 'Replace', data };
        });
        await cluster.sleep(2);
      });
      expect(cluster.emqx.configs).toEqual([
        { query: 'mode=replace&ignore_readonly=true', body: expect.stringMatching(body) },
      ]);
      expect(cluster.resource().metadata.annotations).toEqual({ 'apps.emqx.io/last-emqx-configuration': data });
    }
  });

  it('cannot change the claims of a stateful set, and does nothing else until they are put back', async () => {
    const cluster = new OperatedEmqx({
      spec: {
        coreTemplate: { spec: { replicas: 2, volumeClaimTemplates: { resources: { requests: { storage: '1Gi' } } } } },
      },
    });
    await cluster.run(async () => {
      await cluster.createAndSettle();
      cluster.change((spec) => {
        spec.coreTemplate!.spec!.volumeClaimTemplates = { resources: { requests: { storage: '2Gi' } } };
      });
      await cluster.sleep(5);
      expect(cluster.operator.lastFailure?.message).toMatch(
        /^failed to update StatefulSet: .* is invalid: spec: Forbidden/,
      );
      expect(cluster.sets()).toHaveLength(1);
    });
  });

  it('keeps as many old sets as the history limit says, and deletes claims with their set', async () => {
    const cluster = new OperatedEmqx({
      spec: {
        revisionHistoryLimit: 0,
        coreTemplate: { spec: { replicas: 1, volumeClaimTemplates: { resources: {} } } },
      },
    });
    await cluster.run(async () => {
      await cluster.createAndSettle(0);
      const claims = () => cluster.kubernetes.store.all({ apiVersion: 'v1', kind: 'PersistentVolumeClaim' });
      const [old] = claims();
      expect(old!.metadata.name).toBe(`e-core-data-${cluster.blue()[0]}`);
      cluster.hold();
      await cluster.until('Available', () => cluster.isTwo() && cluster.column() === 'Available');
      cluster.scale(cluster.nameOf('core', 'currentRevision'), 0);
      await cluster.until('Ready', done(cluster));
      await cluster.sleep(4);
      expect(cluster.sets()).toHaveLength(1);
      expect(claims().map(({ metadata }) => metadata.name)).toEqual([`e-core-data-${cluster.blue()[0]}`]);
    });
  });
});
