/**
 * The transcript in docs/pulumi.md, recorded again: the tutorial's cluster in a sandbox with 300 clients, made and upgraded by the provider
 * in Pulumi's own host of dynamic providers, driven over gRPC as Pulumi's engine does it.
 *
 *   npx tsx scripts/pulumi-transcript.ts
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openSandbox } from '../src/sandbox/open-sandbox';
import { type PartialFailure, type Properties, ProviderHost } from '../test/pulumi/_host';

const ID = 'default/emqx-ee';

async function main(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'transcript-'));
  const kubeconfig = path.join(folder, 'kubeconfig');
  let connected = () => {};
  const all = new Promise<void>((resolve) => {
    connected = resolve;
  });
  const sandbox = await openSandbox({ kubeconfigPath: kubeconfig, clients: 300 }, ({ kind }) => {
    if (kind === 'connected') connected();
  });
  const host = await ProviderHost.start(undefined, { KUBECONFIG: kubeconfig });
  try {
    const { outputs } = await step(host, 'create 4.4.14', () => host.create(program('4.4.14')));
    await all;
    print('300 MQTT clients are connected');
    await goOn(host, outputs);
  } finally {
    await Promise.all([host.stop(), sandbox.stop()]);
    rmSync(folder, { recursive: true });
  }
}

async function goOn(host: ProviderHost, outputs: Properties): Promise<void> {
  const wanted = program('4.4.15');
  print(`diff 4.4.15: ${JSON.stringify(await host.diff(ID, outputs, wanted))}`);
  const left = step(host, 'update to 4.4.15', () => host.update(ID, outputs, wanted)).catch((error: unknown) => error);
  await host.said(({ text }) => /^evacuating 1\d\d\//.test(text));
  print('Cancel (Ctrl-C)');
  await host.cancel();
  const { reasons, properties } = (await left) as PartialFailure;
  for (const reason of reasons) print(`  not done: ${reason}`);
  print(`state: ${JSON.stringify(pick(properties))}`);
  const done = await step(host, 'update to 4.4.15', () => host.update(ID, properties, wanted));
  print(`state: ${JSON.stringify(pick(done))}`);
  print(`diff 4.4.15: ${JSON.stringify(await host.diff(ID, done, wanted))}`);
}

/** As examples/pulumi/index.ts has it. */
function program(version: string): Properties {
  return {
    name: 'emqx-ee',
    namespace: 'default',
    version,
    replicas: 3,
    blueGreenUpdate: {
      initialDelaySeconds: 5,
      evacuationStrategy: { connectionEvictionRate: 10, sessionEvictionRate: 10, waitTakeoverSeconds: 5 },
    },
    exposure: 'operator',
    service: { type: 'NodePort', mqtt: 32010 },
  };
}

function pick({ phase, version, fromVersion, toVersion, lastUpgrade }: Properties): Properties {
  return { phase, version, fromVersion, toVersion, lastUpgrade };
}

/** Prints what the engine is told while something is done. */
async function step<T>(host: ProviderHost, title: string, work: () => Promise<T>): Promise<T> {
  print(title);
  const since = Date.now();
  let told = host.lines.length;
  const doing = work();
  const ended = doing.then(
    () => true,
    () => true,
  );
  for (let isOver = false; !isOver; ) {
    isOver = await Promise.race([ended, host.said((line) => host.lines.indexOf(line) >= told).then(() => false)]);
    for (const { text } of host.lines.slice(told)) print(`${seconds(since)}  ${text}`);
    told = host.lines.length;
  }
  return doing;
}

function seconds(since: number): string {
  return `${((Date.now() - since) / 1000).toFixed(1).padStart(6)} s`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

void main();
