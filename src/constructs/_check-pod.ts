import { LISTENER_SETTINGS, MANAGEMENT_SETTING } from '../resource/listeners';
import { HIDDEN, type Violation } from '../resource/problem';
import type { Rule } from '../resource/rules';
import type { Findings } from './_findings';
import type { EmqxEnterpriseClusterProps } from './emqx-enterprise-cluster';
import { EnvValue } from './env-value';
import { License } from './license';
import { checkNodeResources } from './node-resources';
import { TLS_VOLUME } from './tls';

/**
 * What the operator adds to every pod. Given a second time, it makes a stateful set that Kubernetes refuses, and the upgrade
 * hangs behind it.
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

/** What Kubernetes' own definitions do not say of the parts of the pod: how they fit together. */
export function checkPod(findings: Findings, props: EmqxEnterpriseClusterProps): void {
  if (props.resources !== undefined) checkNodeResources(findings, 'resources', props.resources);
  checkNames(findings, 'imagePullSecrets', props.imagePullSecrets);
  if (props.serviceAccountName !== undefined)
    findings.check('serviceAccountName', props.serviceAccountName, objectName);
  if (props.extraContainers ?? props.initContainers) checkContainers(findings, props);
  if (props.volumes ?? props.volumeMounts ?? props.extraContainers ?? props.initContainers)
    checkVolumes(findings, props);
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

/** The variable the operator makes of a setting. */
function variableOf(setting: string): string {
  return `EMQX_${setting.toUpperCase().replaceAll('.', '__')}`;
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

/** Names of objects; of no list the definition of the custom resource tells. */
export function checkNames(findings: Findings, path: string, names: unknown): void {
  if (!Array.isArray(names)) return;
  names.forEach((name, index) => {
    findings.check(`${path}[${index}]`, name, objectName);
  });
}

/** The objects of a list; what else it may be, the schema refuses. */
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
    reason: `it would outdo the setting '${setting}', by which the operator or the Service goes on`,
    fix: 'give the value in emqxConfig, and only there',
  };
}

function nameTaken(what: string): Violation {
  return {
    bound: `a name no other ${what} has`,
    reason: 'the pod, with what the operator adds to it, would have two of the name, and Kubernetes refuses it',
    fix: 'choose another name',
  };
}

const noVolume: Violation = {
  bound: 'the name of one of the volumes',
  reason: 'Kubernetes refuses the pod, and no node would start',
  fix: 'add the volume to volumes, or correct the name',
};
