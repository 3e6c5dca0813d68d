import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { stringify } from 'yaml';
import { RESTRICTED_CONTAINER, RESTRICTED_POD } from '../resource/restricted-pod';
import { POLICY_KEY, RUNNER_NAME } from '../resource/runner-policy';
import { type PolicyRule, upgradeRules } from '../resource/upgrade-rules';
import { prometheusRuleOf } from './_alerts';
import { checkRunner, inspectRunnerProps, RUNNER_KINDS } from './_check-runner';
import { grafanaDashboard } from './_dashboard';
import { Findings } from './_findings';
import { namespaceOf } from './_namespace';
import { bindClusterRole, bindRole, managerDeployment, serviceAccount } from './_plus';
import { addRole } from './_rbac';
import { runnerAlerts, runnerPanels, runnerPodMonitorSpec } from './_runner-monitoring';
import { takenName, watchNames } from './_sole-names';
import { withDefaultResources } from './operator-resources';
import type { UpgradeRunnerProps } from './upgrade-runner-props';

/** Of metrics and probes. */
const PORT = { name: 'metrics', number: 8080 };

/** Where the Secret with the URL of the webhook is mounted. */
const WEBHOOK = { volume: 'webhook', path: '/etc/emqx-blue-green/webhook', key: 'url' };

/**
 * Upgrades clusters from inside Kubernetes, as its policy says: whoever applies a new version with kubectl, Argo CD or Flux runs no command,
 * and no laptop has to stay open.
 *
 * Renders, all with the name `emqx-upgrade-runner`
 * - the Deployment, which runs `emqx-blue-green runner` under the Pod Security Standard `restricted`, with a read-only root file system;
 * - the ConfigMap with the policy; the runner and `emqx-blue-green approve` add keys of their own to it;
 * - the ServiceAccount, with exactly the rights that upgrades need in the namespaces of the clusters, or in all of them, and those to its
 *   own ConfigMap and lease;
 * - with `monitoring` a PodMonitor, a PrometheusRule and the ConfigMap `emqx-upgrade-runner-dashboard`.
 *
 * @see docs/runner.md
 */
export class UpgradeRunner extends Construct {
  /** Namespace of the runner. */
  readonly namespace: string;
  /** Namespaces of the clusters; undefined for all. */
  readonly watchNamespaces: readonly string[] | undefined;
  /** Name of the ConfigMap with its policy. */
  readonly configMapName = RUNNER_NAME;
  /** Name of the service account. */
  readonly serviceAccountName = RUNNER_NAME;

  constructor(scope: Construct, id: string, given: UpgradeRunnerProps) {
    super(scope, id);
    const { props, problems } = inspectRunnerProps(given);
    this.namespace = namespaceOf(this, props.namespace);
    this.watchNamespaces = props.allNamespaces === true ? undefined : watched(props, this.namespace);
    this.addPolicy(props);
    this.addAccess(props);
    this.addDeployment(props);
    if (props.monitoring === true) this.addMonitoring(props);
    watchNames(this);
    this.node.addValidation({
      validate: () => {
        const findings = new Findings(problems);
        checkRunner(findings, props);
        findings.report('namespace', this.namespace, takenName(this, 'render one runner in each namespace'));
        return findings.messages();
      },
    });
  }

