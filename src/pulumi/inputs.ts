import { isDeepStrictEqual } from 'node:util';
import { inspectClusterProps } from '../constructs/cluster-parts';
import { clusterProblems, givenResource } from '../constructs/cluster-resource';
import { clusterPropsOf, type PlainClusterProps, underPlainName } from '../constructs/plain-props';
import {
  DEFAULT_NAMESPACE,
  type EmqxEnterprise,
  formatProblem,
  HIDDEN,
  immutableFields,
  type Problem,
  withDefaults,
} from '../resource';
import { copyOf } from '../resource/copy';
import { unknownField } from '../resource/structure';
import { checkUpgradeOptions } from './check-upgrade-options';
import type { EmqxEnterpriseInputs } from './emqx-enterprise-inputs';

/** Pulumi's placeholder for a value that is not known yet. */
export const UNKNOWN = '04da6b54-80e4-46f7-96ec-b56ff0331ba9';

/** Values as received, before validation. */
export type Raw = Readonly<Record<string, unknown>>;

export interface CheckFailure {
  readonly property: string;
  readonly reason: string;
}

/** The properties of a cluster, of the connection to it, or of an upgrade. */
const CLUSTER_PROPERTIES: readonly (keyof PlainClusterProps)[] = [
  'name',
  'namespace',
  'version',
  'image',
  'replicas',
  'licenseSecretName',
  'persistence',
  'blueGreenUpdate',
  'service',
  'exposure',
  'tls',
  'acl',
  'apiKeys',
  'clusterDomain',
  'emqxConfig',
  'env',
  'envFrom',
  'podLabels',
  'podAnnotations',
  'command',
  'args',
  'lifecycle',
  'extraPorts',
  'resources',
  'probes',
  'nodeSelector',
  'affinity',
  'tolerations',
  'volumes',
  'volumeMounts',
  'extraContainers',
  'initContainers',
  'podSecurityContext',
  'containerSecurityContext',
  'serviceAccountName',
  'imagePullSecrets',
  'reloaderImage',
];
const OTHER_PROPERTIES = ['kubeconfig', 'context', 'adopt', 'deleteVolumes', 'upgrade', '__progressRow'] as const;
export const PROPERTIES: readonly string[] = [...CLUSTER_PROPERTIES, ...OTHER_PROPERTIES];

/** Those that a program may give: the class sets the row itself. */
const OFFERED = PROPERTIES.filter((name) => name !== '__progressRow');

/** Properties whose values may be secrets. */
export const SECRET_PROPERTIES = ['kubeconfig', 'apiKeys', 'env', 'args', 'emqxConfig'] as const;

/** Fields of any name. */
const ANY: readonly string[] = [];

/** Fields of the properties that are read here: others are checked by the custom resource's own schema. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  blueGreenUpdate: ['initialDelaySeconds', 'evacuationStrategy'],
  'blueGreenUpdate.evacuationStrategy': ['connectionEvictionRate', 'sessionEvictionRate', 'waitTakeoverSeconds'],
  persistence: ['sizeGibibytes', 'storageClass', 'accessModes'],
  resources: ['cpuRequestMillis', 'cpuLimitMillis', 'memoryRequestMebibytes', 'memoryLimitMebibytes'],
  tls: ['secretName'],
  probes: ['liveness', 'readiness', 'startup'],
  env: ANY,
  emqxConfig: ANY,
  podLabels: ANY,
  podAnnotations: ANY,
  upgrade: ['driver', 'acceptLoss', 'acceptDowngrade', 'stormCap', 'offlineBudget', 'timeouts', 'onFailure'],
  'upgrade.timeouts': ['totalSeconds', 'stallSeconds'],
};

/** The properties among the received values; `null` there means absent. */
export function inputsOf(raw: Raw): EmqxEnterpriseInputs {
  // Earlier states hold the row under a name that Pulumi shows.
  const { progressRow: __progressRow, ...rest } = raw;
  const all = { ...(typeof __progressRow === 'string' && { __progressRow }), ...rest };
  const given = Object.entries(all).filter(([name, value]) => PROPERTIES.includes(name) && value !== null);
  return { namespace: DEFAULT_NAMESPACE, ...Object.fromEntries(given) } as unknown as EmqxEnterpriseInputs;
}

