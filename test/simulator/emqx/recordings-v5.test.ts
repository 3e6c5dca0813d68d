import { existsSync } from 'node:fs';
import { differences, isBetween } from './recordings/compare';
import { compareEvents } from './recordings/events';
import { loadSeries, loadV5, RECORDINGS_V5, type Recording, SERIES_V5, type Step } from './recordings/recording';
import { Replay } from './recordings/replay';
import { notModelled, SCENARIOS_V5, type ScenarioV5, SERIES_SCENARIOS } from './recordings/scenarios-v5';
import { compareSeries } from './recordings/series';

/** As for 4.4: recorded ticks come some ms later each second than the simulated ones, and reads take some ms. */
const TICK_TOLERANCE_MS = 100;
/** `/stats` shows figures that a node refreshes each 2 s: they are right when they were so within that time. */
const NEAR_MS = [0, -TICK_TOLERANCE_MS, TICK_TOLERANCE_MS, -700, -1_400, -2_100];
const SEED = 1;

function suiteFor(name: string, folder: string) {
  const isThere = existsSync(folder);
  if (!isThere) console.log(`${name} are not at ${folder}: their replay is skipped`);
  return isThere ? describe : describe.skip;
}

async function replayed(recording: Recording, scenario: ScenarioV5, shift: number): Promise<Replay> {
  const replay = new Replay(recording, scenario, shift, 0, SEED);
  await replay.run();
  return replay;
}

suiteFor('recordings of EMQX 5.8.9', RECORDINGS_V5)('recordings of EMQX 5.8.9 are reproduced', () => {
  test.each(SCENARIOS_V5.map((scenario) => [scenario.file, scenario] as const))('%s', async (file, scenario) => {
    const recording = loadV5(file);
    const near = await Promise.all(NEAR_MS.map((shift) => replayed(recording, scenario, shift)));
    const steps = compareSteps(recording, scenario, near);
    const events = compareEvents(recording, scenario, near[0]!, TICK_TOLERANCE_MS);
    console.log(
      `${file}: ${summary(steps)}, ${events.count} client events; left out: ${skipped(scenario, steps, events)}`,
    );
    expect([...steps.wrong, ...events.wrong]).toEqual([]);
    expect(steps.exact).toBeGreaterThan(0);
  });
});

suiteFor('recordings of EMQX 5.8.9 and 6.2.0', SERIES_V5)('recordings of EMQX 5.8.9 and 6.2.0 are reproduced', () => {
  test.each(SERIES_SCENARIOS.map((scenario) => [scenario.file, scenario] as const))('%s', async (file, scenario) => {
    const recording = loadSeries(file);
    const replay = new Replay(recording, scenario, 0, 0, SEED);
    const series = compareSeries(recording, replay, scenario.isSteady ?? false);
    await replay.run();
    const steps = compareSteps(recording, scenario, [replay]);
    const sampled = series.compare();
    console.log(
      `${file}: ${summary(steps)}, ${sampled.count} sampled values; left out: ${skipped(scenario, steps, sampled)}`,
    );
    expect([...steps.wrong, ...sampled.wrong]).toEqual([]);
    expect(steps.exact + sampled.count).toBeGreaterThan(0);
  });

  test('the silent loss: what clients found, and what they did not get', async () => {
    const scenario = SERIES_SCENARIOS.find(({ file }) => file === '5.8.9-09-ds-membership')!;
    const replay = await replayed(loadSeries(scenario.file), scenario, 0);
    const found = (from: number, to: number) => {
      const seen = replay.seen.filter(({ t_ms, client }) => t_ms > from && t_ms < to && /^p\d/.test(client));
      return {
        present: seen.filter(({ sessionPresent }) => sessionPresent).length,
        messages: seen.filter(({ type }) => type === 'publish_received').length,
      };
    };
    expect(found(16_000, 21_000)).toEqual({ present: 20, messages: 60 });
    expect(found(55_900, 62_000)).toEqual({ present: 8, messages: 0 });
    expect(found(84_000, 95_000)).toEqual({ present: 8, messages: 8 });
  });
});

function compareSteps(recording: Recording, scenario: ScenarioV5, runs: readonly Replay[]) {
  const report = { exact: 0, near: 0, wrong: [] as string[], skipped: new Map<string, number>() };
  const { fresh = false, nodeOrder = false, without = {} } = scenario;
  const options = { fresh, nodeOrder, without: Object.keys(without) };
  for (const step of recording.steps) {
    const reason = leftOut(step, scenario);
    if (reason) {
      report.skipped.set(reason, (report.skipped.get(reason) ?? 0) + 1);
      continue;
    }
    const answers = runs.map((run) => run.answers.get(step));
    const exact = differences(step, answers[0], options);
    const isRead = step.method === 'GET';
    if (!exact) report.exact++;
    else if (isRead && answers.slice(0, 3).some((answer) => !differences(step, answer, options))) report.near++;
    else if (/\/(stats|nodes)\b/.test(step.path ?? '') && isBetween(step, answers, options)) report.near++;
    else report.wrong.push(`at ${step.t_ms}: ${step.method} ${step.path} ${step.req_body ?? ''}: ${exact}`);
  }
  return report;
}

function leftOut(step: Step, scenario: ScenarioV5): string | undefined {
  if (step.cli) return 'emqx ctl';
  if (!step.method) return 'notes';
  return notModelled(step) ?? scenario.leftOut?.(step);
}

function summary({ exact, near }: { exact: number; near: number }): string {
  return `${exact} steps equal, ${near} within ${TICK_TOLERANCE_MS} ms or their refresh`;
}

function skipped({ without = {} }: ScenarioV5, ...reports: { skipped: Map<string, number> }[]): string {
  const counted = reports.flatMap((report) => [...report.skipped].map(([reason, count]) => `${count} × ${reason}`));
  const reasons = [...new Set(Object.values(without))];
  const fields = reasons.map((reason) => {
    const names = Object.keys(without).filter((name) => without[name] === reason);
    return `${names.join(' ')}: ${reason}`;
  });
  return [...counted, ...fields].join(', ') || 'nothing';
}
