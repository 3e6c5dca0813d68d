import { LICENSE_KEY } from '../resource/constants';
import { formatPath, HIDDEN, type Problem, type Violation } from '../resource/problem';
import type { Rule } from '../resource/rules';
import { hoconAt, OPERATOR_API_KEY, problemsOfConfig, settingsIn, structuralProblemsOfEmqx } from '../resource/v2beta1';
import type { Emqx } from '../resource/v2beta1/emqx';
import * as rules from '../resource/v2beta1/rules';
import { atLeastOne } from './_at-least-one';
import { type ApiKeyForm, checkApiKeys } from './_check-access';
import { checkExposure, portTaken, setByTls } from './_check-cluster';
import { badVariable, checkAccount, checkPodOptions, noEnvValue, type OwnParts, objectName } from './_check-pod';
import { checkMqttService } from './_check-service';
import { checkConfigValues, configTextOf } from './_config-text';
import { underEmqxProperty } from './_emqx-property-paths';
import { dashboardPortOf, emqxConfigOf, emqxImageOf, emqxListenersOf, emqxServiceOf } from './_emqx-resource';
import { Findings } from './_findings';
import { dnsLabel } from './_namespace';
import { LICENSE_VARIABLE } from './_node-template';
import { checkBlueGreenUpdate } from './blue-green-update';
import type { CoreOptions, EmqxClusterProps } from './emqx-cluster-props';
import { checkDashboard } from './emqx-dashboard';
import { EnvValue } from './env-value';
import { checkLicense, License } from './license';
import { LISTENERS } from './mqtt-service';
import { checkNetworkPolicy } from './network-policy';
import { checkPersistence } from './persistence';
import { checkPodDisruptionBudget } from './pod-disruption-budget';
import { EMQX_TLS_CONFIG, TLS_VOLUME } from './tls';

/** Properties and options of nodes that the rules check completely: where no others are given, the definition need not be asked. */
const SETTLED_BY_RULES: ReadonlySet<string> = new Set<keyof EmqxClusterProps>([
  ...([
    'name',
    'namespace',
    'version',
    'image',
    'blueGreenUpdate',
    'cores',
    'replicants',
    'config',
    'configMode',
  ] as const),
  ...([
    'license',
    'service',
    'exposure',
    'tls',
    'dashboard',
    'apiKeys',
    'clusterDomain',
    'revisionHistoryLimit',
  ] as const),
  'networkPolicy',
]);
const SETTLED_OF_NODES: ReadonlySet<string> = new Set<keyof CoreOptions>([
  ...(['replicas', 'persistence', 'resources', 'podDisruptionBudget'] as const),
]);

/**
 * All problems of the properties of a cluster of EMQX 5 or 6.
 *
 * @param given the custom resource as far as the properties define it
 * @param known problems that are already known
 */
export function checkEmqxCluster(
  props: EmqxClusterProps,
  given: () => Emqx,
  known: readonly Problem[],
): readonly Problem[] {
  const findings = new Findings(known);
  findings.check('name', props.name, rules.emqxName);
  if (props.namespace !== undefined) findings.check('namespace', props.namespace, dnsLabel);
  checkVersion(findings, props);
  findings.check('clusterDomain', props.clusterDomain, rules.clusterDomain);
  if (props.blueGreenUpdate !== undefined) checkBlueGreenUpdate(findings, 'blueGreenUpdate', props.blueGreenUpdate);
  else if (!findings.concern('blueGreenUpdate')) findings.report('blueGreenUpdate', undefined, noUpdate);
  checkNodes(findings, props);
  if (props.dashboard) checkDashboard(findings, 'dashboard', props.dashboard);
  checkConfig(findings, props);
  checkLicenses(findings, props);
  if (props.service !== undefined) checkMqttService(findings, 'service', props.service);
  checkExposure(findings, props);
  if (props.tls !== undefined) findings.check('tls.secretName', props.tls.secretName, objectName);
  checkListeners(findings, props);
  if (props.apiKeys !== undefined) checkApiKeys(findings, 'apiKeys', props.apiKeys, API_KEY);
  if (props.revisionHistoryLimit !== undefined) {
    findings.check('revisionHistoryLimit', props.revisionHistoryLimit, historyLimit);
  }
  checkAccount(findings, props);
  if (props.networkPolicy) checkNetworkPolicy(findings, 'networkPolicy', props.networkPolicy);
  if (!isSettled(props)) addProblemsOf(given(), findings);
  return findings.all;
}

