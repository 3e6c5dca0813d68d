import { OperatedCluster } from './operated-cluster';

describe('the simulated operator creates a cluster', () => {
  it('makes one object per second first, is Running two polls later, and serves one poll after that', async () => {
    const cluster = new OperatedCluster();
    const { store } = cluster.kubernetes;
    await cluster.run(async () => {
      await cluster.create();
      const setAt = await cluster.until('a stateful set', () => cluster.sets().length === 1);
      const runningAt = await cluster.until('Running', () => cluster.column() === 'Running');
      expect(cluster.endpoints()).toEqual([]);
      const servedAt = await cluster.until('endpoints', () => cluster.endpoints().length === 3);
      expect(cluster.passes().filter((at) => at < setAt)).toHaveLength(9);
      expect(setAt).toBeGreaterThan(7.5);
      expect(setAt).toBeLessThan(10);
      expect(runningAt - setAt).toBeCloseTo(20, 0);
      expect(servedAt - runningAt).toBeCloseTo(20, 0);
    });
    const [set] = cluster.sets();
    expect(set!.metadata.name).toMatch(/^ee-[bcdfghjklmnpqrstvwxz2456789]{1,10}$/);
    expect(store.all({ apiVersion: 'apps.emqx.io/v1beta4', kind: 'EmqxPlugin' })).toHaveLength(6);
    expect(cluster.events().filter((event) => event.startsWith('ReconcileError'))).not.toHaveLength(0);
  });

  it('gives the pods what EMQX starts from', async () => {
    const cluster = new OperatedCluster();
    await cluster.run(async () => {
      await cluster.createAndSettle();
    });
    const { template, serviceName } = cluster.sets()[0]!.spec;
    const [emqx, reloader] = template.spec.containers;
    expect(emqx).toMatchObject({ name: 'emqx', image: 'emqx/emqx-ee:4.4.14' });
    expect(reloader!.name).toBe('reloader');
    expect(serviceName).toBe('ee-headless');
    expect(template.metadata?.annotations).toMatchObject({ 'apps.emqx.io/manage-containers': 'emqx,reloader' });
    expect(emqx!.env).toEqual(
      expect.arrayContaining([
        { name: 'EMQX_NAME', value: 'ee' },
        { name: 'EMQX_CLUSTER__DNS__NAME', value: 'ee-headless.default.svc.cluster.local' },
        { name: 'EMQX_LISTENER__TCP__INTERNAL' },
        { name: 'EMQX_ACL_FILE', value: '/mounted/acl/acl.conf' },
      ]),
    );
  });

  it('writes the status as the real one does', async () => {
    const cluster = new OperatedCluster({ connections: 0 });
    await cluster.run(async () => {
      const blue = await cluster.createAndSettle();
      const set = cluster.set(blue);
      expect(cluster.status()).toEqual({
        conditions: [
          {
            type: 'Running',
            status: 'True',
            reason: 'ClusterReady',
            message: 'All resources are ready',
            lastUpdateTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
            lastTransitionTime: expect.any(String),
          },
        ],
        // A count of zero is left out.
        emqxNodes: [0, 1, 2].map((ordinal) => ({
          node: `ee@${blue}-${ordinal}.ee-headless.default.svc.cluster.local`,
          node_status: 'Running',
          otp_release: '24.1/12.1',
          version: '4.4.15',
        })),
        replicas: 3,
        readyReplicas: 3,
        currentStatefulSetVersion: set.status?.currentRevision,
      });
    });
  });

  it('polls each 20 s, and lets no pass be caused by pods, sets or its own status', async () => {
    const cluster = new OperatedCluster();
    await cluster.run(async () => {
      const blue = await cluster.createAndSettle();
      await cluster.sleep(90);
      expect(cluster.passes()).toHaveLength(4);
      cluster.kubernetes.store.delete({ apiVersion: 'v1', kind: 'Pod', namespace: 'default', name: `${blue}-0` });
      await cluster.sleep(3);
      expect(cluster.passes().length).toBe(4);
    });
  });

  it('publishes the listeners of EMQX besides the ports of the template', async () => {
    const cluster = new OperatedCluster();
    await cluster.run(async () => {
      await cluster.createAndSettle();
    });
    const service = cluster.kubernetes.store.get({
      apiVersion: 'v1',
      kind: 'Service',
      namespace: 'default',
      name: 'ee',
    });
    expect(service).toMatchObject({
      spec: { ports: [{ port: 8081 }, { port: 18083 }, { name: 'mqtt-tcp-1883', port: 1883, targetPort: 1883 }] },
    });
    expect(service).not.toHaveProperty('spec.selector');
  });
});
