import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { planOf } from '../../src/simulator/faults/plan';
import { type Played, playFaults } from '../../src/simulator/faults/play';
import { run } from './_shell';

jest.mock('../../src/simulator/faults/play', () => {
  const { playFaults: original } = jest.requireActual<object & { playFaults: typeof playFaults }>(
    '../../src/simulator/faults/play',
  );
  return { playFaults: jest.fn(original) };
});

const ROOT = path.resolve(__dirname, '../..');
const replayed = (words: string) => run(`simulate ${words}`.split(' '));

describe('an upgrade that meets a fault', () => {
  test('is told: what will befall it, when it does, what the engine did, the chart, and which promises held', async () => {
    const { code, out, err } = await replayed('--fault engine-killed --seed 2');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const [plan, log, chart, ending, verdict, summary, time] = out.trimEnd().split('\n\n');
    expect(plan).toMatch(
      /^Seed 2, in virtual time: \d nodes, .*\n {2}\* engine-killed, .* after the run has reached \w+\n/,
    );
    expect(log).toMatch(/^ {4}0\.0 s {2}engine-1 begins\n/);
    expect(log).toMatch(/ s {2}\* engine-killed\n.* s {2}engine-1 ends: killed\n.* s {2}engine-2 begins\n/);
    expect(log).toMatch(/phase \w+ \(resumed\)\n/);
    expect(log).toMatch(/blue \d+, green \d+ connections/);
    expect(log).toMatch(/ s {2}phase done$/);
    expect(chart).toMatch(/^connections: blue 0, green \d+\n/);
    expect(ending).toMatch(/^The run was completed\. Caused by the faults themselves: nothing\.$/);
    expect(verdict).toContain('  ✓ P4  ');
    expect(verdict).not.toContain('✗');
    expect(summary).toMatch(/^Every promise was kept\. Digest of the trace: [0-9a-f]{16}$/);
    expect(time).toMatch(/ were simulated in /);
  });

  test('is the one that the script plays: the same plan and the same trace, line by line', async () => {
    const words = ['--fault', 'lease-stolen', '--fault', 'request-pause'];
    const { code, out } = await run(['simulate', ...words, '--seed', '5', '-o', 'json']);
    const { plan, trace, violations, ending } = JSON.parse(out) as Played;
    expect({ code, violations, ending }).toEqual({
      code: 0,
      violations: [],
      ending: { kind: 'done', outcome: 'completed' },
    });
    expect(plan.faults.map(({ fault }) => fault)).toContain('lease-stolen');
    const script = spawnSync(
      process.execPath,
      ['--import', 'tsx', 'scripts/simulate-faults.ts', '--generation', '4', ...words, '--seeds', '5', '--trace'],
      { cwd: ROOT, encoding: 'utf8' },
    );
    expect(script.stdout.split('\n').slice(0, -2)).toEqual(trace);
    expect(script.stdout).toMatch(/\n1 seeds, 0 failed, /);
  });

  test('of any fault is what the seed makes of all of them', async () => {
    const { out } = await replayed('--fault any --seed 17 -o json');
    expect((JSON.parse(out) as Played).plan).toEqual(planOf(17));
  });

  test('and breaks a promise ends with exit code 1, in either form', async () => {
    const kept = await playFaults(planOf(1, ['emqx-slow']));
    const broken: Played = { ...kept, violations: [{ invariant: 'P4', atSeconds: 12.3, detail: 'too many' }] };
    for (const form of ['text', 'json']) {
      jest.mocked(playFaults).mockResolvedValueOnce(broken);
      expect(await replayed(`--fault emqx-slow -o ${form}`)).toMatchObject({
        code: 1,
        err: '',
        out: expect.stringContaining('too many'),
      });
    }
  });
});

describe('what cannot be replayed', () => {
  test('is told all at once, with the names that there are, and the one that was meant', async () => {
    const { code, out, err } = await replayed('--fault lease-stoln --fault nonsense --seed -1');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    const lines = err.trimEnd().split(/\n(?!→)/);
    expect(lines).toEqual([
      expect.stringMatching(
        /^'--fault' \("lease-stoln"\) must be 'any', or the name of a fault: the faults are engine-killed, .*, request-abort, .*\n→ did you mean 'lease-stolen'\?$/,
      ),
      expect.stringMatching(/^'--fault' \("nonsense"\) .*\n→ give one of them$/),
      expect.stringMatching(/^'--seed' \("-1"\) must be /),
    ]);
  });

  test.each(['--rate 3', '--clients 100', '--replicas 2', '--driver operator', '--set-version 4.4.16'])(
    'is a choice that the seed makes: %s',
    async (words) => {
      const { code, err } = await replayed(`--fault emqx-slow ${words}`);
      expect(code).toBe(2);
      expect(err).toContain(`option '--fault <name>' cannot be used with option '${words.split(' ')[0]} `);
    },
  );
});
