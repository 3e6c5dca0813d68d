import { LISTENER_SETTINGS, MANAGEMENT_SETTING, variableOf } from '../resource/listeners';
import { formatPath, HIDDEN, type Violation } from '../resource/problem';
import type { Rule } from '../resource/rules';
import type { Findings } from './_findings';
import type { EmqxEnterpriseClusterProps } from './emqx-enterprise-cluster-props';
import { EnvValue } from './env-value';
import { License } from './license';
import { checkNodeResources } from './node-resources';
import type { NodePodOptions, PodOptions } from './pod-options';
import { TLS_VOLUME } from './tls';

/**
 * What the operator adds to every pod. Given a second time, it makes Kubernetes refuse the pods, and the upgrade hangs.
 *
 * @see EMQX Operator 2.2.29, `generateStatefulSet`
 */
export interface OwnParts {
  readonly containers: readonly string[];
  readonly volumes: readonly string[];
  /** Ports that are always declared, by their names. */
  readonly ports: Readonly<Record<string, number>>;
}

/** Variables the operator sets by itself in a pod of EMQX 4.4. */
const OWN_VARIABLES = [
  'EMQX_ACL_FILE',
  'EMQX_LICENSE__FILE',
  'EMQX_MANAGEMENT__BOOTSTRAP_APPS_FILE',
  'EMQX_PLUGINS__ETC_DIR',
];

function ownParts({ name, license, tls }: EmqxEnterpriseClusterProps): OwnParts {
  const ofLicense = license instanceof License ? [license.secretNameFor(name)] : [];
  const ofTls = tls ? [TLS_VOLUME] : [];
  return {
    containers: ['emqx', 'reloader'],
    volumes: [
      ...['emqx-log', 'bootstrap-user', `${name}-data`, `${name}-acl`, `${name}-plugins-config`],
      ...[...ofLicense, ...ofTls],
    ],
    ports: { management: 8081, dashboard: 18083 },
  };
}

/** What Kubernetes' own definitions do not check, of the pods of an EmqxEnterpriseCluster. */
export function checkPod(findings: Findings, props: EmqxEnterpriseClusterProps): void {
  checkPodOptions(findings, '', props, ownParts(props));
  checkAccount(findings, props);
}

/** Names by which pods get their rights and images. */
export function checkAccount(
  findings: Findings,
  { imagePullSecrets, serviceAccountName }: Pick<PodOptions, 'imagePullSecrets' | 'serviceAccountName'>,
): void {
  checkNames(findings, 'imagePullSecrets', imagePullSecrets);
  if (serviceAccountName !== undefined) findings.check('serviceAccountName', serviceAccountName, objectName);
}

/**
 * What Kubernetes' own definitions do not check: how the parts of a pod fit together.
 *
 * @param at where the options are, with a full stop behind it; empty for the properties themselves
 */
export function checkPodOptions(findings: Findings, at: string, options: NodePodOptions, own: OwnParts): void {
  if (options.resources !== undefined) checkNodeResources(findings, `${at}resources`, options.resources);
  checkPodMetadata(findings, at, options);
  if (options.extraPorts !== undefined) checkPorts(findings, at, options.extraPorts, own);
  if (options.extraContainers ?? options.initContainers) checkContainers(findings, at, options, own);
  if (options.volumes ?? options.volumeMounts ?? options.extraContainers ?? options.initContainers)
    checkVolumes(findings, at, options, own);
}