  private addPolicy({ policy }: UpgradeRunnerProps): void {
    new ApiObject(this, 'Policy', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: RUNNER_NAME, namespace: this.namespace, labels: LABELS },
      data: { [POLICY_KEY]: stringify(policy ?? {}) },
    });
  }

  private addAccess(props: UpgradeRunnerProps): void {
    const { namespace, watchNamespaces } = this;
    const account = { name: RUNNER_NAME, namespace };
    serviceAccount(this, 'ServiceAccount', account);
    const kinds = RUNNER_KINDS.filter((kind) => !Array.isArray(props.kinds) || props.kinds.includes(kind));
    const rules = [...upgradeRules(kinds), EVENTS];
    if (watchNamespaces === undefined) {
      // Cluster-scoped objects of several runners must not have one name.
      const name = `${RUNNER_NAME}-${namespace}`;
      addRole(this, 'ClustersRole', { name }, rules);
      bindClusterRole(this, 'ClustersRoleBinding', name, name, account);
    } else {
      const name = `${RUNNER_NAME}-clusters`;
      for (const each of watchNamespaces) {
        addRole(this, `ClustersRole-${each}`, { name, namespace: each }, rules);
        bindRole(this, `ClustersRoleBinding-${each}`, { name, namespace: each }, name, account);
      }
    }
    addRole(this, 'Role', account, OWN_RULES);
    bindRole(this, 'RoleBinding', account, RUNNER_NAME, account);
  }

  private addMonitoring({ runbookUrl }: UpgradeRunnerProps): void {
    const { namespace } = this;
    const metadata = { name: RUNNER_NAME, namespace, labels: LABELS };
    const apiVersion = 'monitoring.coreos.com/v1';
    new ApiObject(this, 'PodMonitor', {
      ...{ apiVersion, kind: 'PodMonitor', metadata },
      spec: runnerPodMonitorSpec(LABELS, PORT.name),
    });
    new ApiObject(this, 'PrometheusRule', {
      ...{ apiVersion, kind: 'PrometheusRule', metadata },
      spec: prometheusRuleOf(`${namespace}/${RUNNER_NAME}`, runnerAlerts(namespace), { namespace }, runbookUrl),
    });
    const dashboard = grafanaDashboard(
      `${namespace}/${RUNNER_NAME}`,
      `EMQX upgrades, ${namespace}`,
      runnerPanels(namespace),
    );
    new ApiObject(this, 'Dashboard', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `${RUNNER_NAME}-dashboard`, namespace, labels: { ...LABELS, grafana_dashboard: '1' } },
      data: { [`${RUNNER_NAME}.json`]: JSON.stringify(dashboard, undefined, 2) },
    });
  }

  private addDeployment(props: UpgradeRunnerProps): void {
    const { namespace, watchNamespaces } = this;
    const { webhookSecret, imagePullSecrets } = props;
    managerDeployment(this, 'Resource', {
      name: RUNNER_NAME,
      namespace,
      labels: LABELS,
      account: { name: RUNNER_NAME, namespace },
      replicas: props.replicas ?? 1,
      container: 'runner',
      image: props.image,
      args: [
        'runner',
        `--namespace=${namespace}`,
        ...(watchNamespaces?.map((each) => `--watch-namespace=${each}`) ?? ['--all-namespaces']),
        `--port=${PORT.number}`,
        ...(webhookSecret === undefined ? [] : [`--webhook-url-file=${WEBHOOK.path}/${WEBHOOK.key}`]),
      ],
      env: {},
      ports: [PORT],
      probePort: PORT.number,
      resources: withDefaultResources(props.resources),
      secret:
        webhookSecret === undefined
          ? undefined
          : { secretName: webhookSecret, volume: WEBHOOK.volume, path: WEBHOOK.path },
      // Runs are left as they are, and what was told is delivered.
      terminationSeconds: 30,
      podFields: {
        imagePullSecrets: Array.isArray(imagePullSecrets) ? imagePullSecrets.map((name) => ({ name })) : undefined,
        nodeSelector: props.nodeSelector,
        tolerations: props.tolerations,
        affinity: props.affinity,
        securityContext: RESTRICTED_POD,
      },
      containerSecurityContext: RESTRICTED_CONTAINER,
    });
  }
}

/** Each once; of a property of any type. */
function watched({ watchNamespaces }: UpgradeRunnerProps, own: string): readonly string[] {
  return Array.isArray(watchNamespaces) ? [...new Set((watchNamespaces as unknown[]).map(String))] : [own];
}

const LABELS = { 'app.kubernetes.io/name': RUNNER_NAME };

const EVENTS: PolicyRule = { apiGroups: [''], resources: ['events'], verbs: ['create'] };

/** To its ConfigMap and its lease. A creation cannot be restricted by name. */
const OWN_RULES: readonly PolicyRule[] = [
  EVENTS,
  { apiGroups: [''], resources: ['configmaps'], verbs: ['create'] },
  { apiGroups: [''], resources: ['configmaps'], resourceNames: [RUNNER_NAME], verbs: ['list', 'watch', 'patch'] },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
  {
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    resourceNames: [RUNNER_NAME],
    verbs: ['list', 'patch'],
  },
];
