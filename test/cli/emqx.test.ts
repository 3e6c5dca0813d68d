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

describe('cores and replicants', () => {
  let cluster: SimulatedCluster;
  let log: string[];
  beforeAll(async () => {
    cluster = await SimulatedCluster.atRest(200, 'EMQX', 2);
    log = (await cluster.run(`${UPGRADE} --rate 10`)).out.split('\n');
  });
  afterAll(() => cluster.world.stop());

  test('the plan names the steps, and the sets by their kind', () => {
    const steps = log.slice(log.indexOf('Steps') + 1, log.indexOf('Evacuation') - 1);
    expect(steps).toEqual([
      expect.stringMatching(
        /^ {2}1\. the replicants are replaced \(emqx-replicant-\w+, 2 nodes\): 200 devices are moved$/,
      ),
      expect.stringMatching(
        /^ {2}2\. the cores are replaced \(emqx-core-\w+, 3 nodes\): no device is connected to them$/,
      ),
    ]);
    expect(log).toContainEqual(expect.stringMatching(/✓ sets +one replica set: emqx-replicant-/));
  });

  test('the log says which of them are replaced, and where the devices are', () => {
    const of = (form: RegExp) => log.flatMap((line) => form.exec(line)?.[0] ?? []);
    expect(of(/phase (evacuate|retire) .*/)).toEqual([
      'phase evacuate of replicants',
      'phase retire of replicants',
      'phase evacuate of cores',
      'phase retire of cores',
    ]);
    const samples = of(/(replicants|cores): blue .*|(?<= s {2})blue .*/);
    expect(samples[0]).toMatch(/^replicants: blue 200, green 0 connections$/);
    expect(samples.at(-1)).toMatch(/^cores: blue 0, green 0 connections; replicants: green 200$/);
  });

  test('the report names the cores, too', async () => {
    const form = [
      expect.stringMatching(/^ {2}replicants +emqx-replicant-\w+ → emqx-replicant-\w+, 2 nodes$/),
      expect.stringMatching(/^ {2}cores +emqx-core-\w+ → emqx-core-\w+, 3 nodes$/),
    ];
    expect(log).toEqual(expect.arrayContaining(form));
    expect((await cluster.run('report')).out.split('\n')).toEqual(expect.arrayContaining(form));
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
