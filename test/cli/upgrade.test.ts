import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { withVersion } from '../../src/resource';
import type { UpgradePlan } from '../../src/upgrade';
import { clusterOf } from '../_upgradable-cluster';
import type { Ended, TestShell, TestShellOptions } from './_shell';
import { SimulatedCluster } from './_simulated';

const CLIENTS = 300;
const UPGRADE = 'upgrade --set-version 4.4.15';
/** What devices may notice of an upgrade, however often it was left. */
const ONCE = { mean: 1, max: 1, histogram: [0, CLIENTS] };

let cluster: SimulatedCluster;
beforeEach(async () => {
  cluster = await SimulatedCluster.atRest(CLIENTS);
});

/** Does something as soon as a text is written. */
function when(text: string, act: (shell: TestShell) => void): TestShellOptions {
  let done = false;
  return {
    written: (written, shell) => {
      if (done || !written.includes(text)) return;
      done = true;
      act(shell);
    },
  };
}

const ctrlC = (text: string) => when(text, (shell) => shell.interrupt());
const lines = (text: string) => text.trimEnd().split('\n');
const objects = ({ out }: Ended) => lines(out).map((line) => JSON.parse(line) as { kind: string });
const phases = ({ out }: Ended) => [...out.matchAll(/ s {2}phase (\w+)/g)].map(([, phase]) => phase);

describe('a plan', () => {
  test('tells what stands in the way of nothing', async () => {
    const { code, out, err } = await cluster.run('plan --set-version 4.4.15');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(lines(out)[0]).toBe('default/emqx-ee: 4.4.14 → 4.4.15, driven by the pilot, with the operator held');
    expect(lines(out).at(-1)).toBe('Nothing prevents the upgrade.');
    expect(cluster.traces).toEqual([]);
  });

  test('is one object for programs, with the rate that was asked for', async () => {
    const { code, out } = await cluster.run('plan --set-version 4.4.15 --rate 50 -o json');
    const plan = JSON.parse(out) as UpgradePlan;
    expect({ code, plan }).toMatchObject({
      code: 0,
      plan: { cluster: 'emqx-ee', to: { version: '4.4.15' }, capPerSecond: 50 },
    });
  });

  test('takes what is wanted from a manifest', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'upgrade-'));
    const file = path.join(folder, 'emqx.yaml');
    const wanted = clusterOf('emqx-ee', 'default', '4.4.16');
    delete wanted.metadata.namespace;
    wanted.spec.template!.spec!.nodeSelector = { disk: 'fast' };
    writeFileSync(file, JSON.stringify(wanted));
    const { code, out } = await cluster.run(`plan -f ${file} -o json`);
    rmSync(folder, { recursive: true });
    expect(code).toBe(0);
    expect((JSON.parse(out) as UpgradePlan).changes.map((change) => change.path)).toEqual([
      'template.spec.emqxContainer.image.version',
      'template.spec.nodeSelector',
    ]);
  });

  test.each<[string, number, RegExp]>([
    ['plan --set-version 4.4.14', 3, /✗ template .*\n.*→ nothing to upgrade/],
    ['plan --set-version 4.4.15 --driver operator', 3, /✗ driver /],
    ['plan --set-version 4.4.15 --driver operator --accept-loss', 0, /‼ driver /],
  ])('%s: exit code %i', async (words, expected, check) => {
    const { code, out } = await cluster.run(words);
    expect(code).toBe(expected);
    expect(out).toMatch(check);
  });
});

describe('checks', () => {
  test('of a cluster that is fit', async () => {
    const { code, out } = await cluster.run('check');
    expect(code).toBe(0);
    expect(lines(out).filter((line) => /^\S/.test(line))).toEqual([
      'default/emqx-ee',
      'Cluster',
      'Operator',
      'Traffic',
      'Nodes',
      'Devices',
      'As for the devices, which of them come back is decided by their MQTT libraries: docs/devices.md',
      'Nothing prevents the upgrade.',
    ]);
  });

  test('of what is wanted, too', async () => {
    const { code, out } = await cluster.run('check --set-version 4.4.14 -o json');
    const { checks } = JSON.parse(out) as { checks: { id: string; group: string; status: string }[] };
    expect(code).toBe(3);
    expect(checks.filter(({ group }) => group === 'change')).toEqual([
      expect.objectContaining({ id: 'template', status: 'blocker' }),
    ]);
  });
});

