import { ApiObject, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { customResourceDefinitions } from '../resource/crd';
import { checkOperator, inspectOperatorProps } from './_check-operator';
import { clusterScoped } from './_cluster-scoped';
import { Findings } from './_findings';
import { addAdmission } from './_operator-admission';
import { LEADER_ELECTION_RULES, RULES_EVERYWHERE, RULES_OF_A_NAMESPACE } from './_operator-rules';
import { bindClusterRole, bindRole, managerDeployment, serviceAccount } from './_plus';
import { addRole } from './_rbac';
import { takenName, watchNames } from './_sole-names';
import type { PodSecurityContext, SecurityContext } from './core-v1/pods';
import type { EmqxOperatorProps } from './emqx-operator-props';
import { withDefaultResources } from './operator-resources';
import { OperatorWebhook } from './operator-webhook';

const NAME = 'emqx-operator';
const NEW_NAMESPACE = 'emqx-operator-system';
const DEFAULT_IMAGE = 'emqx/emqx-operator-controller';
const DEFAULT_VERSION = '2.2.29';
const PORTS = { metrics: 8080, probes: 8081, webhook: 9443 };
const CERTIFICATE_PATH = '/tmp/k8s-webhook-server/serving-certs';

/**
 * The EMQX Operator 2.2, which runs clusters of EMQX Enterprise 4.4 (EmqxEnterprise) and of EMQX 5 and 6 (EMQX): the last release
 * line that supports both.
 *
 * Renders
 * - the custom resource definitions EmqxEnterprise, EmqxBroker, EmqxPlugin, Rebalance and EMQX;
 * - a Namespace, unless one is given;
 * - the ServiceAccount, its rights in all namespaces or in the watched one, and those for leader election;
 * - the Deployment `emqx-operator-controller-manager`;
 * - the Service `emqx-operator-controller-manager-metrics-service`, port 8080;
 * - the webhook's Service, certificate and configurations, depending on `webhook`.
 *
 * The names are those of the vendor's Helm chart, so that one can replace the other.
 *
 * @see EMQX Operator 2.2.29, Helm chart
 */
export class EmqxOperator extends Construct {
  /** Namespace of the operator. */
  readonly namespace: string;
  /** The whole image reference, for example `emqx/emqx-operator-controller:2.2.29`. */
  readonly image: string;
  /** Version of the operator. */
  readonly version: string;
  /** The only watched namespace; undefined if all are watched. */
  readonly watchNamespace: string | undefined;
  /** Name of its service account. */
  readonly serviceAccountName = NAME;
  /** Name of the Service for the operator's own metrics. */
  readonly metricsServiceName = `${NAME}-controller-manager-metrics-service`;

  constructor(scope: Construct, id: string, given: EmqxOperatorProps = {}) {
    super(scope, id);
    const { props, problems } = inspectOperatorProps(given);
    const existing = props.namespace ?? Chart.of(this).namespace;
    this.namespace = existing ?? NEW_NAMESPACE;
    this.version = props.version ?? DEFAULT_VERSION;
    this.image = `${props.image ?? DEFAULT_IMAGE}:${this.version}`;
    this.watchNamespace = props.watchNamespace;

    if (props.crds ?? true) this.addDefinitions();
    if (existing === undefined) {
      new ApiObject(this, 'Namespace', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: this.namespace } });
    }
    this.addAccess();
    const webhook = props.webhook instanceof OperatorWebhook ? props.webhook : OperatorWebhook.certManager();
    this.addDeployment(props, webhook);
    this.addMetricsService();
    if (webhook.secretName !== undefined) {
      addAdmission(this, {
        name: NAME,
        namespace: this.namespace,
        watchNamespace: this.watchNamespace,
        selector: LABELS,
        port: PORTS.webhook,
        webhook,
      });
    }
    watchNames(this);
    this.node.addValidation({
      validate: () => {
        const findings = new Findings(problems);
        checkOperator(findings, props);
        findings.report('namespace', this.namespace, takenName(this, CONFLICT));
        return findings.messages();
      },
    });
  }

  private addDefinitions(): void {
    for (const definition of customResourceDefinitions()) {
      clusterScoped(new ApiObject(this, `${definition.spec.names.kind}Definition`, definition));
    }
  }

  private addAccess(): void {
    const { namespace, watchNamespace } = this;
    const account = { name: NAME, namespace };
    serviceAccount(this, 'ServiceAccount', account);
    const [role, binding] = [`${NAME}-manager-role`, `${NAME}-manager-rolebinding`];
    if (watchNamespace === undefined) {
      addRole(this, 'Role', { name: role }, RULES_EVERYWHERE);
      bindClusterRole(this, 'RoleBinding', binding, role, account);
    } else {
      addRole(this, 'Role', { name: role, namespace: watchNamespace }, RULES_OF_A_NAMESPACE);
      bindRole(this, 'RoleBinding', { name: binding, namespace: watchNamespace }, role, account);
    }
    const [election, electionBinding] = [`${NAME}-leader-election-role`, `${NAME}-leader-election-rolebinding`];
    addRole(this, 'LeaderElectionRole', { name: election, namespace }, LEADER_ELECTION_RULES);
    bindRole(this, 'LeaderElectionRoleBinding', { name: electionBinding, namespace }, election, account);
  }

  private addDeployment(props: EmqxOperatorProps, webhook: OperatorWebhook): void {
    const { namespace, watchNamespace } = this;
    const { secretName } = webhook;
    managerDeployment(this, 'Resource', {
      name: `${NAME}-controller-manager`,
      namespace,
      labels: LABELS,
      account: { name: NAME, namespace },
      replicas: props.replicas ?? 1,
      container: 'manager',
      image: this.image,
      command: ['/manager'],
      args: [
        '--leader-elect',
        `--metrics-bind-address=:${PORTS.metrics}`,
        `--health-probe-bind-address=:${PORTS.probes}`,
        '--zap-devel=false',
      ],
      env: {
        ENABLE_WEBHOOKS: String(secretName !== undefined),
        ...(watchNamespace !== undefined && { WATCH_NAMESPACE: watchNamespace }),
      },
      ports: [
        { name: 'metrics', number: PORTS.metrics },
        ...(secretName === undefined ? [] : [{ name: 'webhook-server', number: PORTS.webhook }]),
      ],
      probePort: PORTS.probes,
      resources: withDefaultResources(props.resources),
      secret: secretName === undefined ? undefined : { secretName, volume: 'cert', path: CERTIFICATE_PATH },
      terminationSeconds: 10,
      podFields: {
        imagePullSecrets: listed(props.imagePullSecrets)?.map((name) => ({ name })),
        nodeSelector: props.nodeSelector,
        tolerations: props.tolerations,
        affinity: props.affinity,
        securityContext: props.podSecurityContext ?? POD_SECURITY,
      },
      containerSecurityContext: props.containerSecurityContext ?? CONTAINER_SECURITY,
    });
  }

  private addMetricsService(): void {
    new ApiObject(this, 'MetricsService', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: this.metricsServiceName, namespace: this.namespace, labels: LABELS },
      spec: {
        ports: [{ name: 'metrics', port: PORTS.metrics, protocol: 'TCP', targetPort: PORTS.metrics }],
        selector: LABELS,
      },
    });
  }
}

/** Undefined for a value that is not a list, which the validation refuses. */
function listed<T>(list: readonly T[] | undefined): readonly T[] | undefined {
  return Array.isArray(list) ? list : undefined;
}

const CONFLICT =
  'render the definitions once (crds: false elsewhere), and one operator of all namespaces, or one of each';

/** @see https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted */
const POD_SECURITY: PodSecurityContext = { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } };
const CONTAINER_SECURITY: SecurityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  privileged: false,
  readOnlyRootFilesystem: false,
  runAsNonRoot: true,
};

const LABELS = {
  'app.kubernetes.io/instance': NAME,
  'app.kubernetes.io/name': NAME,
  'control-plane': 'controller-manager',
};
