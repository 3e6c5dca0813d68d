import { ApiKey, EmqxMonitoring, EmqxOperator, OperatorWebhook, UpgradeAccess } from '..';
import { RenderError, type RenderedObject, rendered, yamlOf } from '../constructs/rendered';
import { InputError, type InputProblem } from './errors';
import { EXIT, type ExitCode } from './exit';
import { type GenerationWord, KIND_OF_GENERATION, KINDS } from './kinds';
import { OptionReader } from './options';
import type { Shell } from './shell';

/** What there are manifests of, other than of a cluster itself. */
export type Manifested = 'monitoring' | 'access' | 'operator';

/** The options of `manifest` as they stand on the command line. */
export interface ManifestFlags {
  namespace?: string;
  label?: readonly string[];
  service?: readonly string[];
  rate?: string;
  runbookUrl?: string;
  apiKeySecret?: string;
  /** Of the cluster to monitor, or of those that may be upgraded. */
  generation?: GenerationWord | 'both';
  watchNamespace?: string;
  crds: boolean;
  webhook?: 'cert-manager' | 'none';
  webhookSecret?: string;
  webhookCa?: string;
  image?: string;
}

/** Options that apply to one of them only. */
const OF: Readonly<Record<string, Manifested>> = {
  service: 'access',
  rate: 'monitoring',
  runbookUrl: 'monitoring',
  apiKeySecret: 'monitoring',
  watchNamespace: 'operator',
  webhook: 'operator',
  webhookSecret: 'operator',
  webhookCa: 'operator',
  image: 'operator',
};

/** Writes what the constructs render, for those who apply plain YAML. */
export async function runManifest(
  what: Manifested,
  names: readonly string[],
  flags: ManifestFlags,
  shell: Shell,
): Promise<ExitCode> {
  const reader = new OptionReader();
  for (const [option, of] of Object.entries(OF)) {
    const value = flags[option as keyof ManifestFlags];
    if (value !== undefined && of !== what) refuseOption(reader, flagOf(option), value, what, of);
  }
  if (flags.generation !== undefined && what === 'operator') {
    refuseOption(reader, '--generation', flags.generation, what, 'monitoring or access');
  }
  if (!flags.crds && what !== 'operator') refuseOption(reader, '--no-crds', true, what, 'operator');
  const labels = labelsOf(reader, flags.label ?? []);
  const make = { monitoring, access, operator }[what](reader, names, flags);
  reader.done();
  try {
    shell.out.write(yamlOf(make(labels)));
  } catch (error) {
    if (error instanceof RenderError) throw new InputError(error.problems.map(problemOf));
    throw error;
  }
  return EXIT.done;
}

type Make = (labels: Readonly<Record<string, string>>) => RenderedObject[];

function monitoring(reader: OptionReader, names: readonly string[], flags: ManifestFlags): Make {
  const [name = ''] = names;
  if (names.length !== 1) {
    reader.problem({
      path: '<name>',
      value: names.join(' ') || undefined,
      bound: 'one name',
      reason: 'alerts and dashboard are for one cluster',
      fix: 'for example: emqx-blue-green manifest monitoring emqx-ee',
    });
  }
  const { namespace, runbookUrl, apiKeySecret, generation = '4' } = flags;
  if (generation === 'both') {
    reader.problem({
      path: '--generation',
      value: generation,
      bound: '4 or 5',
      reason: 'alerts and dashboard are for one cluster',
      fix: 'write 4 for an EmqxEnterprise, 5 for an EMQX',
    });
  }
  if (apiKeySecret !== undefined && generation === '4') {
    reader.problem({
      path: '--api-key-secret',
      value: apiKeySecret,
      bound: 'left out for EMQX 4.4',
      reason: 'its nodes give their metrics to everyone',
      fix: 'leave it out, or give --generation 5',
    });
  }
  const connectionEvictionRate = flags.rate === undefined ? undefined : reader.rate('--rate', flags.rate);
  const cluster = {
    name,
    kind: KIND_OF_GENERATION[generation === 'both' ? '4' : generation],
    ...(namespace !== undefined && { namespace }),
    ...(connectionEvictionRate !== undefined && { connectionEvictionRate }),
  };
  const props = {
    cluster,
    ...(runbookUrl !== undefined && { runbookUrl }),
    ...(apiKeySecret !== undefined && { apiKey: ApiKey.fromSecret(apiKeySecret) }),
  };
  return (labels) => rendered((chart) => new EmqxMonitoring(chart, 'It', props), { labels });
}

