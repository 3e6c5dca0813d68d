import { parseDocument } from 'yaml';
import { UpgradeRunner, type UpgradeRunnerPolicy } from '..';
import { RenderError, rendered, yamlOf } from '../constructs/rendered';
import { readPolicy } from '../resource/runner-policy';
import { InputError } from './errors';
import { EXIT, type ExitCode } from './exit';
import { labelsOf, problemOf } from './manifest';
import type { OptionReader } from './options';
import type { Shell } from './shell';

/** The options of `runner manifest` as they stand on the command line. */
export interface RunnerManifestFlags {
  namespace?: string;
  watchNamespace?: readonly string[];
  allNamespaces?: boolean;
  image?: string;
  replicas?: string;
  /** File with the policy. */
  policy?: string;
  webhookSecret?: string;
  monitoring?: boolean;
  label?: readonly string[];
}

/** Writes what the construct renders, for those who apply plain YAML. */
export function runRunnerManifest(reader: OptionReader, flags: RunnerManifestFlags, shell: Shell): ExitCode {
  const { namespace, watchNamespace, allNamespaces, image, replicas, webhookSecret, monitoring } = flags;
  if (image === undefined) {
    reader.problem({
      path: '--image',
      value: undefined,
      bound: 'given',
      reason: 'there is no default image',
      fix: 'give for example --image registry.example.com/emqx-blue-green:0.1.0',
    });
  }
  const count = replicas === undefined ? 1 : reader.wholeNumber('--replicas', replicas, 1, 10, 'one of them works');
  const labels = labelsOf(reader, flags.label ?? []);
  const policy = flags.policy === undefined ? undefined : policyIn(reader, flags.policy);
  reader.done();
  const props = {
    image: image ?? '',
    replicas: count,
    ...(namespace !== undefined && { namespace }),
    ...(watchNamespace && { watchNamespaces: watchNamespace }),
    ...(allNamespaces && { allNamespaces }),
    ...(policy && { policy }),
    ...(monitoring && { monitoring }),
    ...(webhookSecret !== undefined && { webhookSecret }),
  };
  try {
    shell.out.write(yamlOf(rendered((chart) => new UpgradeRunner(chart, 'It', props), { labels })));
  } catch (error) {
    if (error instanceof RenderError) throw new InputError(error.problems.map(problemOf));
    throw error;
  }
  return EXIT.done;
}

function policyIn(reader: OptionReader, file: string): UpgradeRunnerPolicy | undefined {
  const text = reader.text('--policy', file);
  if (text === undefined) return undefined;
  const reading = readPolicy(text);
  if ('policy' in reading) return (parseDocument(text, { schema: 'core' }).toJS() ?? {}) as UpgradeRunnerPolicy;
  for (const problem of reading.problems) reader.problem(problem, file);
  return undefined;
}
