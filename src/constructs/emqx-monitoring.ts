import { ApiObject, Duration } from 'cdk8s';
import { Construct } from 'constructs';
import { KIND } from '../resource/constants';
import { type EmqxResource, generationOf } from '../resource/generations';
import { HIDDEN, type Problem, type Violation } from '../resource/problem';
import { clusterName, connectionEvictionRate } from '../resource/rules';
import { EMQX_KIND, metricsNeedKey } from '../resource/v2beta1';
import { emqxName } from '../resource/v2beta1/rules';
import { prometheusRuleOf, refusedConnects, runbooksUrl, upgradeAlerts } from './_alerts';
import { atLeastOne } from './_at-least-one';
import { objectName } from './_check-pod';
import { dashboardOf } from './_dashboard';
import { Findings } from './_findings';
import { seriesOf } from './_metrics';
import { dnsLabel, namespaceOf } from './_namespace';
import { podMonitorSpecOf } from './_scrape';
import { checkDuration, secondsOf } from './_seconds';
import { inspectProps, type PartsOf } from './_shape';
import { takenName, watchNames } from './_sole-names';
import { ApiKey } from './api-key';
import type { EmqxCluster } from './emqx-cluster';
import type { EmqxEnterpriseCluster } from './emqx-enterprise-cluster';

/** A cluster that this program does not create. */
export interface NamedCluster {
  /** Name of the custom resource. */
  readonly name: string;

  /**
   * Its kind: `EmqxEnterprise` is EMQX 4.4, `EMQX` is EMQX 5 and 6.
   *
   * @default "EmqxEnterprise"
   */
  readonly kind?: 'EmqxEnterprise' | 'EMQX';

  /**
   * Its namespace.
   *
   * @default - the chart's namespace, or "default"
   */
  readonly namespace?: string;

  /**
   * Its `connEvictRate`, from which the alert EmqxEvacuationStalled derives how fast connections
   * should move.
   *
   * @default 1
   */
  readonly connectionEvictionRate?: number;
}

/** What is monitored, and how. */
export interface EmqxMonitoringProps {
  /** The monitored cluster: one of this program, or the name of another one. */
  readonly cluster: EmqxEnterpriseCluster | EmqxCluster | NamedCluster;

  /**
   * The API key by which Prometheus reads the metrics of EMQX 5 and 6, from a Secret in the namespace of the cluster:
   * `ApiKey.fromSecret('metrics-reader')`. From EMQX 6.3.0 on, and where `prometheus.enable_basic_auth` is true, nodes refuse every
   * scrape without one. EMQX 4.4 asks for none.
   *
   * A key with the role Viewer is enough. Create it in the dashboard, or give it to a new cluster by `apiKeys`.
   *
   * @default - metrics are read without
   */
  readonly apiKey?: ApiKey;

  /**
   * How long an upgrade may take before the alert EmqxOperatorHeldTooLong fires; whole seconds.
   *
   * @default Duration.hours(6)
   */
  readonly longestUpgrade?: Duration;

  /**
   * How long new nodes may wait for an approval before the alert EmqxUpgradeNotApproved fires, where a runner upgrades only what
   * was approved; whole seconds.
   *
   * @default Duration.hours(4)
   */
  readonly longestApproval?: Duration;

  /**
   * URL of the runbooks; an alert adds `#` and its own name in lower case.
   *
   * @default - the runbooks of this package, in this version
   */
  readonly runbookUrl?: string;
}

/**
 * Monitoring of a cluster and of its upgrades, for Prometheus and Grafana; of EMQX 4.4 as of EMQX 5 and 6, cores and replicants.
 * Renders, in the cluster's namespace,
 * - the PodMonitor `<cluster>`, which scrapes each node every 5 seconds;
 * - the PrometheusRule `<cluster>`: alerts on refused connects; and for a cluster with `blueGreenUpdate`, or one that is only
 *   named, on a stalled evacuation, two sets of nodes without a process that drives the upgrade, an operator held for too long, and on what a runner reports of
 *   it: an upgrade that has stopped, waits for an approval for too long, or has an incident;
 * - the ConfigMap `<cluster>-dashboard`, labelled `grafana_dashboard: "1"`, whose first graph is the one to watch during an
 *   upgrade: connections per node, old and new.
 *
 * Requires the Prometheus Operator, and for the alerts on sets of nodes kube-state-metrics. Set the labels by which your Prometheus
 * selects its rules on the chart: `new Chart(app, 'monitoring', { labels: { release: 'prometheus' } })`.
 *
 * @see EMQX Operator 2.2.29, "Monitor EMQX cluster by Prometheus and Grafana"
 */
