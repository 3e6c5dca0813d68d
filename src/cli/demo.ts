import pico from 'picocolors';
import type { KubeObject } from '../kubernetes';
import { readManifest } from '../resource';
import type { DemoEvent, DemoOptions } from '../sandbox/demo';
import type { ClusterManifests } from '../sandbox/quickstart';
import type { Driver, ProgressEvent } from '../upgrade';
import { OptionReader } from './options';
import { liveFrame, logLine } from './render/live';
import { renderPlan } from './render/plan';
import { renderReport } from './render/report';
import { advance, emptyView, type RunView } from './render/run-view';
import { count } from './render/text';
import { Screen } from './screen';

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

export async function runDemo(flags: DemoFlags): Promise<void> {
  const options = await demoOptions(flags);
  const { demo } = await import('../sandbox/demo.js');
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort(new Error('interrupted')));
  const teller = flags.output === 'json' ? { tell: () => undefined, end: () => undefined } : tellerFor(options);
  const { plan, report, native } = await demo(options, (event) => teller.tell(event), interrupted.signal);
  teller.end();
  if (flags.output === 'json') {
    process.stdout.write(`${JSON.stringify({ plan, report, native }, null, 2)}\n`);
    return;
  }
  const canvas = { style: pico, width: process.stdout.columns ?? 100 };
  process.stdout.write(`\n${renderReport(report, native, canvas)}\n`);
}

async function demoOptions(flags: DemoFlags): Promise<DemoOptions> {
  const reader = new OptionReader();
  const clients = reader.wholeNumber('--clients', flags.clients, 1, MOST_CLIENTS, 'each is a socket of this machine');
  const rate = reader.wholeNumber('--rate', flags.rate, 1, 1_000_000, 'it is a number of disconnects per second');
  const seed = reader.wholeNumber('--seed', flags.seed, 0, 2 ** 32 - 1, 'the random numbers start from 32 bits');
  const version = reader.version('--set-version', flags.setVersion);
  const text = flags.file === undefined ? undefined : reader.text('--file', flags.file);
  reader.done();
  const manifests = text === undefined ? await quickstart(rate) : manifestsOf(text, flags.file ?? '');
  return { ...manifests, version, clients, stormCap: rate, driver: flags.driver, seed };
}

async function quickstart(rate: number): Promise<ClusterManifests> {
  return (await import('../sandbox/quickstart.js')).quickstart(rate);
}

function manifestsOf(text: string, file: string): ClusterManifests {
  const { resource, others } = readManifest(text, file === '-' ? 'standard input' : file);
  return { cluster: resource, objects: others as KubeObject[] };
}

interface Teller {
  tell(event: DemoEvent): void;
  end(): void;
}

/** A picture that lives on a terminal, lines of a log elsewhere. */
function tellerFor(options: DemoOptions): Teller {
  const screen = process.stdout.isTTY ? new Screen(process.stdout) : undefined;
  const print = (text: string) => (screen ? screen.print(text) : process.stdout.write(`${text}\n`));
  let view: RunView = emptyView(options.cluster.metadata.name, options.stormCap ?? 0);
  const follow = (event: ProgressEvent) => {
    const line = screen ? undefined : logLine(event, view);
    view = advance(view, event);
    if (line !== undefined) print(line);
    screen?.draw(liveFrame(view, { style: pico, width: screen.width, height: screen.height }));
  };
  const tell = (event: DemoEvent) => {
    switch (event.kind) {
      case 'opened':
        return print(opened(event));
      case 'connected':
        return print(
          `${count(event.clients)} MQTT clients are connected (${count(event.libraryClients)} of them the npm package mqtt); ${count(event.devices)} devices are away, a message waits for each\n`,
        );
      case 'planned':
        return print(`${renderPlan(event.plan, { style: pico, width: screen?.width ?? 100 })}\n`);
      case 'evacuations':
        return print(`.status.blueGreenUpdateStatus.evacuationsStatus\n${JSON.stringify(event.evacuations, null, 2)}`);
      case 'phase':
      case 'action':
      case 'waiting':
      case 'warning':
      case 'sample':
        return follow(event);
    }
  };
  return { tell: (event) => void tell(event), end: () => screen?.leave() };
}

function opened({ port, isSubstitute, service, addedService }: Extract<DemoEvent, { kind: 'opened' }>): string {
  const taken = isSubstitute ? ' (another port than asked for: that one is taken)' : '';
  const added = addedService ? `\nThe manifest brings no Service for devices: ${service} was added` : '';
  return `A simulated cluster is running; Service ${service} is reached at 127.0.0.1:${port}${taken}${added}`;
}
