import {
  LISTENER_SETTINGS,
  listenerPorts,
  MANAGEMENT_SETTING,
  managementListener,
  publishedListener,
} from '../resource/listeners';
import { formatPath, HIDDEN, type Problem, type Violation } from '../resource/problem';
import { clusterName, emqxVersion, replicas } from '../resource/rules';
import { withDefaults } from '../resource/v1beta4/defaults';
import type { EmqxEnterprise } from '../resource/v1beta4/emqx-enterprise';
import { structuralProblemsOf } from '../resource/v1beta4/parse';
import { checkAcl, checkApiKeys } from './_check-access';
import { checkEnv, checkPod, objectName } from './_check-pod';
import { checkMqttService } from './_check-service';
import { Findings } from './_findings';
import { dnsLabel } from './_namespace';
import { underProperty } from './_property-paths';
import { deviceServiceOf } from './_service-spec';
import { checkBlueGreenUpdate } from './blue-green-update';
import type { EmqxEnterpriseClusterProps } from './emqx-enterprise-cluster-props';
import { checkLicense } from './license';
import { LISTENERS } from './mqtt-service';
import { checkNetworkPolicy } from './network-policy';
import { checkPersistence } from './persistence';
import { checkPodDisruptionBudget } from './pod-disruption-budget';
import { TLS_CONFIG } from './tls';

/**
 * Properties that the rules check completely: where no others are given, the definition of the custom resource need
 * not be checked.
 */
const SETTLED_BY_RULES: ReadonlySet<string> = new Set<keyof EmqxEnterpriseClusterProps>([
  'name',
  'namespace',
  'version',
  'replicas',
  'license',
  'persistence',
  'blueGreenUpdate',
  'service',
  'exposure',
  'tls',
  'acl',
  'apiKeys',
  'resources',
  'networkPolicy',
  'podDisruptionBudget',
]);

/**
 * All problems of the properties of a cluster.
 *
 * @param given the custom resource as far as the properties define it
 * @param known problems that are already known
 */
export function checkCluster(
  props: EmqxEnterpriseClusterProps,
  given: () => EmqxEnterprise,
  known: readonly Problem[],
): readonly Problem[] {
  const findings = new Findings(known);
  findings.check('name', props.name, clusterName);
  if (props.namespace !== undefined) findings.check('namespace', props.namespace, dnsLabel);
  findings.check('version', props.version, emqxVersion);
  findings.check('replicas', props.replicas, replicas);
  if (props.license !== undefined) checkLicense(findings, 'license', props.license);
  if (props.persistence !== undefined) checkPersistence(findings, 'persistence', props.persistence);
  if (props.blueGreenUpdate !== undefined) checkBlueGreenUpdate(findings, 'blueGreenUpdate', props.blueGreenUpdate);
  if (props.service !== undefined) checkMqttService(findings, 'service', props.service);
  checkExposure(findings, props);
  checkTls(findings, props);
  checkListeners(findings, props);
  if (props.acl !== undefined) checkAcl(findings, 'acl', props.acl);
  if (props.apiKeys !== undefined) checkApiKeys(findings, 'apiKeys', props.apiKeys);
  if (props.env !== undefined) checkEnv(findings, props.env, settingsOf(given()));
  checkPod(findings, props);
  if (props.networkPolicy) checkNetworkPolicy(findings, 'networkPolicy', props.networkPolicy);
  if (props.podDisruptionBudget) {
    checkPodDisruptionBudget(findings, 'podDisruptionBudget', props.podDisruptionBudget);
  }
  if (Object.keys(props).some((name) => !SETTLED_BY_RULES.has(name))) addProblemsOf(given(), findings);
  return findings.all;
}

/** For a property that is already wrong, the custom resource adds nothing new. */
function addProblemsOf(given: EmqxEnterprise, findings: Findings): void {
  const problems = structuralProblemsOf(given).map(underProperty);
  const news = problems.filter(({ path }) => !findings.concern(path));
  for (const problem of news) findings.add(problem);
}

/** All settings of `emqx.conf`, also the implied ones. */
function settingsOf(given: EmqxEnterprise): string[] {
  return Object.keys(withDefaults(given).spec.template?.spec?.emqxContainer?.emqxConfig ?? {});
}

export function checkExposure(findings: Findings, { exposure }: Pick<EmqxEnterpriseClusterProps, 'exposure'>): void {
  if (exposure === undefined || exposure === 'own' || exposure === 'operator') return;
  findings.report('exposure', exposure, unknownExposure);
}

function checkTls(findings: Findings, { tls, emqxConfig }: EmqxEnterpriseClusterProps): void {
  if (tls === undefined) return;
  findings.check('tls.secretName', tls.secretName, objectName);
  for (const setting of Object.keys(TLS_CONFIG)) {
    if (emqxConfig?.[setting] !== undefined) findings.report(`emqxConfig["${setting}"]`, HIDDEN, setByTls);
  }
}

/** The operator and the Service rely on the ports on which the nodes listen. */
function checkListeners(findings: Findings, props: EmqxEnterpriseClusterProps): void {
  const { emqxConfig, tls } = props;
  if (emqxConfig === undefined) return;
  const report = (setting: string, violation: Violation | undefined) =>
    findings.report(formatPath(['emqxConfig', setting]), emqxConfig[setting], violation);
  report(MANAGEMENT_SETTING, managementListener(emqxConfig[MANAGEMENT_SETTING]));
  const taken = new Set<number>([8081, 18083]);
  const ports = listenerPorts(emqxConfig);
  const published: readonly unknown[] = [deviceServiceOf(props).listeners].flat();
  for (const listener of LISTENERS.filter((one) => published.includes(one))) {
    const setting = LISTENER_SETTINGS[listener];
    if (tls && setting in TLS_CONFIG) continue;
    const wrong = publishedListener(emqxConfig[setting]);
    report(setting, wrong ?? (taken.has(ports[listener]) ? portTaken : undefined));
    taken.add(ports[listener]);
  }
}

export const portTaken: Violation = {
  bound: 'a port that no other listener has',
  reason: 'EMQX binds each port once, and a Service publishes it once',
  fix: 'choose another one for one of them',
};

const unknownExposure: Violation = {
  bound: '"own" or "operator"',
  reason: 'the Service is created here, or by the operator',
  fix: 'leave it out, and the Service is created here',
};

export const setByTls: Violation = {
  bound: 'left out with tls',
  reason: 'the property tls sets it',
  fix: 'leave out the one or the other',
};
