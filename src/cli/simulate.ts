import { performance } from 'node:perf_hooks';
import { notModelledIn } from '../simulator/caps';
import { type Comparison, serviceAlone } from '../simulator/comparison';
import { type RunReport, runReport } from '../simulator/run-report';
import { play } from '../simulator/scenario';
import type { Driver, UpgradePlan, UpgradeRecord } from '../upgrade';
import { EXIT, type ExitCode } from './exit';
import { writePage } from './html-file';
import { asInputError, asSimulated } from './local-cluster';
import { modelDocument } from './page/document';
import { renderChart } from './render/chart';
import { pointsOf } from './render/live';
import { renderPlan } from './render/plan';
import { renderReport } from './render/report';
import { advance, emptyView, type RunView } from './render/run-view';
import { json, time, wrap } from './render/text';
import { canvasOf } from './run-reporter';
import type { Shell } from './shell';
import { MODEL, runCaps } from './simulate-caps';
import { type Setting, type SimulateFlags, settingOf, type Way } from './simulate-setting';
import { SimulationProgress } from './simulation-progress';
import { Simulations } from './simulations';

const CHART_LINES = 16;

/** Simulates an upgrade in virtual time, and for comparison the same one in other ways; or with several caps. */
export async function runSimulate(flags: SimulateFlags, shell: Shell): Promise<ExitCode> {
  if (flags.cap !== undefined) return runCaps(flags, shell);
  const { setting, clients, offline, ways, notes } = await settingOf(flags, shell);
  const isText = flags.output === 'text';
  const canvas = canvasOf(shell);
  if (isText) shell.out.write(`${[MODEL, ...notes].join('\n')}\n\n`);
  const began = performance.now();
  const progress = new SimulationProgress(shell, isText);
  const simulations = new Simulations({ thread: shell.simulationThread, devices: clients + offline, others: 1 });
  let others: ReturnType<typeof comparisons> | undefined;
  const compare = (capPerSecond: number) => {
    others ??= comparisons(simulations, { setting, ways, capPerSecond, driver: flags.driver, progress });
    others.catch(() => undefined); // it is thrown where it is waited for
    return others;
  };
  const planned = (plan: UpgradePlan) => {
    if (isText) shell.out.write(`${renderPlan(plan, canvas)}\n\n`);
    if (simulations.areApart) void compare(plan.capPerSecond);
  };
  const { ours, native, rolling } = await (async () => {
    const ours = await asSimulated(outcome(setting, flags.driver, planned, progress));
    return { ours, ...(await asInputError(compare(ours.report.capPerSecond))) };
  })().finally(() => simulations.end());
  progress.end();
  const compared = [native, rolling].filter((one) => one !== undefined);
  const document = modelDocument('simulation', setting.cluster.metadata, ours.record, ours.report, compared);
  if (!isText) {
    const { plan, report } = ours;
    shell.out.write(`${json({ plan, report, native, rolling, record: document }, 2)}\n`);
    await writePage(flags.html, document, shell);
    return EXIT.done;
  }
  const blocks = [
    renderChart(pointsOf(ours.view), { ...canvas, height: CHART_LINES }).join('\n'),
    renderReport(ours.report, compared, canvas),
    ...(notModelledIn(ours.plan) === undefined ? [] : [wrap(NO_LIMIT, canvas.width).join('\n')]),
    `${time(progress.simulatedMs)} were simulated in ${time(performance.now() - began)}.`,
  ];
  shell.out.write(`${blocks.join('\n\n')}\n`);
  await writePage(flags.html, document, shell);
  return EXIT.done;
}

/** Below the results of an upgrade whose rate real nodes would not accept. */
const NO_LIMIT =
  'Nodes of the model accept any number of connections per second. Real ones do not, see accept-rate above: devices that are too many would wait, or be refused.';

interface Outcome {
  plan: UpgradePlan;
  report: RunReport;
  record: UpgradeRecord;
  view: RunView;
}

async function outcome(
  setting: Setting,
  driver: Driver,
  planned: (plan: UpgradePlan) => void,
  progress: SimulationProgress,
): Promise<Outcome> {
  let view = emptyView(setting.cluster.metadata.name);
  const result = await play({
    ...setting,
    driver,
    service: driver === 'pilot' ? setting.service : serviceAlone(setting.cluster, setting.service),
    planned,
    progress: (event) => {
      view = advance(view, event);
      progress.see(event, NAMES[driver]);
    },
  });
  const { plan, upgrade } = result;
  return { plan, report: runReport(upgrade, result), record: upgrade, view };
}

interface Compared {
  setting: Setting;
  ways: readonly Way[];
  driver: Driver;
  capPerSecond: number;
  progress: SimulationProgress;
}

/** The same upgrade in other ways. */
async function comparisons(
  simulations: Simulations,
  { setting, ways, driver, capPerSecond, progress }: Compared,
): Promise<Partial<Record<'native' | 'rolling', Comparison>>> {
  const asked = { scenario: setting, capPerSecond };
  const [native, rolling] = await Promise.all([
    ways.includes('operator') && driver === 'pilot'
      ? simulations.play({ way: 'operator', ...asked }, (seen) => progress.see(seen, NAMES.operator))
      : undefined,
    ways.includes('rolling') ? simulations.play({ way: 'rolling', ...asked }, () => undefined) : undefined,
  ]);
  return { ...(native && { native }), ...(rolling && { rolling }) };
}

const NAMES: Readonly<Record<Driver, string>> = { pilot: 'by the pilot', operator: 'by the operator alone' };
