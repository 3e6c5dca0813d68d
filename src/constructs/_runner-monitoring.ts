import { RUNNER_NAME } from '../resource/runner-policy';
import type { Alert } from './_alerts';
import type { Panel } from './_dashboard';

/** What a runner says of itself, and of all its clusters. */
const METRICS = {
  leading: 'emqx_blue_green_runner_leading',
  policyValid: 'emqx_blue_green_runner_policy_valid',
  errors: 'emqx_blue_green_reconcile_errors_total',
  dropped: 'emqx_blue_green_notifications_dropped_total',
} as const;

const MINUTE = 60;

/** `spec` of the PodMonitor of a runner. */
export function runnerPodMonitorSpec(labels: Readonly<Record<string, string>>, port: string): object {
  return {
    selector: { matchLabels: labels },
    // The label `namespace` of its metrics is that of the cluster, not that of the pod.
    podMetricsEndpoints: [{ port, path: '/metrics', interval: '10s', honorLabels: true }],
  };
}

/** The alerts of a runner itself. */
export function runnerAlerts(namespace: string): Alert[] {
  const own = (metric: keyof typeof METRICS) => `${METRICS[metric]}{namespace="${namespace}"}`;
  return [
    {
      alert: 'EmqxRunnerNotLeading',
      expr: `absent(${own('leading')} == 1)`,
      forSeconds: 5 * MINUTE,
      severity: 'critical',
      summary: 'No runner works: no upgrade begins or continues',
      description: `For 5 minutes no pod of ${RUNNER_NAME} has had its lease.`,
    },
    {
      alert: 'EmqxRunnerPolicyInvalid',
      expr: `min(${own('policyValid')}) == 0`,
      forSeconds: MINUTE,
      severity: 'warning',
      summary: 'The policy of the runner is wrong: no upgrade is begun',
      description: `All that is wrong with it stands in an Event of the ConfigMap ${RUNNER_NAME}.`,
    },
    {
      alert: 'EmqxRunnerFails',
      expr: `sum(increase(${own('errors')}[10m])) > 3`,
      forSeconds: 5 * MINUTE,
      severity: 'warning',
      summary: 'The runner fails again and again',
      description:
        '{{ $value | humanize }} failures in 10 minutes, which are tried again; the log of its pod says which.',
    },
    {
      alert: 'EmqxRunnerNotificationsDropped',
      expr: `sum by (sink) (increase(${own('dropped')}[15m])) > 0`,
      forSeconds: 0,
      severity: 'warning',
      summary: 'The runner could not deliver what it had to say',
      description: 'In the last 15 minutes {{ $value | humanize }} of the kind {{ $labels.sink }} were given up.',
    },
  ];
}

/** Of a dashboard of the runner with all its clusters. */
export function runnerPanels(namespace: string): Panel[] {
  const place = `{namespace="${namespace}"}`;
  return [
    {
      title: 'Clusters by state',
      description: 'How many clusters the runner follows, in each state.',
      unit: 'short',
      queries: [{ expr: 'sum by (state) (emqx_blue_green_cluster_state)', legend: '{{state}}' }],
      width: 12,
    },
    {
      title: 'What clusters wait for',
      description: 'How many clusters wait, and for what, or what has stopped their upgrade.',
      unit: 'short',
      queries: [{ expr: 'sum by (reason) (emqx_blue_green_cluster_waits)', legend: '{{reason}}' }],
      width: 12,
    },
    {
      title: 'Devices offline, and still to be moved',
      description: 'Of all upgrades that run.',
      unit: 'short',
      queries: [
        {
          expr: 'sum by (namespace, cluster) (emqx_blue_green_run_devices_remaining)',
          legend: '{{cluster}} to be moved',
        },
        { expr: 'sum by (namespace, cluster) (emqx_blue_green_run_devices_offline)', legend: '{{cluster}} offline' },
      ],
      width: 12,
    },
    {
      title: 'Runs and incidents per hour',
      description: 'Runs by their outcome; incidents by their kind.',
      unit: 'short',
      queries: [
        { expr: 'sum by (outcome) (increase(emqx_blue_green_runs_total[1h]))', legend: '{{outcome}}' },
        { expr: 'sum by (incident) (increase(emqx_blue_green_incidents_total[1h]))', legend: 'incident {{incident}}' },
      ],
      width: 12,
    },
    {
      title: 'The runner itself',
      description: 'Whether one works, and its policy can be used: 1 or 0.',
      unit: 'short',
      queries: [
        { expr: `sum(${METRICS.leading}${place})`, legend: 'working' },
        { expr: `min(${METRICS.policyValid}${place})`, legend: 'policy' },
      ],
      width: 12,
    },
    {
      title: 'Failures per minute',
      description: 'What failed in the runner and is tried again, and what could not be delivered.',
      unit: 'short',
      queries: [
        { expr: `sum(increase(${METRICS.errors}${place}[1m]))`, legend: 'failures' },
        { expr: `sum by (sink) (increase(${METRICS.dropped}${place}[1m]))`, legend: '{{sink}} dropped' },
      ],
      width: 12,
    },
  ];
}
