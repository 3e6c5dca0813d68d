import { Construct } from 'constructs';
import type { Violation } from '../resource/problem';
import { clusterName } from '../resource/rules';
import { UPGRADE_RIGHTS } from '../resource/upgrade-rights';
import { objectName } from './_check-pod';
import { Findings } from './_findings';
import { dnsLabel, namespaceOf } from './_namespace';
import { bindRole, serviceAccount } from './_plus';
import { addRole, type PolicyRule } from './_rbac';
import { inspectProps, type PartsOf } from './_shape';
import { takenName, watchNames } from './_sole-names';

/** Which clusters may be upgraded. */
export interface UpgradeAccessProps {
  /**
   * Namespace of the clusters, of the service account and of its rights.
   *
   * @default - the chart's namespace, or "default"
   */
  readonly namespace?: string;

  /**
   * Names of the clusters that may be upgraded. Rights that cannot be restricted by name, as on pods and stateful sets, of which each
   * upgrade creates new ones, are granted in the whole namespace.
   *
   * @default - every cluster of the namespace; the account may then read every Secret there
   */
  readonly clusters?: readonly string[];

  /**
   * Names of Services through which devices reach them, where these differ from the default: those with the label
   * `emqx-blue-green/traffic-for`, and the operator's own.
   *
   * @default - `<cluster>-mqtt`, and `<cluster>` for the operator's own
   */
  readonly services?: readonly string[];
}

const PARTS: PartsOf<UpgradeAccessProps> = { namespace: 'value', clusters: 'value', services: 'value' };

const NAME = 'emqx-blue-green';

/**
 * A service account that may upgrade clusters from inside Kubernetes, and do nothing else: the ServiceAccount, the Role
 * and the RoleBinding `emqx-blue-green`.
 *
 * It may not create or delete a cluster, a pod or a stateful set. It may read the password of the management API, which is in
 * the Secret `<cluster>-bootstrap-user`, and forward ports of pods, to reach that API.
 */
export class UpgradeAccess extends Construct {
  /** Namespace of the clusters and of the service account. */
  readonly namespace: string;
  /** Name of the service account. */
  readonly serviceAccountName = NAME;

  constructor(scope: Construct, id: string, given: UpgradeAccessProps = {}) {
    super(scope, id);
    const { props, problems: known } = inspectProps(given, PARTS);
    this.namespace = namespaceOf(this, props.namespace);
    const metadata = { name: NAME, namespace: this.namespace };
    serviceAccount(this, 'ServiceAccount', metadata);
    addRole(this, 'Resource', metadata, rulesOf(props));
    bindRole(this, 'RoleBinding', metadata, NAME, metadata);
    watchNames(this);
    this.node.addValidation({
      validate: () => {
        const findings = new Findings(known);
        check(findings, props);
        findings.report(
          'namespace',
          this.namespace,
          takenName(this, 'name all clusters of a namespace in one UpgradeAccess'),
        );
        return findings.messages();
      },
    });
  }
}

function rulesOf({ clusters, services }: UpgradeAccessProps): PolicyRule[] {
  const [named, others] = [clusters, services].map((names) => (Array.isArray(names) ? (names as string[]) : undefined));
  return UPGRADE_RIGHTS.map(({ group, resource, verbs, of }) => ({
    apiGroups: [group],
    resources: [resource],
    ...(named &&
      of && { resourceNames: [...named.map(of), ...(LEADS_DEVICES.includes(resource) ? (others ?? []) : [])] }),
    verbs,
  }));
}

/** Objects that have the name of a Service. */
const LEADS_DEVICES = ['services', 'endpoints'];

function check(findings: Findings, { namespace, clusters, services }: UpgradeAccessProps): void {
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
  if (services === undefined) return;
  if (Array.isArray(services)) {
    for (const [index, name] of services.entries()) findings.check(`services[${index}]`, name, objectName);
  } else {
    findings.report('services', services, noServices);
  }
}

const noServices: Violation = {
  bound: 'a list of names',
  reason: 'each is one that an upgrade may switch',
  fix: "write for example ['mqtt'], or leave it out",
};
