import { Construct } from 'constructs';
import { clusterName } from '../resource/rules';
import { UPGRADE_RIGHTS } from '../resource/upgrade-rights';
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
  return UPGRADE_RIGHTS.map(({ group, resource, verbs, of }) => ({
    apiGroups: [group],
    resources: [resource],
    ...(clusters && of && { resourceNames: clusters.map(of) }),
    verbs,
  }));
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