test('every check has its place in docs/checks.md', async () => {
  const text = readFileSync(path.resolve(__dirname, '../../docs/checks.md'), 'utf8');
  const { out } = await cluster.run('check --set-version 4.4.14 -o json');
  const ids = (JSON.parse(out) as { checks: { id: string }[] }).checks.map(({ id }) => id);
  expect([...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title)).toEqual(expect.arrayContaining(ids));
});

describe('an upgrade', () => {
  test('asks, tells what it does, and reports', async () => {
    const asked: string[] = [];
    const ended = await cluster.run(UPGRADE, { answer: 'y', asked });
    expect(asked).toEqual(['Upgrade default/emqx-ee from 4.4.14 to 4.4.15? [y/N] ']);
    expect({ code: ended.code, err: ended.err }).toEqual({ code: 0, err: '' });
    expect(phases(ended)).toEqual([
      'claim',
      'pin',
      'apply',
      'green',
      'switch',
      'evacuate',
      'retire',
      'release',
      'done',
    ]);
    const report = ended.out.slice(ended.out.lastIndexOf('default/emqx-ee: '));
    expect(lines(report)[0]).toBe('default/emqx-ee: 4.4.14 → 4.4.15, completed');
    expect(cluster.ledger.report().disconnectsPerClient).toEqual(ONCE);

    expect((await cluster.run('report')).out).toBe(report);
    expect((await cluster.run('status')).out).toContain(
      'EMQX 4.4.15: at rest\nlast upgrade: 4.4.14 → 4.4.15, done at ',
    );
  });

  test('is lines of JSON for programs: the plan first, the report last', async () => {
    const ended = await cluster.run(`${UPGRADE} --yes -o json`);
    const kinds = objects(ended).map(({ kind }) => kind);
    expect([kinds[0], kinds.at(-1)]).toEqual(['plan', 'report']);
    expect(new Set(kinds.slice(1, -1))).toEqual(new Set(['phase', 'sample', 'waiting', 'action']));
    const { out } = await cluster.run('report -o json');
    expect(objects(ended).at(-1)).toEqual({ kind: 'report', report: JSON.parse(out) });
  });

  test('is a picture on a terminal', async () => {
    const { out } = await cluster.run(`${UPGRADE} --yes`, { isTTY: true });
    const frames = out.split('\u001b[23A\r');
    expect(frames.length).toBeGreaterThan(10);
    expect(frames.some((frame) => /phase evacuate · blue \d+ of 300 · \d+\/s, cap 100\/s/.test(frame))).toBe(true);
    const report = frames.at(-1)!.split('\n\n').at(-2)!;
    expect(lines(report)[0]).toBe('default/emqx-ee: 4.4.14 → 4.4.15, completed');
  });

  test.each(['n', '', 'yo'])('that is answered with %j writes nothing', async (answer) => {
    expect(await cluster.run(UPGRADE, { answer })).toMatchObject({
      code: 4,
      err: 'not upgraded: nothing was changed\n→ answer y to upgrade, or give --yes\n',
    });
    expect(cluster.traces).toEqual([]);
  });

  test('that cannot begin says why, asks nothing, and writes nothing', async () => {
    const asked: string[] = [];
    const { code, out, err } = await cluster.run('upgrade --set-version 4.4.14', { answer: 'y', asked });
    expect({ code, err, asked }).toEqual({ code: 3, err: '', asked: [] });
    expect(lines(out).at(-1)).toBe('One blocker: the upgrade cannot begin.');
    const ended = await cluster.run('upgrade --set-version 4.4.14 --yes -o json');
    expect(ended.code).toBe(3);
    expect(objects(ended)).toEqual([
      expect.objectContaining({ kind: 'plan' }),
      expect.objectContaining({ kind: 'error', code: 'BLOCKED', fix: 'nothing was written' }),
    ]);
    expect(cluster.traces).toEqual([]);
  });
});

