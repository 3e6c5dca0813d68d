import type { Link } from '../../src/cli/shell';
import { emqxOf } from '../_upgradable-cluster';
import { temporaryFile } from '../kubernetes/_fake-server';
import { SimulatedCluster } from './_simulated';

const UPGRADE = 'upgrade --set-version 5.8.9 --yes';

describe('a cluster of EMQX 5', () => {
  let cluster: SimulatedCluster;
  beforeAll(async () => {
    cluster = await SimulatedCluster.atRest(60, 'EMQX');
  });
  afterAll(() => cluster.world.stop());

  test.each<[string, number, RegExp]>([
    ['status', 0, /^default\/emqx, EMQX 5\.8\.8: at rest\n/],
    ['check', 0, /✓ blue-green {2,}at most 100 disconnects\/s/],
    ['plan --set-version 5.8.9', 0, /image: emqx\/emqx-enterprise:5\.8\.8 → emqx\/emqx-enterprise:5\.8\.9/],
    ['plan emqxes.apps.emqx.io/emqx --set-version 5.8.9', 0, /^default\/emqx: 5\.8\.8 → 5\.8\.9, /],
    ['plan --set-version 5.8.9 --driver operator', 0, /‼ operator-alone [\s\S]*no\s+session\s+is\s+lost/],
    ['plan --set-version 5.8.7', 3, /✗ version /],
  ])('%s', async (words, exit, shown) => {
    const { code, out } = await cluster.run(words);
    expect(out).toMatch(shown);
    expect(code).toBe(exit);
  });

  test('a manifest says what it is to become, and what the file omits stays', async () => {
    const { metadata, spec } = emqxOf('emqx', 'default', '5.8.9');
    const { coreTemplate: _, ...rest } = spec;
    const file = temporaryFile(
      JSON.stringify({ apiVersion: 'apps.emqx.io/v2beta1', kind: 'EMQX', metadata, spec: rest }),
    );
    const { code, out } = await cluster.run(`plan -f ${file} -o json`);
    const { changes } = JSON.parse(out) as { changes: { path: string }[] };
    expect(changes.map(({ path }) => path)).toEqual(['image']);
    expect(code).toBe(0);
  });

  test('a manifest of the other kind is of another cluster', async () => {
    const file = temporaryFile(JSON.stringify(emqxOf('emqx', 'default', '5.8.9')));
    const { code, err } = await cluster.run(`plan emqxenterprise/emqx -f ${file}`);
    expect(err).toMatch(/^'\[name\]' \("EmqxEnterprise"\) must be EMQX: the manifest is for another cluster/);
    expect(code).toBe(2);
  });

  test('is upgraded, with each client disconnected once', async () => {
    const { code, out } = await cluster.run(UPGRADE);
    expect(out).toContain('default/emqx: 5.8.8 → 5.8.9, completed');
    expect(code).toBe(0);
    const report = cluster.ledger.report();
    expect(report.disconnectsPerClient).toMatchObject({ mean: 1, max: 1 });
    expect(report.sessionsLost).toBe(0);
    expect((await cluster.run('status')).out).toMatch(/EMQX 5\.8\.9: at rest\n[\s\S]*└─ green █{20} 60 /);
  });

  test('its nodes are reached on the port of their dashboard', async () => {
    const ports = new Set<number>();
    const link = (): Link => {
      const way = cluster.link();
      return {
        ...way,
        transport: (port) => {
          ports.add(port);
          return way.transport(port);
        },
      };
    };
    await cluster.run('status', { link });
    expect([...ports]).toEqual([18_083]);
  });
});

test('an upgrade of EMQX 5 is aborted, and every device goes back', async () => {
  const cluster = await SimulatedCluster.atRest(60, 'EMQX');
  const { clock } = cluster.world;
  const [upgrade, abort] = await clock.run(() => {
    let abort: Promise<{ code: number; out: string }> | undefined;
    const upgrade = cluster.started(`${UPGRADE} --rate 10`, {
      written: (text) => {
        if (/phase evacuate/.test(text)) abort ??= clock.sleep(2_000).then(() => cluster.started('abort emqx/emqx'));
      },
    });
    return upgrade.then(async (ended) => [ended, await abort] as const);
  });
  expect(upgrade.code).toBe(4);
  expect(upgrade.out).toContain('default/emqx: 5.8.8 → 5.8.9, aborted');
  expect(abort).toMatchObject({ code: 0 });
  expect((await cluster.run('status')).out).toMatch(/^default\/emqx, EMQX 5\.8\.8: at rest\n/);
  expect(cluster.ledger.report().sessionsLost).toBe(0);
  cluster.world.stop();
});
