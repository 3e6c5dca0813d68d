import { ApiObject, Duration } from 'cdk8s';
import { Construct } from 'constructs';
import { clusterLabels } from '../resource/defaults';
import type { Problem, Violation } from '../resource/problem';
import { clusterName, connectionEvictionRate, type Rule } from '../resource/rules';
import { type Alert, refusedConnects, upgradeAlerts } from './_alerts';
import { atLeastOne } from './_at-least-one';
import { dashboardOf } from './_dashboard';
import { Findings } from './_findings';
import { SET_LABEL, selectorsOf } from './_metrics';
import { dnsLabel, namespaceOf } from './_namespace';
import { checkDuration, secondsOf } from './_seconds';
import { inspectProps, type PartsOf } from './_shape';
import { takenName, watchNames } from './_sole-names';
import type { EmqxEnterpriseCluster } from './emqx-enterprise-cluster';

/** A cluster that this program does not create. */
export interface NamedCluster {
  /** Name of the EmqxEnterprise. */
  readonly name: string;

  /**
   * Its namespace.
   *
   * @default - the chart's namespace, or "default"
   */
  readonly namespace?: string;

  /**
   * Its `blueGreenUpdate.evacuationStrategy.connEvictRate`, from which the alert EmqxEvacuationStalled derives how fast connections
   * should move.
   *
   * @default 1
   */
  readonly connectionEvictionRate?: number;
}

/** What is monitored, and how. */
export interface EmqxMonitoringProps {
  /** The monitored cluster: one of this program, or the name of another one. */
  readonly cluster: EmqxEnterpriseCluster | NamedCluster;

  /**
   * How long an upgrade may take before the alert EmqxOperatorHeldTooLong fires; whole seconds.
   *
   * @default Duration.hours(6)
   */
  readonly longestUpgrade?: Duration;

  /**
   * URL of the runbooks; an alert adds `#` and its own name in lower case.
   *
   * @default - the runbooks of this package, in this version
   */
  readonly runbookUrl?: string;
}

const { version } = require('../../package.json') as { version: string };

/** Of this version: the links stay valid when alerts are renamed later. */
const RUNBOOKS = `https://unpkg.com/emqx-blue-green@${version}/docs/runbooks.md`;

/**
 * Monitoring of a cluster and of its upgrades, for Prometheus and Grafana. Renders, in the cluster's namespace,
 * - the PodMonitor `<cluster>`, which scrapes each node every 5 seconds;
 * - the PrometheusRule `<cluster>`: alerts on refused connects; and for a cluster with `blueGreenUpdate`, or one that is only
 *   named, on a stalled evacuation, two sets of nodes without a process that drives the upgrade, an operator held for too long;
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
    const { name, rate: connectionEvictionRate, ...cluster } = clusterOf(props.cluster);
    const namespace = namespaceOf(this, cluster.namespace);
    const selectors = selectorsOf({ name, namespace });
    const longestUpgradeSeconds = secondsOf(props.longestUpgrade) ?? Duration.hours(6).toSeconds();
    const alerts = [
      refusedConnects(selectors),
      ...(connectionEvictionRate === undefined
        ? []
        : upgradeAlerts(selectors, { connectionEvictionRate, longestUpgradeSeconds })),
    ];
    this.alerts = alerts.map(({ alert }) => alert);

    this.addPodMonitor(name, namespace);
    new ApiObject(this, 'PrometheusRule', {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PrometheusRule',
      metadata: { name, namespace },
      spec: {
        groups: [
          {
            name: `${namespace}/${name}`,
            rules: alerts.map((alert) => ruleOf(alert, { namespace, cluster: name }, props.runbookUrl ?? RUNBOOKS)),
          },
        ],
      },
    });
    new ApiObject(this, 'Dashboard', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `${name}-dashboard`, namespace, labels: { grafana_dashboard: '1' } },
      data: { [`${name}.json`]: JSON.stringify(dashboardOf({ name, namespace }, selectors), undefined, 2) },
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

  private addPodMonitor(name: string, namespace: string): void {
    new ApiObject(this, 'PodMonitor', {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PodMonitor',
      metadata: { name, namespace },
      spec: {
        selector: { matchLabels: clusterLabels(name) },
        podMetricsEndpoints: [
          {
            port: 'dashboard',
            path: '/api/v4/emqx_prometheus',
            params: { type: ['prometheus'] },
            interval: '5s',
            relabelings: [
              { action: 'replace', targetLabel: 'cluster', replacement: name },
              { action: 'replace', targetLabel: 'from', replacement: 'emqx' },
              { action: 'replace', targetLabel: 'instance', sourceLabels: ['pod'] },
              { action: 'replace', targetLabel: SET_LABEL, sourceLabels: ['pod'], regex: '(.+)-[0-9]+' },
            ],
          },
        ],
      },
    });
  }
}

function ruleOf(
  { alert, expr, forSeconds, severity, summary, description }: Alert,
  labels: Readonly<Record<string, string>>,
  runbooks: string,
): object {
  return {
    alert,
    expr,
    for: `${forSeconds}s`,
    labels: { severity, ...labels },
    annotations: { summary, description, runbook_url: `${runbooks}#${alert.toLowerCase()}` },
  };
}

/** By its members, not by its class: a program may have loaded this package twice. */
function isMade(cluster: EmqxEnterpriseCluster | NamedCluster): cluster is EmqxEnterpriseCluster {
  return typeof (cluster as Partial<EmqxEnterpriseCluster>).resource === 'object';
}