function isSettled({ cores = {}, replicants = {}, ...props }: EmqxClusterProps): boolean {
  return (
    Object.keys(props).every((name) => SETTLED_BY_RULES.has(name)) &&
    [cores, replicants].every((nodes) => Object.keys(nodes).every((name) => SETTLED_OF_NODES.has(name)))
  );
}

/** For a property that is already wrong, the custom resource adds nothing new. */
function addProblemsOf(given: Emqx, findings: Findings): void {
  const news = structuralProblemsOfEmqx(given)
    .map(underEmqxProperty)
    .filter(({ path }) => !findings.concern(path));
  for (const problem of news) findings.add(problem);
}

function checkVersion(findings: Findings, props: EmqxClusterProps): void {
  const { image, version } = props;
  findings.check('version', version, rules.emqxVersionText);
  if (image?.pullPolicy !== undefined && !['Always', 'Never', 'IfNotPresent'].includes(image.pullPolicy)) {
    findings.report('image.pullPolicy', image.pullPolicy, unknownPolicy);
  }
  if (!findings.concern('version')) findings.check('image', emqxImageOf(props), rules.emqxImage);
}

function checkNodes(findings: Findings, props: EmqxClusterProps): void {
  for (const [group, rule] of [
    ['cores', rules.cores],
    ['replicants', rules.replicants],
  ] as const) {
    const nodes: CoreOptions | undefined = props[group];
    if (nodes === undefined) continue;
    findings.check(`${group}.replicas`, nodes.replicas, rule);
    checkPodOptions(findings, `${group}.`, nodes, ownParts(props, group));
    if (nodes.env !== undefined) checkVariables(findings, `${group}.env`, nodes.env, props);
    if (nodes.persistence !== undefined) checkPersistence(findings, `${group}.persistence`, nodes.persistence);
    if (nodes.podDisruptionBudget) {
      checkPodDisruptionBudget(findings, `${group}.podDisruptionBudget`, nodes.podDisruptionBudget);
    }
  }
}

/** @see EMQX Operator 2.2.29, `generateStatefulSet` and `generateReplicaSet` of v2beta1 */
function ownParts(props: EmqxClusterProps, group: 'cores' | 'replicants'): OwnParts {
  const set = `${props.name}-${group === 'cores' ? 'core' : 'replicant'}`;
  return {
    containers: ['emqx'],
    volumes: ['bootstrap-api-key', 'bootstrap-config', `${set}-log`, `${set}-data`, ...(props.tls ? [TLS_VOLUME] : [])],
    ports: { dashboard: dashboardPortOf(props) },
  };
}

function checkVariables(findings: Findings, path: string, env: object, { license }: EmqxClusterProps): void {
  for (const [name, value] of Object.entries(env)) {
    const at = `${path}.${name}`;
    if (!(value instanceof EnvValue)) findings.report(at, HIDDEN, noEnvValue);
    else if (!/^[-._a-zA-Z][-._a-zA-Z0-9]*$/.test(name)) findings.report(at, HIDDEN, badVariable);
    else if (OWN_VARIABLES.test(name) || (license && name === LICENSE_VARIABLE)) {
      findings.report(at, HIDDEN, rules.variableName(name) ?? ownVariable);
    }
  }
}

/** Variables that the operator sets, and those of settings that the Service or the operator relies on. */
const OWN_VARIABLES =
  /^(POD_NAME|EMQX_HOST|EMQX_NAME|EMQX_NODE_NAME|EMQX_NODE__(NAME|DATA_DIR|ROLE|COOKIE)|EMQX_CLUSTER__.*|EMQX_API_KEY__BOOTSTRAP_FILE|EMQX_DASHBOARD__LISTENERS__.*__BIND|EMQX_LISTENERS__(TCP|SSL|WS|WSS)__DEFAULT__(BIND|ENABLED?))$/;