describe('Ctrl-C', () => {
  test.each([
    ['pin', 'all devices are on blue, and new ones connect there'],
    ['green', 'all devices are on blue; the operator builds green beside it, and then waits'],
    [
      'evacuate',
      'blue nodes whose evacuation has started continue at their rates, and green takes their devices; no node is removed',
    ],
    ['retire', 'all devices are on green; blue is empty, and its pods may be terminating'],
  ])('in phase %s leaves the upgrade, says what holds, and the same command goes on', async (phase, holds) => {
    const { spec } = cluster.resource;
    const left = await cluster.run(`${UPGRADE} --yes`, ctrlC(`phase ${phase}`));
    expect({ code: left.code, err: left.err }).toEqual({
      code: 4,
      err: `the upgrade was interrupted in phase ${phase}: ${holds}\n→ to resume, run the same command: emqx-blue-green ${UPGRADE} --yes\n`,
    });
    expect(lines(left.out).at(-1)).toBe('Interrupting the upgrade; it can be resumed. Ctrl-C again ends at once.');
    const report = await cluster.run('report');
    expect(report).toMatchObject({
      code: 2,
      err: `the upgrade of default/emqx-ee to 4.4.15 is not done: it is in phase ${phase}\n→ status shows its state\n`,
    });

    const asked: string[] = [];
    const resumed = await cluster.run(UPGRADE, { answer: 'n', asked });
    expect({ code: resumed.code, asked }).toEqual({ code: 0, asked: [] });
    expect(resumed.out).toMatch(
      new RegExp(`^default/emqx-ee: 4.4.14 → 4.4.15, begun at \\S+, in phase ${phase}, at most 100 disconnects/s\n`),
    );
    expect(phases(resumed)[0]).toBe(phase);
    expect(cluster.resource.spec).toEqual(withVersion({ ...cluster.resource, spec }, '4.4.15').spec);
    expect(cluster.ledger.report().disconnectsPerClient).toEqual(ONCE);
  });

  test('before anything was done leaves nothing, or the phase in which it was left before', async () => {
    const first = await cluster.run(`${UPGRADE} --yes`, ctrlC('Nothing prevents the upgrade.'));
    expect(first).toMatchObject({
      code: 4,
      err: expect.stringContaining('before its first phase: nothing was written\n'),
    });
    expect(cluster.traces).toEqual([]);
    await cluster.run(`${UPGRADE} --yes`, ctrlC('phase green'));
    const second = await cluster.run(`${UPGRADE} --yes`, ctrlC(', in phase green, at most'));
    expect(second).toMatchObject({
      code: 4,
      err: expect.stringContaining('the upgrade was interrupted in phase green: '),
    });
  });

  test('is an error for programs, as the last line', async () => {
    const ended = await cluster.run(`${UPGRADE} --yes -o json`, ctrlC('"phase":"green"'));
    expect(ended.code).toBe(4);
    expect(objects(ended).at(-1)).toMatchObject({
      kind: 'error',
      code: 'DETACHED',
      fix: `to resume, run the same command: emqx-blue-green ${UPGRADE} --yes -o json`,
    });
  });

  test('ends at once when it comes again', async () => {
    const exits: number[][] = [];
    await cluster.run(`${UPGRADE} --yes`, {
      ...when('phase green', (shell) => {
        shell.interrupt();
        exits.push([...shell.exits]);
        shell.interrupt();
        exits.push([...shell.exits]);
      }),
    });
    expect(exits).toEqual([[], [4]]);
  });

  test('is nobody’s business any more after the end', async () => {
    let shell: TestShell | undefined;
    await cluster.run(
      `${UPGRADE} --yes`,
      when('phase', (one) => (shell = one)),
    );
    expect(shell?.listens).toBe(false);
  });
});

