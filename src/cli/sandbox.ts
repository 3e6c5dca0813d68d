import path from 'node:path';
import { DEFAULT_NAMESPACE, type EmqxResource, generationOf, type Manifest, versionOf } from '../resource';
import type { ServedNodePort } from '../sandbox/node-ports';
import type { SandboxEvent } from '../sandbox/open-sandbox';
import type { ClusterManifests } from '../sandbox/quickstart';
import { InputError } from './errors';
import { EXIT, type ExitCode } from './exit';
import { interruption } from './interruption';
import { type GenerationWord, KINDS } from './kinds';
import { asInputError, localKind, localManifest, manifestsOf, nextVersionOf, stageNotes } from './local-cluster';
import { OptionReader } from './options';
import { count, json, safe } from './render/text';
import type { Shell } from './shell';
import { shellWords } from './shell-words';

/** The options of `sandbox` as they stand on the command line. */
export interface SandboxFlags {
  empty?: boolean;
  file?: string;
  /** Of the quickstart, where no manifest is given. */
  generation?: GenerationWord;
  clients: string;
  seed: string;
  kubeconfigOut: string;
  prometheusTargetsOut?: string;
  port: string;
  output: 'text' | 'json';
}

/** What is reported of a sandbox. */
type Reported =
  | SandboxEvent
  /** From now on commands reach it with this kubeconfig; with the cluster that runs in it from the beginning. */
  | { kind: 'opened'; kubeconfig: string; cluster?: { namespace: string; name: string; version: string } };

/** For more clients, one machine has too few ports and file descriptors. */
const MOST_CLIENTS = 20_000;
/** Rate of the quickstart's cluster. */
const QUICKSTART_RATE = 100;

/** Keeps a simulated Kubernetes cluster on the loopback interface, for kubectl and for this program, until Ctrl-C. */
export async function runSandbox(flags: SandboxFlags, shell: Shell): Promise<ExitCode> {
  const reader = new OptionReader();
  const clients = reader.wholeNumber('--clients', flags.clients, 0, MOST_CLIENTS, 'each is a socket on this machine');
  const seed = reader.seed('--seed', flags.seed);
  const mqttPort = reader.nodePort('--port', flags.port);
  if (flags.empty && flags.file !== undefined) {
    reader.problem({
      path: '--empty',
      value: true,
      bound: 'left out when --file is given',
      reason: 'the manifest is a cluster for it',
      fix: 'give only one of them',
    });
  }
  const manifest = localManifest(reader, flags.file);
  reader.done();
  const manifests = flags.empty ? undefined : await clusterOf(manifest, localKind(manifest, flags.generation));
  const { openSandbox } = await import('../sandbox/open-sandbox.js');
  const { FileTakenError } = await import('../sandbox/own-file.js');
  const { signal, forget } = interruption(shell);
  const options = {
    manifests,
    clients,
    seed,
    mqttPort,
    kubeconfigPath: path.resolve(flags.kubeconfigOut),
    ...(flags.prometheusTargetsOut !== undefined && {
      prometheusTargetsPath: path.resolve(flags.prometheusTargetsOut),
    }),
  };
  const emit =
    flags.output === 'json' ? jsonReporter(shell) : textReporter(shell, manifests?.cluster, manifest !== undefined);
  const sandbox = await asInputError(openSandbox(options, emit)).catch((error: unknown) => {
    throw error instanceof FileTakenError ? new InputError(error.message, 'choose another file') : error;
  });
  try {
    emit(openedEvent(sandbox.kubeconfigPath, manifests?.cluster));
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  } finally {
    await sandbox.stop();
    forget();
  }
  return EXIT.done;
}

/** Of the quickstart only the cluster: the Service is added with the requested port. */
async function clusterOf(
  manifest: Manifest<EmqxResource> | undefined,
  kind: EmqxResource['kind'],
): Promise<ClusterManifests> {
  const { cluster, objects } = await manifestsOf(manifest, kind, QUICKSTART_RATE);
  return { cluster, objects: manifest ? objects : [] };
}

function openedEvent(kubeconfig: string, cluster: EmqxResource | undefined): Reported {
  if (!cluster) return { kind: 'opened', kubeconfig };
  const { name, namespace = DEFAULT_NAMESPACE } = cluster.metadata;
  return { kind: 'opened', kubeconfig, cluster: { namespace, name, version: versionOf(cluster) } };
}

/** For programs: one JSON object a line. */
function jsonReporter({ out }: Shell): (reported: Reported) => void {
  return (reported) => void out.write(`${json(reported)}\n`);
}

/** For people: of the ports only the new ones. */
function textReporter({ out }: Shell, cluster: EmqxResource | undefined, isOwn: boolean): (reported: Reported) => void {
  let known: readonly string[] = [];
  return (event) => {
    switch (event.kind) {
      case 'opened':
        out.write(`${instructions(event.kubeconfig, cluster)}\n\n`);
        break;
      case 'staged':
        if (!cluster || !isOwn) break;
        for (const note of stageNotes(event.service, cluster.metadata.name, event)) out.write(`${note}\n`);
        break;
      case 'node-ports': {
        const lines = event.ports.map(nodePortLine);
        for (const line of lines) if (!known.includes(line)) out.write(`${line}\n`);
        known = lines;
        break;
      }
      case 'no-way-in':
        out.write('No NodePort leads to MQTT without TLS: no clients connect\n');
        break;
      case 'connected':
        out.write(`${count(event.clients)} MQTT clients are connected, ${count(event.devices)} devices are offline\n`);
        break;
    }
  };
}

function nodePortLine({ namespace, service, nodePort, port }: ServedNodePort): string {
  const substitute = port === nodePort ? '' : ` (not ${nodePort}, which is in use)`;
  return safe(`Service ${namespace}/${service} is available at 127.0.0.1:${port}`) + substitute;
}

/** What to type next, in another terminal. */
function instructions(kubeconfig: string, cluster: EmqxResource | undefined): string {
  const version = cluster && versionOf(cluster);
  const next = version
    ? [
        `kubectl get ${generationOf(cluster).plural}`,
        'emqx-blue-green check',
        `emqx-blue-green upgrade --set-version ${nextVersionOf(version)}`,
      ]
    : ['kubectl apply -f YOUR-CLUSTER.yaml', ...KINDS.map((kind) => `kubectl get ${generationOf({ kind }).plural}`)];
  return [
    version
      ? `A simulated Kubernetes cluster is running, with the EMQX Operator and EMQX ${version} in it.`
      : 'A simulated Kubernetes cluster is running, with the EMQX Operator in it.',
    'In another terminal:',
    '',
    ...[shellWords('export', `KUBECONFIG=${kubeconfig}`), ...next].map((line) => `  ${line}`),
    '',
    'Ctrl-C stops it and removes all of it.',
  ].join('\n');
}
