import { Construct } from 'constructs';
import { GROUP } from '../resource/constants';
import { clusterName } from '../resource/rules';
import { Findings } from './_findings';
import { dnsLabel, namespaceOf } from './_namespace';
import { bindRole, serviceAccount } from './_plus';
import { addRole, type PolicyRule } from './_rbac';

/** Which clusters may be upgraded. */
export interface UpgradeAccessProps {
  /**
   * Namespace of the clusters, of the service account and of its rights.
   *
   * @default - the chart's namespace, or "default"
   */
  readonly namespace?: string;

  /**
   * Names of the clusters that may be upgraded. What cannot be told apart by name, as pods and stateful sets of which each
   * upgrade makes new ones, is granted in the whole namespace.
   *
   * @default - every cluster of the namespace; the account may then read every Secret there
   */
  readonly clusters?: readonly string[];
}

const NAME = 'emqx-blue-green';

/**
 * A service account that may upgrade clusters from inside of Kubernetes, and do nothing else: the ServiceAccount, the Role
 * and the RoleBinding `emqx-blue-green`.
 *
 * It may not create or delete a cluster, a pod or a stateful set. It may read the password of the management API, which is in
 * the Secret `<cluster>-bootstrap-user`, and forward ports of pods, by which it reaches that API.
 */
export class UpgradeAccess extends Construct {
  /** Namespace of the clusters and of the service account. */
  readonly namespace: string;
  /** Name of the service account. */
  readonly serviceAccountName = NAME;

  constructor(scope: Construct, id: string, props: UpgradeAccessProps = {}) {
    super(scope, id);
    this.namespace = namespaceOf(this, props.namespace);
    const metadata = { name: NAME, namespace: this.namespace };
    serviceAccount(this, 'ServiceAccount', metadata);
    addRole(this, 'Resource', metadata, rulesOf(Array.isArray(props.clusters) ? props.clusters : undefined));
    bindRole(this, 'RoleBinding', metadata, NAME, metadata);
    this.node.addValidation({ validate: () => problems(props) });
  }
}

function rulesOf(clusters: readonly string[] | undefined): PolicyRule[] {
  const named = (suffix: string) => (clusters ? { resourceNames: clusters.map((name) => `${name}${suffix}`) } : {});
  return [
    { apiGroups: [GROUP], resources: ['emqxenterprises'], ...named(''), verbs: ['get', 'patch'] },
    { apiGroups: ['apps'], resources: ['statefulsets'], verbs: ['list', 'watch'] },
    { apiGroups: ['apps'], resources: ['statefulsets/scale'], verbs: ['patch'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: [''], resources: ['pods/status'], verbs: ['patch'] },
    // A WebSocket is opened by a GET, which the API server takes for `get` and, from Kubernetes 1.35 on, for `create`, too.
    { apiGroups: [''], resources: ['pods/portforward'], verbs: ['create', 'get'] },
    { apiGroups: [''], resources: ['services'], verbs: ['list', 'watch'] },
    { apiGroups: [''], resources: ['services'], ...named('-mqtt'), verbs: ['patch'] },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
    { apiGroups: [''], resources: ['secrets'], ...named('-bootstrap-user'), verbs: ['get'] },
    // What does not exist has no name yet to restrict its creation by.
    { apiGroups: [''], resources: ['configmaps'], verbs: ['create'] },
    { apiGroups: [''], resources: ['configmaps'], ...named('-upgrade'), verbs: ['get', 'patch'] },
    { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
    { apiGroups: ['coordination.k8s.io'], resources: ['leases'], ...named('-upgrade'), verbs: ['get', 'patch'] },
  ];
}

function problems({ namespace, clusters }: UpgradeAccessProps): string[] {
  const findings = new Findings();
  if (namespace !== undefined) findings.check('namespace', namespace, dnsLabel);
  if (Array.isArray(clusters) && clusters.length > 0) {
    for (const [index, name] of clusters.entries()) findings.check(`clusters[${index}]`, name, clusterName);
  } else if (clusters !== undefined) {
    findings.report('clusters', Array.isArray(clusters) ? undefined : clusters, {
      bound: 'a list of one or more names',
      reason: 'Kubernetes takes an empty list of names for "all of them"',
      fix: 'name the clusters, or leave the property out',
    });
  }
  return findings.messages();
}
