import type { Rule } from '../resource/rules';
import { clusterLabels } from '../resource/v1beta4/defaults';
import { addressBlock } from './_address-block';
import type { Findings } from './_findings';
import { dnsLabel } from './_namespace';

/**
 * What may connect to the nodes of a cluster; nothing else may. Outgoing connections of the nodes are not restricted.
 *
 * The nodes reach each other on every port: those of Erlang depend on their names, and an upgrade needs connections between old and
 * new nodes.
 *
 * @see https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
export interface NetworkPolicyOptions {
  /**
   * Blocks of addresses from which devices reach the listeners. Behind a load balancer or a node port that hides the
   * devices' addresses, those of the Kubernetes nodes belong here.
   *
   * @default - from everywhere
   */
  readonly devices?: readonly string[];

  /**
   * Namespace of the operator, which calls the management API of every node. Without that no upgrade can finish.
   *
   * @default "emqx-operator-system"
   */
  readonly operatorNamespace?: string;

  /**
   * Namespaces that may read metrics and open the dashboard: that of Prometheus, for one.
   *
   * @default - none
   */
  readonly dashboardNamespaces?: readonly string[];
}

export interface NetworkPolicyTarget {
  readonly name: string;
  readonly namespace: string;
  /** The ports of the published listeners. */
  readonly listeners: readonly number[];
  /** Port of the management API. @default 8081 */
  readonly management?: number;
  /** Port of the dashboard and of the metrics. @default 18083 */
  readonly dashboard?: number;
}

/** The NetworkPolicy of a cluster, named like it. */
export function networkPolicyOf(target: NetworkPolicyTarget, options: NetworkPolicyOptions) {
  const { name, namespace, listeners, management = MANAGEMENT, dashboard = DASHBOARD } = target;
  const { operatorNamespace = 'emqx-operator-system' } = options;
  const devices = listed(options.devices);
  const dashboards = listed(options.dashboardNamespaces);
  const podSelector = { matchLabels: clusterLabels(name) };
  const ports = (...numbers: number[]) => numbers.map((port) => ({ port, protocol: 'TCP' }));
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace },
    spec: {
      podSelector,
      policyTypes: ['Ingress'],
      ingress: [
        { from: [{ podSelector }] },
        {
          ...(devices.length > 0 && { from: devices.map((cidr) => ({ ipBlock: { cidr } })) }),
          ports: ports(...listeners),
        },
        { from: [fromNamespace(operatorNamespace)], ports: ports(management) },
        ...(dashboards.length > 0 ? [{ from: dashboards.map(fromNamespace), ports: ports(dashboard) }] : []),
      ],
    },
  };
}

/** @see EMQX Enterprise 4.4, ports of the management API and of the dashboard */
const MANAGEMENT = 8081;
const DASHBOARD = 18083;

function fromNamespace(namespace: string): object {
  return { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } };
}

/** Empty for a value that is not a list, which the validation refuses. */
function listed(list: readonly string[] | undefined): readonly string[] {
  return Array.isArray(list) ? list : [];
}

export function checkNetworkPolicy(findings: Findings, path: string, options: NetworkPolicyOptions): void {
  const { devices, operatorNamespace, dashboardNamespaces } = options;
  checkList(findings, `${path}.devices`, devices, addressBlock);
  if (operatorNamespace !== undefined) findings.check(`${path}.operatorNamespace`, operatorNamespace, dnsLabel);
  checkList(findings, `${path}.dashboardNamespaces`, dashboardNamespaces, dnsLabel);
}

function checkList(findings: Findings, path: string, list: unknown, rule: Rule): void {
  if (list === undefined) return;
  if (Array.isArray(list) && list.length > 0) {
    for (const [index, entry] of list.entries()) findings.check(`${path}[${index}]`, entry, rule);
    return;
  }
  findings.report(path, Array.isArray(list) ? undefined : list, {
    bound: 'a list of one or more',
    reason: 'Kubernetes takes an empty list for "from everywhere"',
    fix: 'name them, or leave the property out',
  });
}
