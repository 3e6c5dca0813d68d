import type { EmqxNode } from '../node';
import { type Answer, data, text } from './answers';
import { statsOf } from './node-routes';

/** The order and choice of gauges in the text; without a label for the node. */
const GAUGES = [
  'connections',
  'live_connections',
  'sessions',
  'topics',
  'suboptions',
  'subscribers',
  'subscriptions',
  'subscriptions.shared',
  'routes',
  'retained',
] as const;

/** Counters that EMQX 4.4 has in `/metrics` only. */
const NOT_EXPORTED: readonly string[] = ['client.connect', 'client.connack'];

/** `/emqx_prometheus`: the node's own figures for Prometheus, or as JSON when not asked for `type=prometheus`. */
export function prometheus(node: EmqxNode, type: string | null): Answer {
  const stats: [string, number][] = [];
  const all = statsOf(node);
  for (const gauge of GAUGES) {
    if (gauge === 'live_connections' && !node.profile.liveConnectionsInPrometheus) continue;
    for (const kind of ['count', 'max']) stats.push([nameOf(`${gauge}.${kind}`), all[`${gauge}.${kind}`] ?? 0]);
  }
  const counters = Object.entries(node.sessions.metrics)
    .filter(([name]) => !NOT_EXPORTED.includes(name))
    .map(([name, value]) => [nameOf(name), value] as const);
  if (type !== 'prometheus') {
    const group = (prefix: string) =>
      Object.fromEntries(counters.filter(([name]) => name.startsWith(`emqx_${prefix}_`)));
    return data({
      stats: Object.fromEntries(stats),
      client: group('client'),
      session: group('session'),
      messages: group('messages'),
      delivery: group('delivery'),
    });
  }
  const { members } = node.cluster;
  const gauges = [...stats, ['emqx_cluster_nodes_running', members.length], ['emqx_cluster_nodes_stopped', 0]] as const;
  return exposition(gauges, counters);
}

type Figure = readonly [name: string, value: number];

/** The text format of Prometheus, as EMQX writes it. */
export function exposition(gauges: readonly Figure[], counters: readonly Figure[]): Answer {
  const lines = [
    ...gauges.map(([name, value]) => `# TYPE ${name} gauge\n${name} ${value}\n`),
    ...counters.map(([name, value]) => `# TYPE ${name} counter\n${name} ${value}\n`),
  ];
  return text(200, `${lines.join('')}\n`);
}

/** The name of a figure of EMQX in Prometheus. */
export function nameOf(name: string): string {
  return `emqx_${name.replaceAll('.', '_')}`;
}
