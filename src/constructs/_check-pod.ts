import { LISTENER_SETTINGS, MANAGEMENT_SETTING, variableOf } from '../resource/listeners';
import { formatPath, HIDDEN, type Violation } from '../resource/problem';
import type { Rule } from '../resource/rules';
import type { Findings } from './_findings';
import type { EmqxEnterpriseClusterProps } from './emqx-enterprise-cluster-props';
import { EnvValue } from './env-value';
import { License } from './license';
import { checkNodeResources } from './node-resources';
import { TLS_VOLUME } from './tls';

/**
 * What the operator adds to every pod. Given a second time, it makes Kubernetes refuse the stateful set, and the upgrade
 * hangs.
 *
 * @see EMQX Operator 2.2.29, `generateStatefulSet`
 */
const OWN_CONTAINERS = ['emqx', 'reloader'];

/** Variables the operator sets by itself. */
const OWN_VARIABLES = [
  'EMQX_ACL_FILE',
  'EMQX_LICENSE__FILE',
  'EMQX_MANAGEMENT__BOOTSTRAP_APPS_FILE',
  'EMQX_PLUGINS__ETC_DIR',
];

function ownVolumes({ name, license }: EmqxEnterpriseClusterProps): string[] {
  const ofLicense = license instanceof License ? [license.secretNameFor(name)] : [];
  return ['emqx-log', 'bootstrap-user', `${name}-data`, `${name}-acl`, `${name}-plugins-config`, ...ofLicense];
}

/** What Kubernetes' own definitions do not check: how the parts of the pod fit together. */
export function checkPod(findings: Findings, props: EmqxEnterpriseClusterProps): void {
  if (props.resources !== undefined) checkNodeResources(findings, 'resources', props.resources);
  checkNames(findings, 'imagePullSecrets', props.imagePullSecrets);
  if (props.serviceAccountName !== undefined)
    findings.check('serviceAccountName', props.serviceAccountName, objectName);
  checkPodMetadata(findings, props);
  if (props.extraPorts !== undefined) checkPorts(findings, props.extraPorts);
  if (props.extraContainers ?? props.initContainers) checkContainers(findings, props);
  if (props.volumes ?? props.volumeMounts ?? props.extraContainers ?? props.initContainers)
    checkVolumes(findings, props);
}

function checkPodMetadata(findings: Findings, { podLabels, podAnnotations }: EmqxEnterpriseClusterProps): void {
  for (const [property, entries] of Object.entries({ podLabels, podAnnotations })) {
    for (const [name, value] of Object.entries(entries ?? {})) {
      const path = formatPath([property, name]);
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
function checkPorts(findings: Findings, ports: unknown): void {
  const names = new Set<unknown>(['management', 'dashboard']);
  const numbers = new Set<unknown>([8081, 18083]);
  entries(ports).forEach(({ name, containerPort }, index) => {
    const at = `extraPorts[${index}]`;
    if (name === undefined || names.has(name)) findings.report(`${at}.name`, name, portName);
    if (numbers.has(containerPort)) findings.report(`${at}.containerPort`, containerPort, portTaken);
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

function checkContainers(findings: Findings, props: EmqxEnterpriseClusterProps): void {
  const taken = new Set(OWN_CONTAINERS);
  for (const property of ['extraContainers', 'initContainers'] as const) {
    entries(props[property]).forEach(({ name }, index) => {
      if (taken.has(String(name))) findings.report(`${property}[${index}].name`, name, nameTaken('container'));
      taken.add(String(name));
    });
  }
}

function checkVolumes(findings: Findings, props: EmqxEnterpriseClusterProps): void {
  const taken = new Set([...ownVolumes(props), ...(props.tls ? [TLS_VOLUME] : [])]);
  entries(props.volumes).forEach(({ name }, index) => {
    if (taken.has(String(name))) findings.report(`volumes[${index}].name`, name, nameTaken('volume'));
    taken.add(String(name));
  });
  checkMounts(findings, 'volumeMounts', props.volumeMounts, taken);
  for (const property of ['extraContainers', 'initContainers'] as const) {
    entries(props[property]).forEach(({ volumeMounts }, index) => {
      checkMounts(findings, `${property}[${index}].volumeMounts`, volumeMounts, taken);
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

const portName: Violation = {
  bound: 'a name that no other port has, neither "management" nor "dashboard"',
  reason: 'the operator drops the later of two ports with the same name, or with none',
  fix: 'give the port a name of its own',
};

const portTaken: Violation = {
  bound: 'a port that is not declared already',
  reason: 'the operator drops the later of two',
  fix: 'leave it out: 8081 and 18083 are always declared',
};

const noEnvValue: Violation = {
  bound: 'an EnvValue',
  reason: 'a value is given here, or taken from a Secret or a ConfigMap',
  fix: "write for example EnvValue.fromValue('UTC')",
};

const badVariable: Violation = {
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
