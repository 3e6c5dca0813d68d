import { spawn } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { KubernetesApiServer } from '../src/sandbox/kubernetes-api/kubernetes-api-server';
import { FleetAtRest } from './fleet-at-rest';

/** The package as it is shipped (`npm run build`). */
const COMMAND = path.resolve(__dirname, '../dist/cli/main.js');

/** How long a runner is at rest, and how long it is measured then, ms: three passes of the operator each. */
const WINDOW_MS = 60_000;
/** Templates that are changed one after the other. */
const CHANGES = 5;

interface Fleet {
  clusters: number;
  namespaces: number;
  /** At most. */
  bounds: { megabytes: number; cpuPercent: number; requestsPerMinute: number; reactSeconds: number };
}

/** The operator creates a new set 1 s after a template was changed: before that there is nothing to upgrade to. */
const FLEETS: readonly Fleet[] = [
  { clusters: 50, namespaces: 1, bounds: { megabytes: 120, cpuPercent: 1, requestsPerMinute: 30, reactSeconds: 10 } },
  {
    clusters: 1_000,
    namespaces: 100,
    bounds: { megabytes: 200, cpuPercent: 10, requestsPerMinute: 30, reactSeconds: 10 },
  },
];

/** A runner as a process of its own on clusters at rest: memory, CPU, requests to the API server, and how soon it notices a change. */
export async function runner(print: (line: string) => void): Promise<string[]> {
  if (process.platform !== 'linux') {
    print('\nThe runner: skipped, memory is read from /proc');
    return [];
  }
  const misses: string[] = [];
  for (const fleet of FLEETS) {
    const title = `A runner that follows ${fleet.clusters.toLocaleString('en')} clusters in ${fleet.namespaces === 1 ? 'one namespace' : `${fleet.namespaces} namespaces`}`;
    print(`\n${title}`);
    for (const [what, value, bound, unit] of await measured(fleet)) {
      const text = `${what} ${value.toFixed(bound < 5 ? 2 : 0)} ${unit} (at most ${bound})`;
      print(`  ${text}`);
      if (value > bound) misses.push(`${title}: ${text}`);
    }
  }
  return misses;
}

type Row = [what: string, value: number, bound: number, unit: string];

async function measured({ clusters, namespaces, bounds }: Fleet): Promise<Row[]> {
  const fleet = await FleetAtRest.of(clusters, namespaces);
  const api = new KubernetesApiServer({ store: fleet.store, loopbackPortOf: () => undefined });
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-'));
  const kubeconfig = path.join(folder, 'kubeconfig');
  await api.start();
  writeFileSync(kubeconfig, api.kubeconfig());
  const still = fleet.live();
  const words = ['runner', '-A', '--namespace', 'default', '--port', '0', '--kubeconfig', kubeconfig];
  const child = spawn(process.execPath, [COMMAND, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  let requests = 0;
  const count = () => requests++;
  subscribe('http.server.request.start', count);
  try {
    const states = new Map<string, string>();
    let changed = () => {};
    createInterface({ input: child.stdout }).on('line', (text) => {
      const told = JSON.parse(text) as { kind: string; state?: string; cluster?: { name: string } };
      if (told.kind !== 'cluster' || !told.cluster) return;
      states.set(told.cluster.name, told.state ?? '');
      changed();
    });
    const until = async (reached: () => boolean) => {
      while (!reached()) {
        if (child.exitCode !== null) throw new Error(`the runner ends with ${child.exitCode}`);
        await new Promise<void>((resolve) => {
          changed = resolve;
        });
      }
    };
    await until(() => [...states.values()].filter((state) => state === 'at-rest').length === clusters);
    await sleep(WINDOW_MS);
    const pid = child.pid!;
    const before = { cpu: cpuOf(pid), requests, at: performance.now() };
    await sleep(WINDOW_MS);
    const ms = performance.now() - before.at;
    const cpu = ((cpuOf(pid) - before.cpu) / ms) * 100_000;
    const perMinute = ((requests - before.requests) / ms) * 60_000;
    const { rss, peak } = memoryOf(pid);
    let reactMs = 0;
    for (let index = 0; index < CHANGES; index++) {
      const at = performance.now();
      const { name } = fleet.bump(Math.floor((index * clusters) / CHANGES)).metadata;
      await until(() => states.get(name) === 'waiting');
      reactMs = Math.max(reactMs, performance.now() - at);
    }
    return [
      ['memory at rest', rss, bounds.megabytes, 'MB'],
      ['memory, most', peak, bounds.megabytes, 'MB'],
      ['CPU at rest', cpu, bounds.cpuPercent, '% of a core'],
      ['requests to the API server', perMinute, bounds.requestsPerMinute, 'a minute'],
      ['a change of a template is noticed after at most', reactMs / 1_000, bounds.reactSeconds, 's'],
    ];
  } finally {
    unsubscribe('http.server.request.start', count);
    if (child.exitCode === null) {
      child.kill();
      await once(child, 'exit');
    }
    still();
    await api.stop();
    rmSync(folder, { recursive: true });
  }
}

/** Seconds of CPU that a process has taken, user and system. @see proc(5), /proc/pid/stat: in hundredths */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Resident memory of a process now, and at its most, in MB. */
function memoryOf(pid: number): { rss: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string) => (Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)![1]) * 1_024) / 1e6;
  return { rss: field('VmRSS'), peak: field('VmHWM') };
}
