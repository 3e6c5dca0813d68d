import type { KubeObject } from '../kubernetes';
import type { Manifest } from '../resource';
import type { DemoEvent, DemoOptions, DemoResult } from '../sandbox/demo';
import type { ClusterManifests } from '../sandbox/quickstart';
import type { Driver } from '../upgrade';
import { EXIT, type ExitCode } from './exit';
import { interruption } from './interruption';
import { OptionReader } from './options';
import { renderPlan } from './render/plan';
import { renderReport } from './render/report';
import { count, json } from './render/text';
import { canvasOf, RunTeller } from './run-teller';
import type { Shell } from './shell';

/** The options of `demo` as they stand on the command line. */
export interface DemoFlags {
  clients: string;
  rate: string;
  driver: Driver;
  seed: string;
  file?: string;
  setVersion: string;
  output: 'text' | 'json';
}

/** More clients than that have too few ports and file descriptors on one machine. */
const MOST_CLIENTS = 20_000;

export async function runDemo(flags: DemoFlags, shell: Shell): Promise<ExitCode> {
  const options = await demoOptions(flags);
  if (flags.output === 'json') {
    shell.out.write(`${json(await play(options, shell, () => undefined), 2)}\n`);
    return EXIT.done;
  }
  const teller = new RunTeller(shell, options.cluster.metadata.name);
  const { report, native } = await play(options, shell, (event) => tell(event, teller, shell));
  teller.end();
  shell.out.write(`\n${renderReport(report, native, canvasOf(shell))}\n`);
  return EXIT.done;
}

async function play(options: DemoOptions, shell: Shell, tellEvent: (event: DemoEvent) => void): Promise<DemoResult> {
  const { demo } = await import('../sandbox/demo.js');
  const { signal, forget } = interruption(shell);
  try {
    return await demo(options, tellEvent, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    forget();
  }
}

async function demoOptions(flags: DemoFlags): Promise<DemoOptions> {
  const reader = new OptionReader();
  const clients = reader.wholeNumber('--clients', flags.clients, 1, MOST_CLIENTS, 'each is a socket of this machine');
  const rate = reader.rate('--rate', flags.rate);
  const seed = reader.seed('--seed', flags.seed);
  const version = reader.version('--set-version', flags.setVersion);
  const manifest = flags.file === undefined ? undefined : reader.manifest('--file', flags.file);
  reader.done();
  const manifests = await manifestsOf(manifest, rate);
  return { ...manifests, version, clients, stormCap: rate, driver: flags.driver, seed };
}

/** The cluster of a manifest; without one the quickstart's, with this rate. */
export async function manifestsOf(manifest: Manifest | undefined, rate: number): Promise<ClusterManifests> {
  if (manifest) return { cluster: manifest.resource, objects: manifest.others as KubeObject[] };
  return (await import('../sandbox/quickstart.js')).quickstart(rate);
}

function tell(event: DemoEvent, teller: RunTeller, shell: Shell): void {
  switch (event.kind) {
    case 'opened':
      teller.print(opened(event));
      break;
    case 'connected':
      teller.print(
        `${count(event.clients)} MQTT clients are connected (${count(event.libraryClients)} of them the npm package mqtt); ${count(event.devices)} devices are away, a message waits for each\n`,
      );
      break;
    case 'planned':
      teller.print(`${renderPlan(event.plan, canvasOf(shell))}\n`);
      break;
    case 'evacuations':
      teller.print(`.status.blueGreenUpdateStatus.evacuationsStatus\n${json(event.evacuations, 2)}`);
      break;
    case 'phase':
    case 'action':
    case 'waiting':
    case 'warning':
    case 'sample':
      teller.tell(event);
      break;
  }
}

function opened({ port, isSubstitute, service, addedService }: Extract<DemoEvent, { kind: 'opened' }>): string {
  const taken = isSubstitute ? ' (another port than asked for: that one is taken)' : '';
  const added = addedService ? `\nThe manifest brings no Service for devices: ${service} was added` : '';
  return `A simulated cluster is running; Service ${service} is reached at 127.0.0.1:${port}${taken}${added}`;
}
