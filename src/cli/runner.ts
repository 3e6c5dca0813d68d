import { readFileSync } from 'node:fs';
import { holderName } from '../kubernetes';
import { Runner, serve, sinksTo, type Told } from '../runner';
import { within } from '../upgrade/time-limit';
import { EXIT, type ExitCode } from './exit';
import { interruption } from './interruption';
import { OptionReader } from './options';
import { json } from './render/text';
import type { RunnerManifestFlags } from './runner-manifest';
import type { LinkFlags, Shell } from './shell';
import { readDriver } from './upgrade-options';

export interface RunnerFlags extends LinkFlags, RunnerManifestFlags {
  namespace?: string;
  watchNamespace?: readonly string[];
  allNamespaces?: boolean;
  port?: string;
  webhookUrlFile?: string;
}

/** When it is asked to end, what was told is still delivered for this long, ms. */
const DELIVERY_MS = 5_000;

/** Runs a runner until it is asked to end; or writes its manifest. */
export async function runRunner(what: 'manifest' | undefined, flags: RunnerFlags, shell: Shell): Promise<ExitCode> {
  const reader = new OptionReader();
  readDriver(reader, { ...flags, output: 'json' });
  for (const namespace of flags.watchNamespace ?? []) reader.name('--watch-namespace', namespace);
  if (flags.allNamespaces && flags.watchNamespace) {
    reader.problem({
      path: '--watch-namespace',
      value: flags.watchNamespace.join(' '),
      bound: 'left out with --all-namespaces',
      reason: 'all of them are watched',
      fix: 'give only one of them',
    });
  }
  refuse(reader, flags, what);
  if (what === 'manifest') {
    // With the constructs, which a runner needs none of.
    const { runRunnerManifest } = await import('./runner-manifest.js');
    return runRunnerManifest(reader, flags, shell);
  }
  const port = reader.wholeNumber('--port', flags.port ?? '8080', 0, 65_535, 'it is a port');
  reader.done();
  return run(flags, port, shell);
}

async function run(flags: RunnerFlags, port: number, shell: Shell): Promise<ExitCode> {
  const { webhookUrlFile, watchNamespace } = flags;
  const { signal, forget } = interruption(shell);
  const link = await shell.link(flags);
  const { api, clock, transport, prober } = link;
  const namespace = flags.namespace ?? link.namespace;
  const namespaces = flags.allNamespaces ? [] : (watchNamespace ?? [namespace]);
  const log = (told: Told) => {
    // A sample a second is what the metrics are for.
    if (told.kind !== 'progress' || told.event.kind !== 'sample') shell.out.write(`${json(told)}\n`);
  };
  const webhookUrl = webhookUrlFile === undefined ? undefined : () => readFileSync(webhookUrlFile, 'utf8');
  const sinks = sinksTo({ api, clock, namespace, log, webhookUrl });
  const way = { api, clock, transport: (to: number) => transport(to), ...(prober && { prober }) };
  const runner = new Runner({ ...way, namespace, namespaces, holder: holderName() }, sinks.tell);
  try {
    const served = { sickness: () => runner.sickness, unreadiness: () => runner.unreadiness };
    const listening = await serve({ registry: sinks.metrics.registry, ...served }, port);
    shell.out.write(`${json({ kind: 'serving', at: clock.now(), port: listening.port, namespace, namespaces })}\n`);
    try {
      await runner.run(signal);
      await within(clock, DELIVERY_MS, () => sinks.settled()).catch(() => undefined);
    } finally {
      await listening.close();
    }
  } finally {
    forget();
    link.close();
  }
  return EXIT.done;
}

/** Reports options that would have no effect. */
function refuse(reader: OptionReader, flags: RunnerFlags, what: 'manifest' | undefined): void {
  const bound = what ? 'left out with manifest' : 'left out without manifest';
  for (const [option, { value, reason, fix = `leave ${option} out` }] of Object.entries(ineffective(flags, what))) {
    if (value === undefined) continue;
    reader.problem({ path: option, value: Array.isArray(value) ? value.join(' ') : value, bound, reason, fix });
  }
}

interface Ineffective {
  value: string | readonly string[] | undefined;
  reason: string;
  fix?: string;
}

/** What applies only to the other use of the command. */
function ineffective(flags: RunnerFlags, what: 'manifest' | undefined): Readonly<Record<string, Ineffective>> {
  const { port, webhookUrlFile, image, replicas, policy, webhookSecret, monitoring, label } = flags;
  if (what === 'manifest') {
    const fix = 'name the Secret that has the URL by --webhook-secret';
    return {
      '--port': { value: port, reason: 'the container of the manifest always serves on port 8080' },
      '--webhook-url-file': { value: webhookUrlFile, reason: 'the manifest mounts the URL from a Secret', fix },
    };
  }
  const reason = 'it is an option of runner manifest';
  return {
    '--image': { value: image, reason },
    '--replicas': { value: replicas, reason },
    '--policy': { value: policy, reason },
    '--webhook-secret': { value: webhookSecret, reason },
    '--monitoring': { value: monitoring ? 'given' : undefined, reason },
    '--label': { value: label, reason },
  };
}
