import { performance } from 'node:perf_hooks';
import { type EmqxResource, MAX_CORES, servingRoleOf, versionOf, withVersion } from '../resource';
import { nearest } from '../resource/nearest';
import { stageOf } from '../sandbox/stage';
import { DEFAULT_SHARES, deviceFleet } from '../simulator/clients/device-fleet';
import { type Comparison, playAlone, serviceAlone } from '../simulator/comparison';
import { playRolling } from '../simulator/rolling';
import { type RunReport, runReport } from '../simulator/run-report';
import { play, type Scenario } from '../simulator/scenario';
import type { Driver, ProgressEvent, UpgradePlan, UpgradeRecord } from '../upgrade';
import { MOST_WILL_SECONDS, readDevices } from './devices-option';
import { EXIT, type ExitCode } from './exit';
import { writePage } from './html-file';
import type { GenerationWord } from './kinds';
import {
  asInputError,
  asSimulated,
  localKind,
  localManifest,
  localVersion,
  MOST_REPLICAS,
  manifestsOf,
  nextVersionOf,
  stageNotes,
} from './local-cluster';
import { OptionReader } from './options';
import { modelDocument } from './page/document';
import { renderChart } from './render/chart';
import { pointsOf } from './render/live';
import { renderPlan } from './render/plan';
import { renderReport } from './render/report';
import { advance, emptyView, type RunView } from './render/run-view';
import { json, time } from './render/text';
import { canvasOf } from './run-reporter';
import type { Shell } from './shell';
import { SimulationProgress } from './simulation-progress';

/** The options of `simulate` as they stand on the command line. */
export interface SimulateFlags {
  file?: string;
  /** Of the quickstart, where no manifest is given. */
  generation?: GenerationWord;
  clients: string;
  /** Their libraries in percent, or a file with them. */
  devices?: string;
  /** Delay of the will that each of them has, s. */
  will?: string;
  replicas?: string;
  rate?: string;
  offlineBudget?: string;
  driver: Driver;
  operator: NonNullable<Scenario['operator']>;
  /** In which other ways it is simulated, with commas between them. */
  compare: string;
  seed: string;
  setVersion?: string;
  /** File for the report as a page. */
  html?: string;
  output: 'text' | 'json';
}

/** Half a million take about 1.5 GB of memory. */
const MOST_CLIENTS = 500_000;
/** Rate of the quickstart's cluster, where none is given. */
const QUICKSTART_RATE = 300;
const CHART_LINES = 16;

/** Simulates an upgrade in virtual time, and for comparison the same one in other ways. */
export async function runSimulate(flags: SimulateFlags, shell: Shell): Promise<ExitCode> {
  const { setting, ways, notes } = await settingOf(flags);
  const isText = flags.output === 'text';
  const canvas = canvasOf(shell);
  if (isText) shell.out.write(`${[MODEL, ...notes].join('\n')}\n\n`);
  const began = performance.now();
  const progress = new SimulationProgress(shell, isText);
  const tellPlan = (plan: UpgradePlan) => {
    if (isText) shell.out.write(`${renderPlan(plan, canvas)}\n\n`);
  };
  const ours = await asSimulated(outcome(setting, flags.driver, tellPlan, progress));
  const { native, rolling } = await asInputError(comparisons(setting, ways, ours, progress));
  progress.end();
  const others = [native, rolling].filter((one) => one !== undefined);
  const document = modelDocument('simulation', setting.cluster.metadata, ours.record, ours.report, others);
  if (!isText) {
    const { plan, report } = ours;
    shell.out.write(`${json({ plan, report, native, rolling, record: document }, 2)}\n`);
    await writePage(flags.html, document, shell);
    return EXIT.done;
  }
  const blocks = [
    renderChart(pointsOf(ours.view), { ...canvas, height: CHART_LINES }).join('\n'),
    renderReport(ours.report, others, canvas),
    `${time(progress.simulatedMs)} were simulated in ${time(performance.now() - began)}.`,
  ];
  shell.out.write(`${blocks.join('\n\n')}\n`);
  await writePage(flags.html, document, shell);
  return EXIT.done;
}

const MODEL =
  'This is a model in virtual time: no cluster was touched. docs/simulator.md states what of it was measured and what is left out.';

/** What does not depend on the driver. */
type Setting = Omit<Scenario, 'driver'>;

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

/** The same upgrade in other ways. */
async function comparisons(
  setting: Setting,
  ways: readonly Way[],
  { report }: Outcome,
  progress: SimulationProgress,
): Promise<Partial<Record<'native' | 'rolling', Comparison>>> {
  const alone = { ...setting, progress: (event: ProgressEvent) => progress.see(event, NAMES.operator) };
  return {
    ...(ways.includes('operator') && report.driver === 'pilot' && { native: await playAlone(alone) }),
    ...(ways.includes('rolling') && { rolling: await playRolling(setting, report.capPerSecond) }),
  };
}

