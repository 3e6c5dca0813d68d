import { spawnSync } from 'node:child_process';
import { holderName, type KubeObject } from '../../src/kubernetes';
import { SimulatedCluster } from './_simulated';

const UPGRADE = 'upgrade --set-version 4.4.15 --yes';

let cluster: SimulatedCluster;
beforeEach(async () => {
  cluster = await SimulatedCluster.atRest(30);
});
afterEach(() => cluster.world.stop());

/** A process took the lease in this moment, and was killed. */
function leaveLease(holderIdentity: string): void {
  const { clock, kubernetes } = cluster.world;
  const now = new Date(clock.now()).toISOString();
  kubernetes.store.create({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'emqx-ee-upgrade', namespace: 'default' },
    spec: { holderIdentity, leaseDurationSeconds: 30, acquireTime: now, renewTime: now },
  } as KubeObject);
}

describe('an upgrade whose lease was left by a process that is gone', () => {
  const waits = ['30', '20', '10'].map(
    (seconds) => `waiting for the lease of ann@laptop 7-abc, free in ${seconds} s unless it is renewed`,
  );

  test('waits for it, and says for how long', async () => {
    leaveLease('ann@laptop 7-abc');
    const { code, out } = await cluster.run(UPGRADE);
    expect(code).toBe(0);
    const lines = out.split('\n');
    expect(lines.slice(0, 3)).toEqual(waits);
    expect(lines[3]).toMatch(/^default\/emqx-ee: 4\.4\.14 → 4\.4\.15/);
  });

  test('says so to programs in their form', async () => {
    leaveLease('ann@laptop 7-abc');
    const { code, out } = await cluster.run(`${UPGRADE} -o json`);
    expect(code).toBe(0);
    const objects = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string; text?: string });
    expect(objects.slice(0, 4).map(({ kind, text }) => text ?? kind)).toEqual([
      ...waits.map((line) => line.replace('waiting for ', '')),
      'plan',
    ]);
  });

  test('counts down in place on a terminal', async () => {
    leaveLease('ann@laptop 7-abc');
    const { out } = await cluster.run(UPGRADE, { isTTY: true });
    expect(out.match(/\rwaiting for the lease of ann@laptop 7-abc, free in \d+ s/g)).toHaveLength(29);
  });

  test('takes it at once where the process was one of this machine', async () => {
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    leaveLease(holderName().replace(` ${process.pid}-`, ` ${pid}-`));
    const { code, out } = await cluster.run(UPGRADE);
    expect(code).toBe(0);
    expect(out).toMatch(/^default\/emqx-ee: 4\.4\.14 → 4\.4\.15/);
  });

  test('waits for nothing where that is not wanted', async () => {
    leaveLease('ann@laptop 7-abc');
    const began = cluster.world.clock.now();
    const { code, out } = await cluster.run(`${UPGRADE} --no-wait`);
    expect(code).toBe(3);
    expect(out).toMatch(/✗ lease .*ann@laptop 7-abc has been upgrading this cluster since/);
    expect(out.replaceAll(/\s+/g, ' ')).toContain('→ wait for it (`emqx-blue-green attach` watches it)');
    expect(cluster.world.clock.now() - began).toBeLessThan(2_000);
  });

  test('says nothing of its holder that a terminal would obey', async () => {
    leaveLease('evil\u001b[2J');
    const { out } = await cluster.run(UPGRADE);
    expect(out).toMatch(/^waiting for the lease of evil\\u\{1b\}\[2J, free in 30 s/);
  });

  test('is left by Ctrl-C while it waits', async () => {
    leaveLease('ann@laptop 7-abc');
    const { code } = await cluster.run(UPGRADE, {
      written: (text, shell) => {
        if (text.includes('free in 20 s')) shell.interrupt();
      },
    });
    expect(code).toBe(4);
  });
});
