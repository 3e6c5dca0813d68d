import type { EmqxNode } from '../../node';
import type { Answer } from '../answers';
import { statsOf } from '../node-routes';
import { exposition, nameOf } from '../prometheus';

const GAUGES = [
  'connections',
  'live_connections',
  'sessions',
  'channels',
  'suboptions',
  'subscribers',
  'subscriptions',
  'topics',
  'retained',
  'subscriptions.shared',
] as const;

/**
 * `/prometheus/stats`: the node's own figures for Prometheus, in the mode `node`, which is the default. Names and kinds are those of the
 * source; no answer of a real node was recorded. Not modelled: figures of all nodes, and JSON.
 *
 * @see EMQX 5.8.9, `emqx_prometheus.erl`
 */
export function prometheusV5(node: EmqxNode): Answer {
  const all = statsOf(node);
  const { members, stoppedCores } = node.cluster;
  const sessions = members.reduce((total, member) => total + member.sessions.channels, 0);
  const counters = Object.entries(node.sessions.metrics).map(
    ([name, value]) => [nameOf(name === 'session.takeovered' ? 'session.takenover' : name), value] as const,
  );
  return exposition(
    [
      ...GAUGES.flatMap((gauge) =>
        ['count', 'max'].map((kind) => [nameOf(`${gauge}.${kind}`), all[`${gauge}.${kind}`] ?? 0] as const),
      ),
      ['emqx_cluster_sessions_count', sessions],
      ['emqx_cluster_nodes_running', members.length],
      ['emqx_cluster_nodes_stopped', stoppedCores.length],
    ],
    counters,
  );
}