export class EmqxMonitoring extends Construct {
  /** Names of the alerts that were rendered. */
  readonly alerts: readonly string[];

  constructor(scope: Construct, id: string, given: EmqxMonitoringProps) {
    super(scope, id);
    const { props, problems: known } = inspectProps(given, PARTS);
    const { name, kind, rate: connectionEvictionRate, ...cluster } = clusterOf(props.cluster);
    const namespace = namespaceOf(this, cluster.namespace);
    const series = seriesOf({ kind, name, namespace });
    const longestUpgradeSeconds = secondsOf(props.longestUpgrade) ?? Duration.hours(6).toSeconds();
    const longestApprovalSeconds = secondsOf(props.longestApproval) ?? Duration.hours(4).toSeconds();
    const isUpgraded = connectionEvictionRate !== undefined;
    const alerts = [
      refusedConnects(series),
      ...(isUpgraded
        ? upgradeAlerts(series, { connectionEvictionRate, longestUpgradeSeconds, longestApprovalSeconds })
        : []),
    ];
    this.alerts = alerts.map(({ alert }) => alert);

    const keyOf = props.apiKey instanceof ApiKey ? props.apiKey.secretName : undefined;
    new ApiObject(this, 'PodMonitor', {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PodMonitor',
      metadata: { name, namespace },
      spec: podMonitorSpecOf(kind, name, keyOf),
    });
    new ApiObject(this, 'PrometheusRule', {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PrometheusRule',
      metadata: { name, namespace },
      spec: prometheusRuleOf(`${namespace}/${name}`, alerts, { namespace, cluster: name }, props.runbookUrl),
    });
    new ApiObject(this, 'Dashboard', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `${name}-dashboard`, namespace, labels: { grafana_dashboard: '1' } },
      data: { [`${name}.json`]: JSON.stringify(dashboardOf({ name, namespace }, series, isUpgraded), undefined, 2) },
    });
    watchNames(this);
    this.node.addValidation({
      validate: () => {
        const findings = new Findings([...known, ...problems(props)]);
        findings.report('cluster', name, takenName(this, 'watch each cluster once'));
        return findings.messages();
      },
    });
  }
}

type MadeCluster = EmqxEnterpriseCluster | EmqxCluster;

/** By its members, not by its class: a program may have loaded this package twice. */
function isMade(cluster: MadeCluster | NamedCluster): cluster is MadeCluster {
  return typeof (cluster as Partial<MadeCluster>).resource === 'object';
}

interface MonitoredCluster {
  readonly kind: EmqxResource['kind'];
  readonly name: string;
  readonly namespace: string | undefined;
  /** Connections per second; undefined where upgrades are not blue-green. */
  readonly rate: number | undefined;
}

function clusterOf(cluster: EmqxMonitoringProps['cluster'] | undefined): MonitoredCluster {
  if (!cluster) return { kind: KIND, name: '', namespace: undefined, rate: undefined };
  const { name, namespace } = cluster;
  if (!isMade(cluster)) {
    const { kind, connectionEvictionRate = 1 } = cluster;
    return { kind: kind === EMQX_KIND ? kind : KIND, name, namespace, rate: connectionEvictionRate };
  }
  const { resource } = cluster;
  const strategy = generationOf(resource).strategyOf(resource);
  return { kind: resource.kind, name, namespace, rate: strategy && (strategy.connEvictRate ?? 1) };
}

