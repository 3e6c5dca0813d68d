import type { EmqxNode } from '../node';
import type { Gauges } from '../statistics';
import { type Answer, data, json, notFound } from './answers';
import { clientOfV4, listClients } from './clients';

/** What a machine looks like to EMQX; the model has no machines, so these are always the same. */
const MACHINE = {
  otp_release: '24.3.4.2/12.3.2.2',
  process_available: 2_097_152,
  process_used: 264,
  memory_total: '4.00G',
  memory_used: '1.00G',
  max_fds: 1_048_576,
  load1: '0.50',
  load5: '0.50',
  load15: '0.50',
};

const PLUGINS = [
  ['emqx_dashboard', 'EMQX Web Dashboard'],
  ['emqx_eviction_agent', 'EMQX Eviction Agent'],
  ['emqx_management', 'EMQ X Management API and CLI'],
  ['emqx_node_rebalance', 'EMQX Node Rebalance'],
  ['emqx_prometheus', 'Prometheus for EMQ X'],
  ['emqx_retainer', 'EMQ X Retainer'],
  ['emqx_rule_engine', 'EMQ X Rule Engine'],
] as const;
const EVACUATION_PLUGINS: readonly string[] = ['emqx_eviction_agent', 'emqx_node_rebalance'];

/** What one node reports about the nodes of the cluster. */
export class NodeRoutes {
  constructor(private readonly node: EmqxNode) {}

  nodes(): Answer {
    return data(this.members().map((member) => this.describe(member)));
  }

  oneNode(name: string): Answer {
    return this.about(name, (member) => data(member ? this.describe(member) : { node: name, error: 'nodedown' }));
  }

  stats(): Answer {
    return data(this.listening().map((member) => ({ node: member.name, stats: statsOf(member) })));
  }

  /** The refusal of a node that is down has no code, unlike all others. */
  oneNodeStats(name: string): Answer {
    return this.about(name, (member) => (member?.isListening ? data(statsOf(member)) : json({ message: 'nodedown' })));
  }

  /** @param query its paging; filters are not modelled */
  oneNodeClients(name: string, query: URLSearchParams): Answer {
    return this.about(name, (member) => {
      if (!member?.isListening) return json({ message: 'nodedown' });
      const { sessions, meta } = listClients(member, query.get('_page'), query.get('_limit'));
      // Measured on the open core of 4.4: a page with a session that was moved in fails, with its data in the message.
      if (member.profile.movedSessionsCountAsLive && sessions.some(({ moved }) => moved)) {
        return json({ message: "{'EXIT',{{badkey,connected_at},[]}}" });
      }
      const now = this.node.cluster.clock.now();
      return json({ meta, data: sessions.map((session) => clientOfV4(session, member.name, now)), code: 0 });
    });
  }

  brokers(): Answer {
    return data(this.listening().map((member) => this.broker(member)));
  }

  oneBroker(name: string): Answer {
    return this.about(name, (member) =>
      member?.isListening ? data(this.broker(member)) : json({ message: 'nodedown' }),
    );
  }

  metrics(): Answer {
    return data(this.listening().map((member) => ({ node: member.name, metrics: { ...member.sessions.metrics } })));
  }

  oneNodeMetrics(name: string): Answer {
    return this.about(name, (member) =>
      member?.isListening ? data({ ...member.sessions.metrics }) : json({ message: 'nodedown' }),
    );
  }

  listeners(): Answer {
    return data(this.listening().map((member) => ({ node: member.name, listeners: this.listenersOf(member) })));
  }

  oneNodeListeners(name: string): Answer {
    return this.about(name, (member) =>
      member?.isListening ? data(this.listenersOf(member)) : json({ message: 'nodedown' }),
    );
  }

  plugins(): Answer {
    const pluginsOf = (member: EmqxNode) =>
      PLUGINS.map(([name, description]) => {
        const active = member.phase === 'running' || !EVACUATION_PLUGINS.includes(name);
        return { name, description, active, type: 'feature' };
      });
    return data(this.listening().map((member) => ({ node: member.name, plugins: pluginsOf(member) })));
  }

  alarms(): Answer {
    return data(this.listening().map((member) => ({ node: member.name, alarms: [] })));
  }

