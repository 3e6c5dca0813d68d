import type { KubeObject } from '../../src/kubernetes';
import { clusterOf } from '../_upgradable-cluster';
import { SimulatedCluster } from './_simulated';

test('a cluster that is being created is waited for: nothing is to be scaled or added', async () => {
  const cluster = new SimulatedCluster();
  const { world } = cluster;
  const resource = clusterOf('emqx-ee', 'default', '4.4.14');
  resource.spec.serviceTemplate = {
    spec: { type: 'NodePort', ports: [{ name: 'mqtt', port: 1883, nodePort: 32010 }] },
  };
  await world.clock.run(() => world.apply([resource as KubeObject]));
  const seen = new Set<string>();
  for (let code = 3; code !== 0; ) {
    const checked = await cluster.run('check -o json');
    const { checks } = JSON.parse(checked.out) as { checks: { id: string; status: string; fix?: string }[] };
    for (const { id, status, fix } of checks) if (status === 'blocker') seen.add(`${id}: ${fix}`);
    ({ code } = checked);
    await world.clock.run(() => world.clock.sleep(1_000));
  }
  world.stop();
  const advice = [...seen];
  expect(advice).toContainEqual(expect.stringMatching(/^sets: the operator creates it: wait/));
  expect(advice).toContainEqual(expect.stringMatching(/^traffic: the operator creates that of spec.serviceTemplate/));
  expect(advice.filter((one) => /scale|add one/.test(one))).toEqual([]);
});
