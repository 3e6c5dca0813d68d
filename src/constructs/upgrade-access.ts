import { Construct } from 'constructs';
import type { EmqxResource } from '../resource/generations';
import type { Violation } from '../resource/problem';
import { clusterName, type Rule } from '../resource/rules';
import { type PolicyRule, upgradeRules } from '../resource/upgrade-rules';
import { emqxName } from '../resource/v2beta1/rules';
import { objectName } from './_check-pod';
import { Findings } from './_findings';
import { dnsLabel, namespaceOf } from './_namespace';
import { bindRole, serviceAccount } from './_plus';
import { addRole } from './_rbac';
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
   * Kinds of the clusters that may be upgraded: `EmqxEnterprise` is EMQX 4.4, `EMQX` is EMQX 5 and 6.
   *
   * @default ['EmqxEnterprise']
   */
  readonly kinds?: readonly EmqxResource['kind'][];

  /**
   * Names of the clusters that may be upgraded. Rights that cannot be restricted by name, as on pods and stateful sets, of which each
   * upgrade creates new ones, are granted in the whole namespace.
   *
   * @default - every cluster of the namespace; the account may then read every Secret there
   */
  readonly clusters?: readonly string[];

  /**
   * Names of Services through which devices reach them, where these differ from the default: those with the label
   * `emqx-blue-green/traffic-for`, and the operator's own of an EmqxEnterprise.
   *
   * @default - `<cluster>-mqtt`, and `<cluster>` for the operator's own
   */
  readonly services?: readonly string[];
}

const PARTS: PartsOf<UpgradeAccessProps> = {
  namespace: 'value',
  kinds: 'value',
  clusters: 'value',
  services: 'value',
};

const NAME = 'emqx-blue-green';

/**
 * A service account that may upgrade clusters from inside Kubernetes, and do nothing else: the ServiceAccount, the Role
 * and the RoleBinding `emqx-blue-green`.
 *
 * It may not create or delete a cluster or a pod, nor create a set of pods. It may read the credentials of the management API, which
 * are in the Secret `<cluster>-bootstrap-user` (EMQX 5 and 6: `<cluster>-bootstrap-api-key`, and `<cluster>-upgrade-api-key` for a key of
 * your own), and forward ports of pods, to reach that API. Of an EMQX it may delete sets and volume claims, which an abort does with those of the new nodes.
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

/** Of properties of any type. */
function rulesOf({ kinds, clusters, services }: UpgradeAccessProps): PolicyRule[] {
  const [named, others] = [clusters, services].map((names) => (Array.isArray(names) ? (names as string[]) : undefined));
  return upgradeRules(kindsIn(kinds), { clusters: named, services: others });
}

const KINDS = ['EmqxEnterprise', 'EMQX'] as const satisfies readonly EmqxResource['kind'][];

/** Those that are known, of a property of any type. */
function kindsIn(kinds: unknown = ['EmqxEnterprise']): EmqxResource['kind'][] {
  return KINDS.filter((kind) => Array.isArray(kinds) && kinds.includes(kind));
}

function check(findings: Findings, { namespace, kinds, clusters, services }: UpgradeAccessProps): void {
  if (namespace !== undefined) findings.check('namespace', namespace, dnsLabel);
  if (Array.isArray(kinds) && kinds.length > 0) {
    for (const [index, kind] of kinds.entries()) findings.check(`kinds[${index}]`, kind, knownKind);
  } else if (kinds !== undefined) {
    findings.report('kinds', Array.isArray(kinds) ? undefined : kinds, noKinds);
  }
  // The names of an EMQX are shorter.
  const nameRule = kindsIn(kinds).includes('EMQX') ? emqxName : clusterName;
  if (Array.isArray(clusters) && clusters.length > 0) {
    for (const [index, name] of clusters.entries()) findings.check(`clusters[${index}]`, name, nameRule);
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

const noKinds: Violation = {
  bound: 'a list of one or more kinds',
  reason: 'the rights differ by kind',
  fix: "write for example ['EMQX'], or leave it out for EmqxEnterprise",
};

const knownKind: Rule = (value) =>
  (KINDS as readonly unknown[]).includes(value)
    ? undefined
    : { bound: KINDS.join(' or '), reason: 'no other kind is upgraded', fix: 'correct it, or leave it out' };
