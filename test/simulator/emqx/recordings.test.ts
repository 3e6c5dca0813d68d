import { differences, isBetween } from './recordings/compare';
import { compareEvents } from './recordings/events';
import { hasRecordings, load, RECORDINGS, type Recording, type Step } from './recordings/recording';
import { Replay } from './recordings/replay';
import { type ComparedScenario, SCENARIOS } from './recordings/scenarios';

/**
 * Recorded ticks come some ms later each second than the simulated ones, and reads take some ms: a read is right when the
 * simulated node says the same at the recorded moment, or at most this much earlier or later.
 */
const TICK_TOLERANCE_MS = 100;
const NEAR_MS = [0, -TICK_TOLERANCE_MS, TICK_TOLERANCE_MS];
/**
 * `/stats` and Prometheus show figures that a node refreshes each 2 s. At which moments is not in a recording: one phase
 * per node must explain all that the recording shows of it.
 */
const PHASES_MS = [0, 200, 400, 600, 800, 1000, 1200, 1400, 1600, 1800];
const SEED = 1;

const NOT_MODELLED: readonly (readonly [RegExp, string])[] = [
  [/^\/api\/v4$/, 'the list of all endpoints'],
  [/^\/api\/v4\/(nodes\/[^/]+\/)?clients/, 'reading clients'],
  [/^\/api\/v4\/subscriptions/, 'reading subscriptions'],
  [/^\/api\/v4\/(modules|banned)/, 'modules and bans'],
];

function leftOut(step: Step, scenario: ComparedScenario): string | undefined {
  if (step.cli) return 'emqx_ctl';
  if (!step.method) return step.exists === undefined ? 'notes' : undefined;
  if (step.port) return 'the dashboard port';
  if (step.note === 'nodes (rebalance param)') return "Erlang's line breaks in long terms";
  const known = NOT_MODELLED.find(([pattern]) => pattern.test(step.path!.split('?')[0]!));
  return known?.[1] ?? scenario.leftOut?.(step);
}

const suite = hasRecordings ? describe : describe.skip;
if (!hasRecordings) console.log(`recordings of real nodes are not at ${RECORDINGS}: their replay is skipped`);

suite('recordings of real nodes are reproduced', () => {
  test.each(SCENARIOS.map((scenario) => [scenario.file, scenario] as const))('%s', async (file, scenario) => {
    const recording = load(file);
    const run = async (shift: number, phase = 0) => {
      const replay = new Replay(recording, scenario, shift, phase, SEED);
      await replay.run();
      return replay;
    };
    const near = await Promise.all(NEAR_MS.map((shift) => run(shift)));
    const steps = compareSteps(recording, scenario, near);
    const aged =
      steps.aged.length === 0
        ? []
        : await Promise.all(PHASES_MS.map((phase) => Promise.all(NEAR_MS.map((shift) => run(shift, phase)))));
    const figures = compareAged(steps.aged, scenario, aged);
    const events = compareEvents(recording, scenario, near[0]!, TICK_TOLERANCE_MS);
    const skipped = [...steps.skipped, ...events.skipped].map(([reason, count]) => `${count} × ${reason}`).join(', ');
    console.log(
      `${file}: ${steps.exact} steps equal, ${steps.near} within ${TICK_TOLERANCE_MS} ms, ${steps.aged.length} of figures refreshed ` +
        `each 2 s, ${events.count} client events; left out: ${skipped || 'nothing'}`,
    );
    expect([...steps.wrong, ...figures, ...events.wrong]).toEqual([]);
    expect(steps.exact).toBeGreaterThan(0);
  });
});

function optionsOf(scenario: ComparedScenario) {
  return { fresh: scenario.fresh ?? false, nodeOrder: scenario.nodeOrder ?? false };
}

function compareSteps(recording: Recording, scenario: ComparedScenario, runs: readonly Replay[]) {
  const report = { exact: 0, near: 0, aged: [] as Step[], wrong: [] as string[], skipped: new Map<string, number>() };
  for (const step of recording.steps) {
    const reason = leftOut(step, scenario);
    if (reason) {
      report.skipped.set(reason, (report.skipped.get(reason) ?? 0) + 1);
      continue;
    }
    const options = optionsOf(scenario);
    const differ = (run: Replay) => {
      if (step.exists === undefined) return differences(step, run.answers.get(step), options);
      const [recorded, simulated] = [step.content ?? undefined, run.files.get(step)];
      return recorded === simulated ? undefined : `recorded ${recorded}, simulated ${simulated}`;
    };
    const exact = differ(runs[0]!);
    const isRead = step.method === 'GET';
    const answers = runs.map((run) => run.answers.get(step));
    if (isAged(step)) report.aged.push(step);
    else if (!exact) report.exact++;
    else if (isRead && runs.some((run) => !differ(run))) report.near++;
    else if (isRead && hasCounts(step) && isBetween(step, answers, options)) report.near++;
    else report.wrong.push(`at ${step.t_ms}: ${step.method ?? ''} ${step.path ?? step.note}: ${exact}`);
  }
  return report;
}

/** One phase of the refreshes per node has to fit all its figures. */
function compareAged(
  steps: readonly Step[],
  scenario: ComparedScenario,
  runs: readonly (readonly Replay[])[],
): string[] {
  const byNode = new Map<string, { step: Step; onlyNode?: string }[]>();
  for (const step of steps) {
    const listed = step.path === '/api/v4/stats' && step.status === 200;
    const nodes = listed
      ? (JSON.parse(step.resp_body!) as { data: { node: string }[] }).data.map(({ node }) => node)
      : [];
    if (!listed) byNode.set(`via ${step.via_node}`, [...(byNode.get(`via ${step.via_node}`) ?? []), { step }]);
    for (const node of nodes) byNode.set(node, [...(byNode.get(node) ?? []), { step, onlyNode: node }]);
  }
  const wrong: string[] = [];
  for (const samples of byNode.values()) {
    const failures = runs.map((near) =>
      samples.flatMap(({ step, ...only }) => {
        const found = near.map((run) => differences(step, run.answers.get(step), { ...optionsOf(scenario), ...only }));
        return found.every(Boolean) ? [`at ${step.t_ms}: ${step.path}: ${only.onlyNode ?? ''} ${found[0]}`] : [];
      }),
    );
    wrong.push(...failures.reduce((best, other) => (other.length < best.length ? other : best)));
  }
  return wrong;
}

/** Counts that change one by one while a batch of sessions is moved. */
function hasCounts({ path = '' }: Step): boolean {
  return path === '/api/v4/nodes' || path === '/api/v4/node_eviction/status';
}

function isAged({ path = '' }: Step): boolean {
  return /\/stats|emqx_prometheus/.test(path);
}