describe('two people at once', () => {
  test('the second is told who upgrades, can watch it to its end, and gets the report', async () => {
    const others: Promise<Ended>[] = [];
    const asSoonAs = when('phase evacuate', () => {
      others.push(
        cluster.started(`${UPGRADE} --yes`),
        cluster.started('status'),
        cluster.started('attach'),
        cluster.started('attach -o json'),
        cluster.started('attach', { isTTY: true }),
      );
    });
    const [first, second, status, attached, asLines, asPicture] = await cluster.world.clock.run(async () => {
      const ended = await cluster.started(`${UPGRADE} --yes`, asSoonAs);
      return [ended, ...(await Promise.all(others))];
    });
    expect(first?.code).toBe(0);
    const holder = /driven by (.+) since /.exec(status!.out)?.[1];
    expect(holder).toMatch(/^\S+@\S+ \d+-\w+$/);
    expect(second).toMatchObject({
      code: 3,
      err: expect.stringContaining(`✗ lease: ${holder} has been upgrading this cluster since`),
    });
    const report = first!.out.slice(first!.out.lastIndexOf('default/emqx-ee: '));
    expect(attached!.code).toBe(0);
    expect(attached!.out).toContain(`driven by ${holder} since`);
    expect(attached!.out).toContain(' s  blue ');
    expect(attached!.out.endsWith(`\n${report}`)).toBe(true);
    expect(asPicture!.out).toMatch(/phase evacuate · blue \d+ of \d+ · \d+\/s, cap 100\/s/);
    expect(objects(asLines!).at(-1)).toMatchObject({ kind: 'report', report: { outcome: 'completed' } });
  });

  test('nobody can watch what is not there', async () => {
    expect(await cluster.run('attach')).toMatchObject({
      code: 2,
      err: 'no upgrade of default/emqx-ee is under way\n→ status shows the state of the cluster, report what the last upgrade did\n',
    });
  });

  test('whoever stops watching leaves the upgrade alone', async () => {
    await cluster.run(`${UPGRADE} --yes`, ctrlC('phase green'));
    const attached = await cluster.run('attach', ctrlC('blue 300'));
    expect(attached).toMatchObject({
      code: 4,
      err: 'no longer watching; the upgrade continues\n→ to watch it again, run attach\n',
    });
    expect(attached.out).toContain('no process drives it; to resume, run: emqx-blue-green resume emqx-ee -n default\n');
  });
});

describe('the status', () => {
  test('can be watched until Ctrl-C, through an upgrade and beyond', async () => {
    let watching: Promise<Ended> | undefined;
    let watcher: TestShell | undefined;
    const watched = await cluster.world.clock.run(async () => {
      watching = cluster.started(
        'status --watch',
        when('blue 300', (shell) => (watcher = shell)),
      );
      await cluster.started(`${UPGRADE} --yes`);
      await cluster.world.clock.sleep(30_000);
      watcher?.interrupt();
      return watching;
    });
    expect({ code: watched.code, err: watched.err }).toEqual({ code: 0, err: '' });
    expect(phases(watched)).toEqual(expect.arrayContaining(['evacuate', 'done']));
    expect(lines(watched.out).at(-1)).toMatch(/blue 0, green 300 connections$/);
  });

  test('is one object for programs', async () => {
    const { out } = await cluster.run('status -o json');
    expect(JSON.parse(out)).toMatchObject({
      cluster: 'emqx-ee',
      state: 'at-rest',
      sample: { blue: { connections: CLIENTS } },
    });
  });

  test('is lines of JSON while it is watched', async () => {
    const ended = await cluster.run('status --watch -o json', ctrlC('"sample"'));
    expect(ended.code).toBe(0);
    expect(objects(ended)).toEqual([expect.objectContaining({ kind: 'sample' })]);
  });
});

test('the report of a cluster that was never upgraded', async () => {
  expect(await cluster.run('report')).toEqual({
    code: 2,
    out: '',
    err: 'no upgrade of default/emqx-ee by emqx-blue-green is on record\n→ to upgrade it, run upgrade\n',
  });
});