function checkPodMetadata(findings: Findings, at: string, { podLabels, podAnnotations }: NodePodOptions): void {
  for (const [property, entries] of Object.entries({ podLabels, podAnnotations })) {
    for (const [name, value] of Object.entries(entries ?? {})) {
      const path = at + formatPath([property, name]);
      const isOwn = OWN_METADATA.test(name);
      if (isOwn || !/^([a-z0-9]([-.a-z0-9]*[a-z0-9])?\/)?[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/.test(name)) {
        findings.report(path, HIDDEN, isOwn ? ownMetadata : badKey);
      } else if (property === 'podLabels' && typeof value === 'string') findings.check(path, value, labelValue);
    }
  }
}

/** Labels and annotations by which the operator and Kubernetes find the pods. */
const OWN_METADATA =
  /^(apps\.emqx\.io\/|statefulset\.kubernetes\.io\/|apps\.kubernetes\.io\/|controller-revision-hash$)/;

/** The operator merges ports, and drops the later of two that share a name or a number. */
function checkPorts(findings: Findings, at: string, ports: unknown, own: OwnParts): void {
  const names = new Set<unknown>(Object.keys(own.ports));
  const numbers = new Set<unknown>(Object.values(own.ports));
  entries(ports).forEach(({ name, containerPort }, index) => {
    const path = `${at}extraPorts[${index}]`;
    if (name === undefined || names.has(name)) findings.report(`${path}.name`, name, portName(own));
    if (numbers.has(containerPort)) findings.report(`${path}.containerPort`, containerPort, portTaken(own));
    names.add(name);
    numbers.add(containerPort);
  });
}

/** @param emqxConfig names of the settings of `emqx.conf` */
export function checkEnv(findings: Findings, env: unknown, emqxConfig: readonly string[]): void {
  const bound = [...emqxConfig, ...Object.values(LISTENER_SETTINGS), MANAGEMENT_SETTING];
  const settings = new Map(bound.map((name) => [variableOf(name), name]));
  for (const [name, value] of Object.entries(env as object)) {
    const path = `env.${name}`;
    const setting = settings.get(name);
    if (!(value instanceof EnvValue)) findings.report(path, HIDDEN, noEnvValue);
    else if (!/^[-._a-zA-Z][-._a-zA-Z0-9]*$/.test(name)) findings.report(path, HIDDEN, badVariable);
    else if (setting !== undefined) findings.report(path, HIDDEN, twiceSet(setting));
    else if (OWN_VARIABLES.includes(name)) findings.report(path, HIDDEN, ownVariable);
  }
}

function checkContainers(findings: Findings, at: string, options: NodePodOptions, own: OwnParts): void {
  const taken = new Set(own.containers);
  for (const property of ['extraContainers', 'initContainers'] as const) {
    entries(options[property]).forEach(({ name }, index) => {
      if (taken.has(String(name))) findings.report(`${at}${property}[${index}].name`, name, nameTaken('container'));
      taken.add(String(name));
    });
  }
}

function checkVolumes(findings: Findings, at: string, options: NodePodOptions, own: OwnParts): void {
  const taken = new Set(own.volumes);
  entries(options.volumes).forEach(({ name }, index) => {
    if (taken.has(String(name))) findings.report(`${at}volumes[${index}].name`, name, nameTaken('volume'));
    taken.add(String(name));
  });
  checkMounts(findings, `${at}volumeMounts`, options.volumeMounts, taken);
  for (const property of ['extraContainers', 'initContainers'] as const) {
    entries(options[property]).forEach(({ volumeMounts }, index) => {
      checkMounts(findings, `${at}${property}[${index}].volumeMounts`, volumeMounts, taken);
    });
  }
}

function checkMounts(findings: Findings, path: string, mounts: unknown, volumes: ReadonlySet<string>): void {
  entries(mounts).forEach(({ name }, index) => {
    if (typeof name === 'string' && !volumes.has(name)) findings.report(`${path}[${index}].name`, name, noVolume);
  });
}

/** Names of objects; a value that is not a list is reported by the definition of the custom resource. */
export function checkNames(findings: Findings, path: string, names: unknown): void {
  if (!Array.isArray(names)) return;
  names.forEach((name, index) => {
    findings.check(`${path}[${index}]`, name, objectName);
  });
}

/** The objects of a list; the schema refuses other values. */
function entries(list: unknown): Record<string, unknown>[] {
  if (!Array.isArray(list)) return [];
  return list.map((entry: unknown) => (typeof entry === 'object' && entry !== null ? { ...entry } : {}));
}

/** Name of a Secret or a ServiceAccount. */
export const objectName: Rule = (value) =>
  typeof value === 'string' && /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(value)
    ? undefined
    : {
        bound: "the name of an object: a-z, 0-9, '-' and '.', neither first nor last",
        reason: 'Kubernetes knows no others, and no node would start',
        fix: 'write the name of an object of the namespace',
      };

const labelValue: Rule = (value) =>
  typeof value === 'string' && /^([A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?)?$/.test(value)
    ? undefined
    : {
        bound:
          "the value of a label: at most 63 letters, digits, '-', '_' and '.', the first and last a letter or digit",
        reason: 'Kubernetes refuses the pods otherwise, and no node would start',
        fix: 'shorten it, or make it an annotation',
      };

const badKey: Violation = {
  bound: 'under a name like "example.com/team"',
  reason: 'Kubernetes refuses the pods otherwise, and no node would start',
  fix: "write at most 63 letters, digits, '-', '_' and '.', and a domain and '/' before them if you like",
};

const ownMetadata: Violation = {
  bound: 'left out',
  reason: 'the operator and Kubernetes find the pods of the cluster by it',
  fix: 'choose another name',
};

function portName({ ports }: OwnParts): Violation {
  const names = Object.keys(ports).map((name) => `"${name}"`);
  const own = names.length > 1 ? `neither ${names.join(' nor ')}` : `not ${names.join('')}`;
  return {
    bound: `a name that no other port has, ${own}`,
    reason: 'the operator drops the later of two ports with the same name, or with none',
    fix: 'give the port a name of its own',
  };
}

function portTaken({ ports }: OwnParts): Violation {
  const numbers = Object.values(ports);
  return {
    bound: 'a port that is not declared already',
    reason: 'the operator drops the later of two',
    fix: `leave it out: ${numbers.join(' and ')} ${numbers.length > 1 ? 'are' : 'is'} always declared`,
  };
}

export const noEnvValue: Violation = {
  bound: 'an EnvValue',
  reason: 'a value is given here, or taken from a Secret or a ConfigMap',
  fix: "write for example EnvValue.fromValue('UTC')",
};

export const badVariable: Violation = {
  bound: "a variable whose name has letters, digits, '_', '-' and '.', no digit first",
  reason: 'Kubernetes refuses other names',
  fix: 'write a name like TZ',
};

const ownVariable: Violation = {
  bound: 'left out',
  reason: 'the operator sets it, and could not reach the nodes, or EMQX its files, with another value',
  fix: 'use license, acl or apiKeys',
};

function twiceSet(setting: string): Violation {
  return {
    bound: 'left out',
    reason: `it would override the setting '${setting}', which the operator or the Service relies on`,
    fix: 'give the value in emqxConfig, and only there',
  };
}

function nameTaken(what: string): Violation {
  return {
    bound: `a name no other ${what} has`,
    reason: 'the pod, with what the operator adds to it, would have two of this name, and Kubernetes refuses it',
    fix: 'choose another name',
  };
}

const noVolume: Violation = {
  bound: 'the name of one of the volumes',
  reason: 'Kubernetes refuses the pod, and no node would start',
  fix: 'add the volume to volumes, or correct the name',
};
