import { isDeepStrictEqual } from 'node:util';
import { DEFAULT_NAMESPACE, type EmqxResource, formatProblem, HIDDEN, type Problem } from '../resource';
import { copyOf } from '../resource/copy';
import { unknownField } from '../resource/structure';
import { checkUpgradeOptions } from './check-upgrade-options';
import { MANAGING } from './describing';
import { ANY, type CheckFailure, type ClusterInputs } from './resource-type';
import { typeOf } from './resource-types';

/** Pulumi's placeholder for a value that is not known yet. */
export const UNKNOWN = '04da6b54-80e4-46f7-96ec-b56ff0331ba9';

/** Values as received, before validation. */
export type Raw = Readonly<Record<string, unknown>>;

/** The properties of a cluster, of the connection to it, and of an upgrade. */
export function propertiesOf(inputs: { readonly __kind?: unknown }): readonly string[] {
  return [...typeOf(inputs).properties, ...MANAGING];
}

/** Fields of the properties of both generations that are read here: others are checked by the custom resource's own schema. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  blueGreenUpdate: ['initialDelaySeconds', 'evacuationStrategy'],
  'blueGreenUpdate.evacuationStrategy': ['connectionEvictionRate', 'sessionEvictionRate', 'waitTakeoverSeconds'],
  upgrade: [
    ...[
      'driver',
      'acceptLoss',
      'acceptDowngrade',
      'stormCap',
      'pacing',
      'offlineBudget',
      'backPercent',
      'sampleDevices',
      'timeouts',
      'onFailure',
    ],
    ...['runner', 'wait', 'image', 'runnerNamespace'],
  ],
  'upgrade.timeouts': ['totalSeconds', 'stallSeconds'],
};

/** The properties among the received values; `null` there means absent. */
export function inputsOf(raw: Raw): ClusterInputs {
  // Earlier states hold the row under a name that Pulumi shows.
  const { progressRow: __progressRow, ...rest } = raw;
  const all = { ...(typeof __progressRow === 'string' && { __progressRow }), ...rest };
  const properties = propertiesOf(raw);
  const given = Object.entries(all).filter(([name, value]) => properties.includes(name) && value !== null);
  return { namespace: DEFAULT_NAMESPACE, ...Object.fromEntries(given) } as unknown as ClusterInputs;
}

/** The wanted custom resource, complete. */
export function resourceOf(inputs: ClusterInputs): EmqxResource {
  return typeOf(inputs).resourceOf(inputs);
}

/**
 * All problems of the properties. What is not known yet is not checked: in a preview it may come from a resource that does not exist
 * yet. What stands beside it is.
 *
 * @param olds the properties before; empty where there was nothing
 */
export function checkInputs(olds: Raw, news: Raw): CheckFailure[] {
  const pending: string[] = [];
  const known = knownPart(news, '', pending) as Raw;
  const problems = [...unknownFields(known), ...problemsOf(inputsOf(known))].filter(
    ({ path }) => !pending.some((one) => isWithin(path, one) || isWithin(one, path)),
  );
  const properties = propertiesOf(news);
  const failures = oncePerPath(problems).map((problem) => failureOf(problem, properties));
  if (failures.length > 0 || pending.length > 0) return failures;
  return changedThoughFixed(inputsOf(olds), inputsOf(news));
}

/** What is known of a value. A list of which an item is not known counts as not known: the others would get wrong indices. */
function knownPart(value: unknown, path: string, pending: string[]): unknown {
  if (value === UNKNOWN || (Array.isArray(value) && hasUnknown(value))) {
    pending.push(path);
    return undefined;
  }
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([name, part]): [string, unknown] => [
    name,
    knownPart(part, path === '' ? name : `${path}.${name}`, pending),
  ]);
  return Object.fromEntries(entries.filter(([, part]) => part !== undefined));
}

function isWithin(path: string, other: string): boolean {
  return path === other || path.startsWith(`${other}.`) || path.startsWith(`${other}[`);
}

/** Whether something of a value is not known yet. */
export function hasUnknown(value: unknown): boolean {
  if (value === UNKNOWN) return true;
  return typeof value === 'object' && value !== null && Object.values(value).some(hasUnknown);
}

function problemsOf(inputs: ClusterInputs): Problem[] {
  return [...typeOf(inputs).problemsOf(inputs), ...checkUpgradeOptions(inputs)];
}

function unknownFields(news: Raw): Problem[] {
  const type = typeOf(news);
  const properties = propertiesOf(news);
  const offered = properties.filter((name) => !name.startsWith('__')); // the others the class sets itself
  const problems = Object.keys(news)
    .filter((name) => name !== '__provider' && news[name] !== null && !properties.includes(name))
    .map((name) => {
      const refused = Object.hasOwn(type.refused, name) ? type.refused[name] : undefined;
      return refused ? { path: name, value: HIDDEN, ...refused } : unknownField([name], news[name], offered).problem;
    });
  for (const [path, known] of Object.entries({ ...FIELDS, ...type.fields })) {
    const steps = path.split('.');
    const value = steps.reduce<unknown>((object, step) => (object as Raw | null | undefined)?.[step], news);
    if (value === undefined || value === null) continue;
    if (!isObject(value)) problems.push(noObject(path));
    else if (known !== ANY) {
      const others = Object.keys(value).filter((name) => !known.includes(name));
      problems.push(...others.map((name) => unknownField([...steps, name], value[name], known).problem));
    }
  }
  return problems;
}

function isObject(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The wrong value is not shown: it may be a secret. */
function noObject(path: string): Problem {
  const reason = 'its fields are read by name';
  return { path, value: HIDDEN, bound: 'an object', reason, fix: 'write { … }, or leave it out' };
}

function changedThoughFixed(olds: ClusterInputs, news: ClusterInputs): CheckFailure[] {
  if (olds.name === undefined || olds.name !== news.name || olds.namespace !== news.namespace) return [];
  return typeOf(news).fixedChanges(olds, news);
}

/** The properties that differ. */
export function changedProperties(olds: ClusterInputs, news: ClusterInputs): string[] {
  return propertiesOf(news).filter(
    (name) => !UNSEEN.includes(name) && !isDeepStrictEqual(plainValue(olds, name), plainValue(news, name)),
  );
}

/** These do not count as changes. */
const UNSEEN: readonly string[] = ['__progressRow', '__kind', 'adopt'];

function plainValue(inputs: ClusterInputs, name: string): unknown {
  return copyOf((inputs as unknown as Raw)[name]);
}

function failureOf(problem: Problem, properties: readonly string[]): CheckFailure {
  // The engine prints the value of a property that it knows: of one that we do not know, it may be a misspelt secret.
  const [name = ''] = problem.path.split(/[.[]/, 1);
  return { property: properties.includes(name) ? problem.path : '', reason: formatProblem(problem) };
}

function oncePerPath(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter(({ path }) => !seen.has(path) && seen.add(path));
}
