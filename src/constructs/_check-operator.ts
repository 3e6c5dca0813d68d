import semver from 'semver';
import * as z from 'zod';
import * as core from '../resource/core-v1';
import { formatPath, type Violation } from '../resource/problem';
import type { Rule } from '../resource/rules';
import { structuralFindings } from '../resource/structure';
import { atLeastOne } from './_at-least-one';
import { checkNames } from './_check-pod';
import type { Findings } from './_findings';
import { dnsLabel } from './_namespace';
import { type Inspected, inspectProps, type PartsOf } from './_shape';
import { resourceParts } from './cluster-parts';
import type { EmqxOperatorProps } from './emqx-operator-props';
import { checkOperatorResources } from './operator-resources';
import { checkWebhook } from './operator-webhook';

const PARTS: PartsOf<EmqxOperatorProps> = {
  namespace: 'value',
  watchNamespace: 'value',
  crds: 'value',
  webhook: 'value',
  version: 'value',
  image: 'value',
  imagePullSecrets: 'value',
  replicas: 'value',
  resources: resourceParts,
  nodeSelector: 'value',
  tolerations: 'value',
  affinity: 'value',
  podSecurityContext: 'value',
  containerSecurityContext: 'value',
};

/** The shape of the properties of an operator, for programs without type checks. */
export function inspectOperatorProps(given: unknown): Inspected<EmqxOperatorProps> {
  return inspectProps(given, PARTS);
}

export function checkOperator(findings: Findings, props: EmqxOperatorProps): void {
  if (props.namespace !== undefined) findings.check('namespace', props.namespace, dnsLabel);
  if (props.watchNamespace !== undefined) findings.check('watchNamespace', props.watchNamespace, dnsLabel);
  if (props.webhook !== undefined) checkWebhook(findings, 'webhook', props.webhook);
  if (props.crds !== undefined && typeof props.crds !== 'boolean') findings.report('crds', props.crds, noSwitch);
  if (props.version !== undefined) findings.check('version', props.version, version);
  if (props.image !== undefined) findings.check('image', props.image, repository);
  if (props.replicas !== undefined) findings.check('replicas', props.replicas, replicas);
  checkNames(findings, 'imagePullSecrets', props.imagePullSecrets);
  checkPodFields(findings, props);
  if (props.resources !== undefined) checkOperatorResources(findings, 'resources', props.resources);
}

const version: Rule = (value) => {
  const known = typeof value === 'string' && semver.valid(value) === value;
  if (known && semver.satisfies(value, '>=2.2.0 <2.3.0')) return undefined;
  return {
    bound: 'a version from 2.2.0 up to, but not including, 2.3.0',
    reason:
      known && semver.gte(value, '2.3.0-0')
        ? 'from 2.3.0 on the operator does not know EmqxEnterprise, and ignores the clusters'
        : 'the rights and arguments rendered here are those of 2.2',
    fix: 'choose "2.2.29", the last one',
  };
};

const repository: Rule = (value) =>
  typeof value === 'string' && /^[^\s@]+$/.test(value) && !value.split('/').at(-1)!.includes(':')
    ? undefined
    : {
        bound: 'the repository of an image, without tag and digest',
        reason: 'its tag is the version',
        fix: 'write for example "registry.example.com:5000/emqx/emqx-operator-controller"',
      };

const noSwitch: Violation = {
  bound: 'true or false',
  reason: 'the definitions are rendered or not',
  fix: 'leave it out, and they are rendered',
};

/** Fields of the pod with Kubernetes' own types. */
const POD_FIELDS = {
  imagePullSecrets: z.array(z.string()),
  nodeSelector: z.record(z.string(), z.string()),
  tolerations: z.array(core.toleration),
  affinity: core.affinity,
  podSecurityContext: core.podSecurityContext,
  containerSecurityContext: core.securityContext,
} satisfies Partial<Record<keyof EmqxOperatorProps, z.ZodType>>;

/** Checks the fields of the pod that have Kubernetes' own types. */
export function checkPodFields(findings: Findings, props: Pick<EmqxOperatorProps, keyof typeof POD_FIELDS>): void {
  for (const [name, schema] of Object.entries(POD_FIELDS)) {
    const value = props[name as keyof typeof POD_FIELDS];
    if (value === undefined) continue;
    for (const { steps, problem } of structuralFindings(schema, value, () => false)) {
      const reason = problem.reason.replace('the custom resource definition', 'the API of Kubernetes');
      findings.add({ ...problem, path: formatPath([name, ...steps]), reason });
    }
  }
}

const replicas = atLeastOne({
  reason: 'without a replica nothing manages the clusters',
  fix: 'write 1, or 2 for one in reserve',
});
