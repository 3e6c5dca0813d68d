import { performance } from 'node:perf_hooks';
import { DEFAULT_NAMESPACE, type EmqxEnterprise, TRAFFIC_LABEL, withDefaults } from '../resource';
import { trafficService } from '../sandbox/traffic-service';
import { mixedFleet } from '../simulator/clients/client-group';
import { type RunReport, runReport } from '../simulator/run-report';
import { play, type Scenario } from '../simulator/scenario';
import type { Driver, UpgradePlan } from '../upgrade';
import { manifestsOf } from './demo';
import { EXIT, type ExitCode } from './exit';
import { OptionReader } from './options';
import { renderChart } from './render/chart';
import { pointsOf } from './render/live';
import { renderPlan } from './render/plan';
import { renderReport } from './render/report';
import { advance, emptyView, type RunView } from './render/run-view';
import { json, time } from './render/text';
import { canvasOf } from './run-teller';
import type { Shell } from './shell';
import { withVersion } from './wanted';

/** The options of `simulate` as they stand on the command line. */
export interface SimulateFlags {
  file?: string;
  clients: string;
  replicas?: string;
  rate?: string;
  driver: Driver;
  operator: NonNullable<Scenario['operator']>;
  seed: string;
  setVersion: string;
  output: 'text' | 'json';
}

/** Half a million take some 1.5 GB of memory. */
const MOST_CLIENTS = 500_000;
const MOST_REPLICAS = 100;
/** Of the quickstart's cluster, where no rate is given. */
const QUICKSTART_RATE = 300;
const CHART_LINES = 16;

/** Plays an upgrade in virtual time, and the same one by the operator alone beside it. */
export async function runSimulate(flags: SimulateFlags, shell: Shell): Promise<ExitCode> {
  const scenario = await scenarioOf(flags);
  if (flags.output === 'text') shell.out.write(`${MODEL}\n\n`);
  const began = performance.now();
  const ours = await outcome(scenario, flags.driver);
  const native = flags.driver === 'pilot' ? await outcome(scenario, 'operator') : undefined;
  if (flags.output === 'json') {
    const { plan, report } = ours;
    shell.out.write(`${json({ plan, report, native: native?.report }, 2)}\n`);
    return EXIT.done;
  }
  const canvas = canvasOf(shell);
  const simulatedMs = ours.simulatedMs + (native?.simulatedMs ?? 0);
  const blocks = [
    renderPlan(ours.plan, canvas),
    renderChart(pointsOf(ours.view), { ...canvas, height: CHART_LINES }).join('\n'),
    renderReport(ours.report, native?.report, canvas),
    `${time(simulatedMs)} were simulated in ${time(performance.now() - began)}.`,
  ];
  shell.out.write(`${blocks.join('\n\n')}\n`);
  return EXIT.done;
}

const MODEL =
  'This is a model in virtual time: no cluster was touched. docs/simulator.md says what of it was measured and what is left out.';

interface Outcome {
  plan: UpgradePlan;
  report: RunReport;
  view: RunView;
  simulatedMs: number;
}

/** What does not depend on who upgrades. */
type Setting = Omit<Scenario, 'driver' | 'service'> & { entry: string };

async function outcome({ entry, ...setting }: Setting, driver: Driver): Promise<Outcome> {
  const { name } = setting.cluster.metadata;
  let view = emptyView(name);
  const { plan, upgrade, clients, sessionsMoved, simulatedMs } = await play({
    ...setting,
    driver,
    // The operator's own Service has the ready pods of both sets behind it.
    service: driver === 'pilot' ? entry : (setting.cluster.spec.serviceTemplate?.metadata?.name ?? name),
    progress: (event) => {
      view = advance(view, event);
    },
  });
  return { plan, report: runReport(upgrade, clients, sessionsMoved), view, simulatedMs };
}

async function scenarioOf(flags: SimulateFlags): Promise<Setting> {
  const reader = new OptionReader();
  const clients = reader.wholeNumber('--clients', flags.clients, 1, MOST_CLIENTS, 'each takes some memory');
  const replicas =
    flags.replicas === undefined
      ? undefined
      : reader.wholeNumber('--replicas', flags.replicas, 1, MOST_REPLICAS, 'it is a number of nodes');
  const rate = flags.rate === undefined ? undefined : reader.rate('--rate', flags.rate);
  const seed = reader.seed('--seed', flags.seed);
  const version = reader.version('--set-version', flags.setVersion);
  const manifest = flags.file === undefined ? undefined : reader.manifest('--file', flags.file);
  reader.done();
  const manifests = await manifestsOf(manifest, rate ?? QUICKSTART_RATE);
  const cluster = withReplicas(withDefaults(manifests.cluster), replicas);
  const { name, namespace = DEFAULT_NAMESPACE } = cluster.metadata;
  const own = manifests.objects.find(({ metadata }) => metadata.labels?.[TRAFFIC_LABEL] === name);
  const entry = own ?? trafficService(cluster, 32_010);
  return {
    seed,
    namespace,
    operator: flags.operator,
    cluster,
    objects: own ? manifests.objects : [...manifests.objects, entry],
    entry: entry.metadata.name,
    desired: withVersion(cluster, version),
    stormCap: rate,
    fleet: mixedFleet(clients, Math.ceil(clients / 10)),
    connectPerSecond: Math.max(1_000, clients / 20),
  };
}

function withReplicas(cluster: EmqxEnterprise, replicas: number | undefined): EmqxEnterprise {
  return replicas === undefined ? cluster : { ...cluster, spec: { ...cluster.spec, replicas } };
}
