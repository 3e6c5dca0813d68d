import type { EmqxResource } from '../resource/generations';
import { imageReference } from '../resource/image-reference';
import type { Violation } from '../resource/problem';
import type { Rule } from '../resource/rules';
import { POLICY_KEY, policyProblemsOf } from '../resource/runner-policy';
import { runbooksUrl } from './_alerts';
import { atLeastOne } from './_at-least-one';
import { checkPodFields } from './_check-operator';
import { checkNames, objectName } from './_check-pod';
import type { Findings } from './_findings';
import { dnsLabel } from './_namespace';
import { type Inspected, inspectProps, type PartsOf } from './_shape';
import { resourceParts } from './cluster-parts';
import { checkOperatorResources } from './operator-resources';
import type { UpgradeRunnerProps } from './upgrade-runner-props';

const PARTS: PartsOf<UpgradeRunnerProps> = {
  image: 'value',
  namespace: 'value',
  watchNamespaces: 'value',
  allNamespaces: 'value',
  kinds: 'value',
  policy: 'value',
  webhookSecret: 'value',
  replicas: 'value',
  monitoring: 'value',
  runbookUrl: 'value',
  resources: resourceParts,
  imagePullSecrets: 'value',
  nodeSelector: 'value',
  tolerations: 'value',
  affinity: 'value',
};

/** The shape of the properties of a runner, for programs without type checks. */
export function inspectRunnerProps(given: unknown): Inspected<UpgradeRunnerProps> {
  return inspectProps(given, PARTS);
}

export const RUNNER_KINDS = ['EmqxEnterprise', 'EMQX'] as const satisfies readonly EmqxResource['kind'][];

export function checkRunner(findings: Findings, props: UpgradeRunnerProps): void {
  findings.check('image', props.image, imageReference);
  if (props.namespace !== undefined) findings.check('namespace', props.namespace, dnsLabel);
  checkNamespaces(findings, props);
  if (props.kinds !== undefined) findings.check('kinds', props.kinds, kinds);
  if (props.policy !== undefined) {
    for (const problem of policyProblemsOf(props.policy)) {
      findings.add({ ...problem, path: problem.path === POLICY_KEY ? POLICY_KEY : `policy.${problem.path}` });
    }
  }
  if (props.webhookSecret !== undefined) findings.check('webhookSecret', props.webhookSecret, objectName);
  if (props.monitoring !== undefined && typeof props.monitoring !== 'boolean') {
    findings.report('monitoring', props.monitoring, notRendered);
  }
  if (props.runbookUrl !== undefined) findings.check('runbookUrl', props.runbookUrl, runbooksUrl);
  if (props.replicas !== undefined) findings.check('replicas', props.replicas, replicas);
  if (props.resources !== undefined) checkOperatorResources(findings, 'resources', props.resources);
  checkNames(findings, 'imagePullSecrets', props.imagePullSecrets);
  checkPodFields(findings, props);
}

function checkNamespaces(findings: Findings, { watchNamespaces, allNamespaces }: UpgradeRunnerProps): void {
  if (allNamespaces !== undefined && typeof allNamespaces !== 'boolean') {
    findings.report('allNamespaces', allNamespaces, noSwitch);
  }
  if (watchNamespaces === undefined) return;
  if (!Array.isArray(watchNamespaces) || watchNamespaces.length === 0) {
    findings.report('watchNamespaces', watchNamespaces, noList);
    return;
  }
  if (allNamespaces === true) findings.report('watchNamespaces', watchNamespaces, notBoth);
  watchNamespaces.forEach((namespace: unknown, index) => {
    findings.check(`watchNamespaces[${index}]`, namespace, dnsLabel);
  });
}

const kinds: Rule = (value) =>
  Array.isArray(value) && value.length > 0 && value.every((kind) => (RUNNER_KINDS as readonly unknown[]).includes(kind))
    ? undefined
    : {
        bound: `a list of one or more of ${RUNNER_KINDS.join(', ')}`,
        reason: 'no other kind is upgraded',
        fix: "write for example ['EMQX'], or leave it out for both",
      };

const replicas = atLeastOne({
  reason: 'without a replica nothing is upgraded',
  fix: 'write 1, or 2 for one in reserve',
});

const noSwitch: Violation = {
  bound: 'true or false',
  reason: 'it upgrades the clusters of all namespaces or not',
  fix: 'leave it out for those of its own namespace',
};

const noList: Violation = {
  bound: 'a list of one or more namespaces',
  reason: 'their clusters are upgraded',
  fix: "write for example ['mqtt'], or leave it out for its own namespace",
};

const notBoth: Violation = {
  bound: 'left out with allNamespaces',
  reason: 'all of them are watched',
  fix: 'give only one of them',
};

const notRendered: Violation = {
  bound: 'true or false',
  reason: 'its monitoring is rendered or not',
  fix: 'leave it out where there is no Prometheus Operator',
};