function access(_: OptionReader, names: readonly string[], flags: ManifestFlags): Make {
  const { namespace, service, generation = '4' } = flags;
  const props = {
    kinds: generation === 'both' ? KINDS : [KIND_OF_GENERATION[generation]],
    ...(namespace !== undefined && { namespace }),
    ...(names.length > 0 && { clusters: names }),
    ...(service && { services: service }),
  };
  return (labels) => rendered((chart) => new UpgradeAccess(chart, 'It', props), { labels });
}

function operator(reader: OptionReader, names: readonly string[], flags: ManifestFlags): Make {
  if (names.length > 0) refuseOption(reader, '<name>', names.join(' '), 'operator', 'access');
  const { namespace, watchNamespace, crds, image } = flags;
  const webhook = webhookOf(reader, flags);
  const props = {
    crds,
    ...(namespace !== undefined && { namespace }),
    ...(watchNamespace !== undefined && { watchNamespace }),
    ...(image !== undefined && { image }),
    ...(webhook && { webhook }),
  };
  return (labels) => rendered((chart) => new EmqxOperator(chart, 'It', props), { labels });
}

function webhookOf(reader: OptionReader, flags: ManifestFlags): OperatorWebhook | undefined {
  const { webhook, webhookSecret, webhookCa } = flags;
  if (webhookSecret === undefined && webhookCa === undefined) {
    return webhook === 'none' ? OperatorWebhook.none() : undefined;
  }
  if (webhook !== undefined || webhookSecret === undefined || webhookCa === undefined) {
    reader.problem({
      path: '--webhook-secret',
      value: webhookSecret,
      bound: 'given together with --webhook-ca, and without --webhook',
      reason: 'the certificate is issued, or it is in a Secret and its CA bundle is given, or there is no webhook',
      fix: 'give --webhook-secret and --webhook-ca, or --webhook',
    });
    return undefined;
  }
  return OperatorWebhook.fromSecret(webhookSecret, reader.text('--webhook-ca', webhookCa) ?? '');
}

/** Labels for every object. */
export function labelsOf(reader: OptionReader, given: readonly string[]): Record<string, string> {
  const pairs = given.map((text) => [text, /^([^=]+)=(.*)$/.exec(text)] as const);
  for (const [text, pair] of pairs) {
    if (pair) continue;
    reader.problem({
      path: '--label',
      value: text,
      bound: 'a name and a value with = between them',
      reason: 'every object gets it',
      fix: 'for example: --label release=prometheus',
    });
  }
  return Object.fromEntries(pairs.flatMap(([, pair]) => (pair ? [[pair[1]!, pair[2]!]] : [])));
}

function refuseOption(reader: OptionReader, path: string, value: unknown, what: Manifested, of: string): void {
  reader.problem({
    path,
    value: Array.isArray(value) ? value.join(' ') : value,
    bound: `left out with ${what}`,
    reason: `it is an option of manifest ${of}`,
    fix: `leave ${path} out`,
  });
}

function flagOf(option: string): string {
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The option or argument for a property of the constructs. */
const FLAGS: Readonly<Record<string, string>> = {
  cluster: '<name>',
  'cluster.name': '<name>',
  'cluster.namespace': '--namespace',
  'cluster.connectionEvictionRate': '--rate',
  apiKey: '--api-key-secret',
  clusters: '<name>',
  kinds: '--generation',
  services: '--service',
  watchNamespaces: '--watch-namespace',
  'webhook.secretName': '--webhook-secret',
  'webhook.caBundle': '--webhook-ca',
};

/** Splits a message of the constructs, which ends with the fix. */
export function problemOf(text: string): InputProblem {
  const [, message = text, fix = 'correct it'] = /^(.*); (.*)$/s.exec(underFlag(text)) ?? [];
  return { message, fix };
}

function underFlag(message: string): string {
  return message.replace(/^'([^']*?)(\[\d+\])?'/, (_, property: string) => `'${FLAGS[property] ?? flagOf(property)}'`);
}
