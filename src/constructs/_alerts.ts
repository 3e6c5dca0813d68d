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

export interface UpgradeExpectations {
  /** Connections that the whole cluster closes per second. */
  readonly connectionEvictionRate: number;
  readonly longestUpgradeSeconds: number;
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
  ];
}