function checkConfig(findings: Findings, props: EmqxClusterProps): void {
  const { config, configMode, tls, dashboard } = props;
  checkConfigValues(findings, 'config', config);
  if (configMode !== undefined && configMode !== 'Merge' && configMode !== 'Replace') {
    findings.report('configMode', configMode, unknownMode);
  }
  if (findings.concern('config') || findings.concern('dashboard')) return;
  const text = emqxConfigOf(props);
  if (text !== undefined) for (const problem of problemsOfConfig(text)) findings.add({ ...problem, path: 'config' });
  const isGiven = (setting: string) => settingOf(config, setting) !== undefined;
  for (const setting of tls ? Object.keys(EMQX_TLS_CONFIG) : []) {
    if (isGiven(setting)) findings.report(formatPath(['config', setting]), HIDDEN, setByTls);
  }
  if (dashboard?.port !== undefined && isGiven('dashboard.listeners.http.bind')) {
    findings.report('dashboard.port', dashboard.port, setByConfig);
  }
}

function checkLicenses(findings: Findings, { license, config }: EmqxClusterProps): void {
  if (license === undefined) return;
  checkLicense(findings, 'license', license);
  if (license instanceof License && settingOf(config, 'license.key') !== undefined) {
    findings.report('license', HIDDEN, setByConfig);
  }
}

/** A setting that the configuration itself has. */
function settingOf(config: EmqxClusterProps['config'], setting: string): unknown {
  return hoconAt(settingsIn(configTextOf(config, {})), setting.split('.'));
}

/** The Service relies on the ports on which the nodes listen. */
function checkListeners(findings: Findings, props: EmqxClusterProps): void {
  const ports = emqxListenersOf(props);
  const taken = new Set<number>([dashboardPortOf(props)]);
  const published: readonly unknown[] = [emqxServiceOf(props).listeners].flat();
  for (const listener of LISTENERS.filter((one) => published.includes(one))) {
    const port = ports[listener];
    if (port === undefined) findings.report('service', listener, listenerOff);
    else if (taken.has(port)) findings.report('service', `${listener}: ${port}`, portTaken);
    if (port !== undefined) taken.add(port);
  }
}

const API_KEY: ApiKeyForm = {
  own: OPERATOR_API_KEY,
  pattern: /^[a-zA-Z\d_-]+$/,
  allowed: "letters, digits, '_' and '-'",
  maxSecretLength: 128,
  fromSecret: true,
};

const historyLimit: Rule = (value) =>
  value === 0
    ? undefined
    : atLeastOne(
        { reason: 'it counts the old sets that are kept', fix: 'leave it out: it is 3 then' },
        'a whole number of at least 0',
      )(value);

const noUpdate: Violation = {
  bound: 'given, with the rates at which devices may be moved',
  reason: 'the operator would otherwise move 1,000 devices a second from a node',
  fix: 'write blueGreenUpdate: { evacuationStrategy: { connectionEvictionRate: 100, sessionEvictionRate: 100, waitTakeover: Duration.seconds(10) } }',
};

const unknownPolicy: Violation = {
  bound: '"Always", "Never" or "IfNotPresent"',
  reason: 'Kubernetes knows these three',
  fix: 'leave it out: it is "IfNotPresent" then',
};

const unknownMode: Violation = {
  bound: '"Merge" or "Replace"',
  reason: 'the operator asks EMQX for one of the two',
  fix: 'leave it out: it is "Merge" then',
};

const setByConfig: Violation = {
  bound: 'left out where config sets it',
  reason: 'the configuration says the same in another place, and one of the two would be ignored',
  fix: 'leave out the one or the other',
};

const listenerOff: Violation = {
  bound: 'of listeners that are on, and bound to a port',
  reason: 'no device could connect to the one that is published',
  fix: 'leave the listener out of the Service, or switch it on in config',
};

const ownVariable: Violation = {
  bound: 'left out',
  reason: 'the operator sets it, or the Service relies on the setting behind it',
  fix: `use config, dashboard or license; a Secret with a license has it under ${LICENSE_KEY}`,
};