const NAMES: Readonly<Record<Driver, string>> = { pilot: 'by the pilot', operator: 'by the operator alone' };

/** In what other ways the same upgrade is simulated, for comparison. */
const WAYS = ['operator', 'rolling'] as const;
type Way = (typeof WAYS)[number];

function readWays(reader: OptionReader, value: string): Way[] {
  const names = value.split(',').map((name) => name.trim());
  const ways = WAYS.filter((way) => names.includes(way));
  for (const name of names.filter((each) => !WAYS.some((way) => way === each))) {
    const similar = nearest(name, WAYS);
    reader.problem({
      path: '--compare',
      value: name,
      bound: 'operator or rolling, or both with a comma between them',
      reason: 'an upgrade by the operator alone and a rolling restart are what others do',
      fix: similar ? `did you mean '${similar}'?` : 'give one of them',
    });
  }
  return ways;
}

async function settingOf(flags: SimulateFlags): Promise<{ setting: Setting; ways: Way[]; notes: string[] }> {
  const reader = new OptionReader();
  const clients = reader.wholeNumber('--clients', flags.clients, 1, MOST_CLIENTS, 'each takes some memory');
  const given = flags.devices === undefined ? DEFAULT_SHARES : readDevices(reader, flags.devices);
  const will =
    flags.will === undefined
      ? undefined
      : reader.wholeNumber('--will', flags.will, 0, MOST_WILL_SECONDS, 'it is the delay of wills in seconds');
  const shares = will === undefined ? given : given.map((share) => ({ willDelaySeconds: will, ...share }));
  const ways = readWays(reader, flags.compare);
  const replicas =
    flags.replicas === undefined
      ? undefined
      : reader.wholeNumber('--replicas', flags.replicas, 1, MOST_REPLICAS, 'it is a number of nodes');
  const rate = flags.rate === undefined ? undefined : reader.rate('--rate', flags.rate);
  const offlineBudget =
    flags.offlineBudget === undefined ? undefined : reader.offlineBudget('--offline-budget', flags.offlineBudget);
  const seed = reader.seed('--seed', flags.seed);
  reader.outputFile('--html', flags.html);
  const manifest = localManifest(reader, flags.file, replicas);
  const kind = localKind(manifest, flags.generation);
  const version = localVersion(reader, manifest, flags);
  if (kind === 'EMQX') checkForEmqx(reader, flags, manifest?.resource);
  reader.done();
  const manifests = await manifestsOf(manifest, kind, rate ?? QUICKSTART_RATE);
  const stage = stageOf({ ...manifests, cluster: withReplicas(manifests.cluster, replicas) });
  const { cluster, objects, entry } = stage;
  const offline = Math.ceil(clients / 10);
  const setting: Setting = {
    seed,
    operator: flags.operator,
    cluster,
    objects,
    service: entry,
    desired: withVersion(cluster, version ?? nextVersionOf(versionOf(cluster))),
    ...(rate !== undefined && { stormCap: rate }),
    ...(offlineBudget !== undefined && { limits: { offlineBudget } }),
    fleet: deviceFleet(shares, clients, offline),
    connectPerSecond: Math.max(1_000, clients / 20),
  };
  return { setting, ways, notes: stageNotes(entry, cluster.metadata.name, stage) };
}

/** What only applies to the other kind, or has other bounds there. */
function checkForEmqx(reader: OptionReader, flags: SimulateFlags, cluster: EmqxResource | undefined): void {
  const { operator, replicas } = flags;
  if (operator !== 'stock') {
    reader.problem({
      path: '--operator',
      value: operator,
      bound: 'stock for EMQX 5 and 6',
      reason: 'only of an EmqxEnterprise the operator removes nodes before they are evacuated',
      fix: 'leave it out',
    });
  }
  if (replicas === undefined || (cluster?.kind === 'EMQX' && servingRoleOf(cluster) === 'replicant')) return;
  const reason = 'these are cores, and operator 2.2 never reports more than ten of them as Ready';
  reader.wholeNumber('--replicas', replicas, 1, MAX_CORES, reason);
}

/** With this number of the nodes that devices connect to. */
function withReplicas(cluster: EmqxResource, replicas: number | undefined): EmqxResource {
  if (replicas === undefined) return cluster;
  if (cluster.kind !== 'EMQX') return { ...cluster, spec: { ...cluster.spec, replicas } };
  const field = `${servingRoleOf(cluster)}Template` as const;
  const template = cluster.spec[field];
  return { ...cluster, spec: { ...cluster.spec, [field]: { ...template, spec: { ...template?.spec, replicas } } } };
}
