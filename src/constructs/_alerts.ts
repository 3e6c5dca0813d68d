import type { Rule } from '../resource/rules';
import type { ClusterSeries } from './_metrics';

export interface Alert {
  readonly alert: string;
  readonly expr: string;
  /** How long the expression must hold, in seconds. */
  readonly forSeconds: number;
  readonly severity: 'warning' | 'critical';
  readonly summary: string;
  readonly description: string;
}

const { version } = require('../../package.json') as { version: string };

/** Of this version: the links stay valid when alerts are renamed later. */
const RUNBOOKS = `https://unpkg.com/emqx-blue-green@${version}/docs/runbooks.md`;

/** `spec` of a PrometheusRule. @param labels of every alert @param runbooks URL of the runbooks; by default those of this package */
export function prometheusRuleOf(
  group: string,
  alerts: readonly Alert[],
  labels: Readonly<Record<string, string>>,
  runbooks = RUNBOOKS,
): object {
  const rules = alerts.map(({ alert, expr, forSeconds, severity, summary, description }) => ({
    alert,
    expr,
    for: `${forSeconds}s`,
    labels: { severity, ...labels },
    annotations: { summary, description, runbook_url: `${runbooks}#${alert.toLowerCase()}` },
  }));
  return { groups: [{ name: group, rules }] };
}

export interface UpgradeExpectations {
  /** Connections that the whole cluster closes per second. */
  readonly connectionEvictionRate: number;
  readonly longestUpgradeSeconds: number;
  readonly longestApprovalSeconds: number;
}

const MINUTE = 60;

/** The alerts of every cluster. */
export function refusedConnects({ nodes, metrics }: ClusterSeries): Alert {
  const perSecond = (metric: string) => `sum(rate(${metric}${nodes}[5m]))`;
  return {
    alert: 'EmqxConnectsRefused',
    expr: `(${perSecond(metrics.refused)} - ${perSecond(metrics.unauthorized)}) / ${perSecond(metrics.connects)} > 0.01`,
    forSeconds: 2 * MINUTE,
    severity: 'critical',
    summary: 'EMQX refuses devices whose password is right',
    description: '{{ $value | humanizePercentage }} of all connects are refused, though not for a wrong password.',
  };
}

/** The alerts of a cluster that is upgraded with a second set of nodes, or with one for each role. */
export function upgradeAlerts(series: ClusterSeries, expectations: UpgradeExpectations): Alert[] {
  const { nodes, metrics, setLabel, common, sets, leaseRenewed } = series;
  const twoSets = sets.map(({ replicas }) => `count(${replicas} > 0) > 1`).join(' or ');
  const by = common.length > 0 ? ` by (${common.join(', ')}) ` : '';
  const labels = [...common, setLabel].join(', ');
  const connections = (at = '') => `sum by (${labels}) (${metrics.connections}${nodes}${at})`;
  // A tenth of what the rate yields in these ten minutes: less is not slow, but stuck.
  const least = expectations.connectionEvictionRate * MINUTE;
  const moved = `max${by}(${connections(' offset 10m')} - ${connections()}) >= ${least}`;
  return [
    {
      alert: 'EmqxEvacuationStalled',
      expr: `count${by}(${connections()} > 0) > 1 unless ${moved}`,
      forSeconds: 10 * MINUTE,
      severity: 'warning',
      summary: 'Connections stay on both sets of nodes',
      description: `Two sets hold connections, and neither has lost ${least} of them in the last 10 minutes.`,
    },
    {
      alert: 'EmqxTwoSetsAtRest',
      expr: `${sets.length > 1 ? `(${twoSets})` : twoSets} unless time() - max(${leaseRenewed}) < ${5 * MINUTE}`,
      forSeconds: 15 * MINUTE,
      severity: 'warning',
      summary: 'Two sets of nodes run, and no process drives the upgrade',
      description: 'Both sets have pods, and the lease of the upgrade was not renewed for 5 minutes.',
    },
    {
      alert: 'EmqxOperatorHeldTooLong',
      expr: twoSets,
      forSeconds: expectations.longestUpgradeSeconds,
      severity: 'warning',
      summary: 'The operator is held for longer than an upgrade should take',
      description: `Two sets of nodes have run for ${expectations.longestUpgradeSeconds} seconds. The operator, which is held, removes neither.`,
    },
    ...runAlerts(series, expectations),
  ];
}

/** By what the runner says of the cluster; where none runs, they never fire. */
function runAlerts({ ofRunner }: ClusterSeries, { longestApprovalSeconds }: UpgradeExpectations): Alert[] {
  const stopped = ofRunner('waits', 'reason=~"UpgradeBlocked|UpgradeStopped"');
  return [
    {
      alert: 'EmqxUpgradeStopped',
      // A run that is tried again has no such reason for a moment.
      expr: `max by (reason) (max_over_time(${stopped}[5m])) > 0`,
      forSeconds: MINUTE,
      severity: 'warning',
      summary: 'The upgrade of a cluster has stopped, or a check prevents it',
      description:
        'The runner reports {{ $labels.reason }}. It tries again by itself; what is wrong stands in the Event.',
    },
    {
      alert: 'EmqxUpgradeNotApproved',
      expr: `max by (reason) (${ofRunner('waits', 'reason=~"NotApproved|OtherApproved"')}) > 0`,
      forSeconds: longestApprovalSeconds,
      severity: 'warning',
      summary: 'New nodes wait for the approval of an upgrade',
      description: `The runner has reported {{ $labels.reason }} for ${longestApprovalSeconds} seconds. Meanwhile twice the nodes run.`,
    },
    {
      alert: 'EmqxUpgradeIncident',
      expr: `sum by (incident) (increase(${ofRunner('incidents')}[15m])) > 0`,
      forSeconds: 0,
      severity: 'warning',
      summary: 'Something went wrong in an upgrade, which continues',
      description: 'In the last 15 minutes the runner has noticed the incident {{ $labels.incident }}.',
    },
  ];
}

/** Where runbooks are. */
export const runbooksUrl: Rule = (value) =>
  typeof value === 'string' && URL.canParse(value) && !value.includes('#')
    ? undefined
    : {
        bound: 'a URL without a fragment',
        reason: 'each alert adds its own, and a mail with it is read outside of Kubernetes',
        fix: 'write for example "https://wiki.example.com/emqx-runbooks"',
      };