const PARTS: PartsOf<EmqxMonitoringProps> = {
  cluster: 'object',
  apiKey: 'value',
  longestUpgrade: 'value',
  longestApproval: 'value',
  runbookUrl: 'value',
};

const NAMED: PartsOf<NamedCluster> = {
  name: 'value',
  kind: 'value',
  namespace: 'value',
  connectionEvictionRate: 'value',
};

function problems(props: EmqxMonitoringProps): readonly Problem[] {
  const { cluster, apiKey, longestUpgrade, longestApproval, runbookUrl } = props;
  const findings = new Findings();
  if (!cluster) findings.report('cluster', undefined, noCluster);
  else if (!isMade(cluster)) checkNamed(findings, cluster);
  if (apiKey !== undefined) checkKey(findings, apiKey, clusterOf(cluster).kind);
  else if (cluster && isMade(cluster) && needsKey(cluster)) findings.report('apiKey', undefined, noKey);
  if (longestUpgrade !== undefined) checkDuration(findings, 'longestUpgrade', longestUpgrade, wholeSeconds);
  if (longestApproval !== undefined) checkDuration(findings, 'longestApproval', longestApproval, wholeSeconds);
  if (runbookUrl !== undefined) findings.check('runbookUrl', runbookUrl, runbooksUrl);
  return findings.all;
}

function needsKey({ resource }: MadeCluster): boolean {
  return resource.kind === EMQX_KIND && metricsNeedKey(resource);
}

function checkKey(findings: Findings, apiKey: unknown, kind: EmqxResource['kind']): void {
  if (!(apiKey instanceof ApiKey) || apiKey.secretName === undefined) findings.report('apiKey', HIDDEN, keyOfSecret);
  else if (kind !== EMQX_KIND) findings.report('apiKey', apiKey.secretName, noKeyNeeded);
  else findings.check('apiKey', apiKey.secretName, objectName);
}

function checkNamed(findings: Findings, given: NamedCluster): void {
  const { props, problems: unknown } = inspectProps(given, NAMED);
  for (const problem of unknown) findings.add({ ...problem, path: `cluster.${problem.path}` });
  const { kind = KIND } = props;
  if (kind !== KIND && kind !== EMQX_KIND) findings.report('cluster.kind', kind, unknownKind);
  findings.check('cluster.name', props.name, kind === EMQX_KIND ? emqxName : clusterName);
  if (props.namespace !== undefined) findings.check('cluster.namespace', props.namespace, dnsLabel);
  const { connectionEvictionRate: rate } = props;
  if (rate !== undefined) findings.check('cluster.connectionEvictionRate', rate, connectionEvictionRate);
}

const unknownKind: Violation = {
  bound: `"${KIND}" or "${EMQX_KIND}"`,
  reason: 'the operator runs EMQX for these two kinds',
  fix: `write "${EMQX_KIND}" for EMQX 5 and 6`,
};

const noKey: Violation = {
  bound: 'an ApiKey of this cluster',
  reason:
    'its nodes refuse a scrape without credentials (401): the default of EMQX 6.3.0 and later, or its configuration',
  fix: "write for example ApiKey.fromSecret('metrics-reader'), or set prometheus.enable_basic_auth to false in its config",
};

const keyOfSecret: Violation = {
  bound: 'an ApiKey in a Secret',
  reason: 'Prometheus reads it from there, and no manifest is to hold it',
  fix: "write for example ApiKey.fromSecret('metrics-reader')",
};

const noKeyNeeded: Violation = {
  bound: 'left out for EMQX 4.4',
  reason: 'its nodes give their metrics to everyone',
  fix: 'leave it out, or set cluster.kind to "EMQX"',
};

const noCluster: Violation = {
  bound: 'an EmqxEnterpriseCluster, an EmqxCluster, or { name }',
  reason: 'without one there is nothing to monitor',
  fix: "write for example { name: 'emqx-ee', namespace: 'messaging' }",
};

const wholeSeconds = atLeastOne(
  {
    reason: 'Prometheus refuses fractions, and every upgrade takes some time',
    fix: 'write for example Duration.hours(6)',
  },
  'a whole number of seconds, at least 1',
);