/** @returns a rate where upgrades are blue-green */
function clusterOf(cluster: EmqxMonitoringProps['cluster'] | undefined) {
  if (!cluster) return { name: '', namespace: undefined, rate: undefined };
  const { name, namespace } = cluster;
  if (!isMade(cluster)) return { name, namespace, rate: cluster.connectionEvictionRate ?? 1 };
  const update = cluster.resource.spec.blueGreenUpdate;
  return { name, namespace, rate: update && (update.evacuationStrategy?.connEvictRate ?? 1) };
}

const PARTS: PartsOf<EmqxMonitoringProps> = { cluster: 'object', longestUpgrade: 'value', runbookUrl: 'value' };

const NAMED: PartsOf<NamedCluster> = { name: 'value', namespace: 'value', connectionEvictionRate: 'value' };

function problems({ cluster, longestUpgrade, runbookUrl }: EmqxMonitoringProps): readonly Problem[] {
  const findings = new Findings();
  if (!cluster) findings.report('cluster', undefined, noCluster);
  else if (!isMade(cluster)) checkNamed(findings, cluster);
  if (longestUpgrade !== undefined) checkDuration(findings, 'longestUpgrade', longestUpgrade, wholeSeconds);
  if (runbookUrl !== undefined) findings.check('runbookUrl', runbookUrl, url);
  return findings.all;
}

function checkNamed(findings: Findings, given: NamedCluster): void {
  const { props, problems: unknown } = inspectProps(given, NAMED);
  for (const problem of unknown) findings.add({ ...problem, path: `cluster.${problem.path}` });
  findings.check('cluster.name', props.name, clusterName);
  if (props.namespace !== undefined) findings.check('cluster.namespace', props.namespace, dnsLabel);
  const { connectionEvictionRate: rate } = props;
  if (rate !== undefined) findings.check('cluster.connectionEvictionRate', rate, connectionEvictionRate);
}

const noCluster: Violation = {
  bound: 'an EmqxEnterpriseCluster, or { name }',
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

const url: Rule = (value) =>
  typeof value === 'string' && URL.canParse(value) && !value.includes('#')
    ? undefined
    : {
        bound: 'a URL without a fragment',
        reason: 'each alert adds its own, and a mail with it is read outside of Kubernetes',
        fix: 'write for example "https://wiki.example.com/emqx-runbooks"',
      };