/** The wanted custom resource, complete. */
export function resourceOf(inputs: EmqxEnterpriseInputs): EmqxEnterprise {
  return withDefaults(givenResource(clusterPropsOf(clusterPart(inputs)), inputs.namespace ?? DEFAULT_NAMESPACE));
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
  const failures = oncePerPath(problems).map((problem) => failureOf(problem));
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

function problemsOf(inputs: EmqxEnterpriseInputs): Problem[] {
  const inspected = inspectClusterProps(clusterPropsOf(clusterPart(inputs)));
  const ofCluster = clusterProblems(inspected, inputs.namespace ?? DEFAULT_NAMESPACE);
  return [...ofCluster.map(underPlainName), ...checkUpgradeOptions(inputs)];
}

function clusterPart(inputs: EmqxEnterpriseInputs): PlainClusterProps {
  const entries = Object.entries(inputs).filter(([name]) => !(OTHER_PROPERTIES as readonly string[]).includes(name));
  return copyOf(Object.fromEntries(entries)) as unknown as PlainClusterProps;
}

function unknownFields(news: Raw): Problem[] {
  const problems = Object.keys(news)
    .filter((name) => name !== '__provider' && news[name] !== null && !PROPERTIES.includes(name))
    .map((name) =>
      METADATA.includes(name) ? metadataProblem(name) : unknownField([name], news[name], OFFERED).problem,
    );
  for (const [path, known] of Object.entries(FIELDS)) {
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

const METADATA = ['labels', 'annotations', 'metadata'];

function metadataProblem(name: string): Problem {
  return {
    path: name,
    value: HIDDEN,
    bound: 'left out',
    reason:
      'a new annotation of the resource makes the operator upgrade, and a new label makes it lose the running nodes',
    fix: 'label the objects beside the cluster instead: Services, Secrets, the namespace',
  };
}

/** @see EMQX Operator 2.2.29, validating webhook of EmqxEnterprise */
function changedThoughFixed(olds: EmqxEnterpriseInputs, news: EmqxEnterpriseInputs): CheckFailure[] {
  if (olds.name === undefined || olds.name !== news.name || olds.namespace !== news.namespace) return [];
  const [before, after] = [resourceOf(olds), resourceOf(news)];
  const fixed = immutableFields(before, after).map(
    (path) => PROPERTY_OF.find(([field]) => path.startsWith(field))?.[1] ?? path,
  );
  if (before.spec.clusterDomain !== after.spec.clusterDomain) fixed.push('clusterDomain');
  // Settings that were not given follow from other properties.
  const isGiven = (property: string) =>
    property !== 'emqxConfig' || !isDeepStrictEqual(olds.emqxConfig, news.emqxConfig);
  const failures = [...new Set(fixed)].filter(isGiven).map((property) => ({
    property,
    reason: `'${property}' cannot be changed while the cluster exists: set it back, or create a cluster of another name`,
  }));
  if (before.spec.blueGreenUpdate === undefined || after.spec.blueGreenUpdate !== undefined) return failures;
  const reason =
    "'blueGreenUpdate' must not be removed: the operator then creates a third set of nodes, and may crash; set it again";
  return [...failures, { property: 'blueGreenUpdate', reason }];
}

const NODE = 'spec.template.spec.emqxContainer';
const PROPERTY_OF: readonly (readonly [field: string, property: string])[] = [
  ['spec.persistent', 'persistence'],
  [`${NODE}.bootstrapAPIKeys`, 'apiKeys'],
  [`${NODE}.emqxConfig`, 'emqxConfig'],
];

/** The properties that differ. */
export function changedProperties(olds: EmqxEnterpriseInputs, news: EmqxEnterpriseInputs): string[] {
  return PROPERTIES.filter(
    (name) => !UNSEEN.includes(name) && !isDeepStrictEqual(plainValue(olds, name), plainValue(news, name)),
  );
}

/** The progress row and `adopt` do not count as changes. */
const UNSEEN: readonly string[] = ['__progressRow', 'adopt'];

function plainValue(inputs: EmqxEnterpriseInputs, name: string): unknown {
  return copyOf((inputs as unknown as Raw)[name]);
}

function failureOf(problem: Problem): CheckFailure {
  // The engine prints the value of a property that it knows: of one that we do not know, it may be a misspelt secret.
  const [name = ''] = problem.path.split(/[.[]/, 1);
  return { property: PROPERTIES.includes(name) ? problem.path : '', reason: formatProblem(problem) };
}

function oncePerPath(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter(({ path }) => !seen.has(path) && seen.add(path));
}