  license(): Answer {
    const { license } = this.node.cluster;
    if (!this.node.profile.licensed) return notFound();
    return data({
      customer: 'Simulated',
      customer_type: 10,
      type: 'official',
      product: 'EMQX Enterprise',
      max_connections: license?.maxConnections ?? 10_000_000,
      issued_at: '2020-01-01 00:00:00',
      expiry_at: '2049-01-01 00:00:00',
    });
  }

  private about(name: string, answer: (member: EmqxNode | undefined) => Answer): Answer {
    if (!this.node.cluster.isKnownName(name)) return notFound();
    return answer(this.members().find((member) => member.name === name));
  }

  private members(): EmqxNode[] {
    return this.node.cluster.membersSeenBy(this.node);
  }

  private listening(): EmqxNode[] {
    return this.members().filter(({ isListening }) => isListening);
  }

  /** A node whose tables do not exist yet, or no longer exist, reports "undefined" for a number. */
  private describe(member: EmqxNode): Record<string, unknown> {
    const connections = member.isListening ? member.sessions.channels : 'undefined';
    const live = member.isListening ? member.sessions.live.size : 'undefined';
    return {
      node: member.name,
      node_status: 'Running',
      version: member.version,
      uptime: this.uptimeOf(member),
      connections,
      live_connections: member.profile.liveConnectionsInNodes ? live : undefined,
      ...MACHINE,
    };
  }

  private broker(member: EmqxNode): Record<string, unknown> {
    return {
      node: member.name,
      node_status: 'Running',
      version: member.version,
      otp_release: MACHINE.otp_release,
      sysdescr: 'EMQ X',
      uptime: this.uptimeOf(member),
      datetime: new Date(this.node.cluster.clock.now()).toISOString().slice(0, 19).replace('T', ' '),
    };
  }

  private listenersOf(member: EmqxNode): Record<string, unknown>[] {
    const { sessions } = member;
    return [
      {
        protocol: 'mqtt:tcp',
        identifier: 'mqtt:tcp:external',
        listen_on: '0.0.0.0:1883',
        acceptors: 8,
        max_conns: 1_024_000,
        current_conns: sessions.ownChannels,
        shutdown_count: sessions.shutdowns.size > 0 ? Object.fromEntries(sessions.shutdowns) : [],
      },
      httpListener('http:dashboard', 18083, 4, 0),
      httpListener('http:management', 8081, 2, member === this.node ? 1 : 0),
    ];
  }

  private uptimeOf(member: EmqxNode): string {
    let seconds = Math.floor((this.node.cluster.clock.now() - member.bootedAt) / 1000);
    const parts: string[] = [];
    for (const [unit, length] of [
      ['days', 86_400],
      ['hours', 3600],
      ['minutes', 60],
    ] as const) {
      if (seconds >= length || parts.length > 0) parts.push(`${Math.floor(seconds / length)} ${unit}`);
      seconds %= length;
    }
    return [...parts, `${seconds} seconds`].join(', ');
  }
}

function httpListener(protocol: string, port: number, acceptors: number, connections: number): Record<string, unknown> {
  return {
    protocol,
    listen_on: `0.0.0.0:${port}`,
    acceptors,
    max_conns: 512,
    current_conns: connections,
    shutdown_count: [],
  };
}

/** Each filter has one route here, also where subscribers of several nodes share it. */
export function statsOf({ sessions, cluster }: EmqxNode): Record<string, number> {
  sessions.statistics.beforeChange(cluster.clock.now());
  const { last, max } = sessions.statistics;
  const { filterCount, highestFilterCount } = cluster.registry.router;
  const stats: Record<string, number> = {
    'topics.count': filterCount,
    'topics.max': highestFilterCount,
    'routes.count': filterCount,
    'routes.max': highestFilterCount,
  };
  const gauges: Record<string, keyof Gauges | undefined> = {
    connections: 'channels',
    live_connections: 'liveConnections',
    channels: 'channels',
    sessions: 'channels',
    subscriptions: 'subscriptions',
    subscribers: 'subscriptions',
    suboptions: 'subscriptions',
    'subscriptions.shared': undefined,
    retained: undefined,
  };
  for (const [name, gauge] of Object.entries(gauges)) {
    stats[`${name}.count`] = gauge ? last[gauge] : 0;
    stats[`${name}.max`] = gauge ? max[gauge] : 0;
  }
  return stats;
}
