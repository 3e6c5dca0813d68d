import { versionOf } from '../resource';
import type { DemoEvent, DemoOptions, DemoResult } from '../sandbox/demo';
import type { Driver, Pacing } from '../upgrade';
import { readDevices } from './devices-option';
import { EXIT, type ExitCode } from './exit';
import { writePage } from './html-file';
import { interruption } from './interruption';
import type { GenerationWord } from './kinds';
import {
  asSimulated,
  localKind,
  localManifest,
  localVersion,
  manifestsOf,
  nextVersionOf,
  stageNotes,
} from './local-cluster';
import { OptionReader } from './options';
import { modelDocument, type ReportDocument } from './page/document';
import { renderPlan } from './render/plan';
import { renderReport } from './render/report';
import { count, json, time } from './render/text';
import { canvasOf, RunReporter } from './run-reporter';
import type { Shell } from './shell';

/** The options of `demo` as they stand on the command line. */
export interface DemoFlags {
  clients: string;
  /** Their libraries in percent, or a file with them. */
  devices?: string;
  rate?: string;
  pacing?: Pacing;
  offlineBudget?: string;
  driver: Driver;
  seed: string;
  file?: string;
  /** Of the quickstart, where no manifest is given. */
  generation?: GenerationWord;
  setVersion?: string;
  /** File for the report as a page. */
  html?: string;
  output: 'text' | 'json';
}

/** For more clients, one machine has too few ports and file descriptors. */
const MOST_CLIENTS = 20_000;
/** Rate of the quickstart's cluster, where none is given. */
const QUICKSTART_RATE = 300;

export async function runDemo(flags: DemoFlags, shell: Shell): Promise<ExitCode> {
  const options = await demoOptions(flags);
  if (flags.output === 'json') {
    const result = await play(options, shell, (event) => reportDuration(event, shell));
    const document = documentOf(options, result);
    shell.out.write(`${json({ ...result, record: document }, 2)}\n`);
    await writePage(flags.html, document, shell);
    return EXIT.done;
  }
  const { name } = options.cluster.metadata;
  const reporter = new RunReporter(shell, name);
  const result = await play(options, shell, (event) => reportEvent(event, name, reporter, shell));
  reporter.end();
  shell.out.write(`\n${renderReport(result.report, [result.native], canvasOf(shell))}\n`);
  await writePage(flags.html, documentOf(options, result), shell);
  return EXIT.done;
}

function documentOf({ cluster }: DemoOptions, { record, report, native }: DemoResult): ReportDocument {
  return modelDocument('demo', cluster.metadata, record, report, [native]);
}

async function play(options: DemoOptions, shell: Shell, tellEvent: (event: DemoEvent) => void): Promise<DemoResult> {
  const { demo } = await import('../sandbox/demo.js');
  const { signal, forget } = interruption(shell);
  try {
    return await asSimulated(demo(options, tellEvent, signal));
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    forget();
  }
}

async function demoOptions(flags: DemoFlags): Promise<DemoOptions> {
  const reader = new OptionReader();
  const clients = reader.wholeNumber('--clients', flags.clients, 1, MOST_CLIENTS, 'each is a socket on this machine');
  const devices = flags.devices === undefined ? undefined : readDevices(reader, flags.devices);
  if (devices?.some(({ willDelaySeconds }) => willDelaySeconds !== undefined)) {
    reader.problem({
      path: '--devices',
      value: 'will',
      bound: 'devices without will',
      reason: 'a demo does not count wills',
      fix: 'leave it out, or use simulate',
    });
  }
  const rate = flags.rate === undefined ? undefined : reader.rate('--rate', flags.rate);
  const offlineBudget =
    flags.offlineBudget === undefined ? undefined : reader.offlineBudget('--offline-budget', flags.offlineBudget);
  const seed = reader.seed('--seed', flags.seed);
  reader.outputFile('--html', flags.html);
  const manifest = localManifest(reader, flags.file);
  const kind = localKind(manifest, flags.generation);
  const version = localVersion(reader, manifest, flags);
  reader.done();
  const manifests = await manifestsOf(manifest, kind, rate ?? QUICKSTART_RATE);
  const { driver } = flags;
  return {
    ...manifests,
    version: version ?? nextVersionOf(versionOf(manifests.cluster)),
    clients,
    ...(devices && { devices }),
    ...(rate !== undefined && { stormCap: rate }),
    ...(flags.pacing && { pacing: flags.pacing }),
    ...(offlineBudget !== undefined && { limits: { offlineBudget } }),
    driver,
    seed,
  };
}

/** JSON is written only at the end: until then, standard error says how long it takes. */
function reportDuration(event: DemoEvent, { err }: Shell): void {
  if (event.kind !== 'planned' || event.plan.estimateMs === null) return;
  err.write(`the upgrade takes about ${time(event.plan.estimateMs)}\n`);
}

function reportEvent(event: DemoEvent, cluster: string, reporter: RunReporter, shell: Shell): void {
  switch (event.kind) {
    case 'opened':
      reporter.print(openedText(event, cluster));
      break;
    case 'connected':
      reporter.print(
        `${count(event.clients)} MQTT clients are connected (${count(event.libraryClients)} of them the npm package mqtt); ${count(event.devices)} devices are offline, each with a queued message\n`,
      );
      break;
    case 'planned':
      reporter.print(`${renderPlan(event.plan, canvasOf(shell))}\n`);
      break;
    case 'comparing':
      if (!shell.out.isTTY) reporter.print('for comparison, the same upgrade by the operator alone, in virtual time');
      break;
    case 'evacuations':
      reporter.print(`${event.path}\n${json(event.evacuations, 2)}`);
      break;
    case 'phase':
    case 'action':
    case 'waiting':
    case 'warning':
    case 'sample':
      reporter.report(event);
      break;
  }
}

function openedText(event: Extract<DemoEvent, { kind: 'opened' }>, cluster: string): string {
  const { port, isSubstitute, service } = event;
  const taken = isSubstitute ? ' (the requested port is in use)' : '';
  return [
    `A simulated cluster is running; Service ${service} is available at 127.0.0.1:${port}${taken}`,
    ...stageNotes(service, cluster, event),
  ].join('\n');
}
