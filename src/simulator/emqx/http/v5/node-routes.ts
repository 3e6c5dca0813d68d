import type { EmqxNode } from '../../node';
import type { Answer } from '../answers';
import { respond, text } from '../answers';
import { clientOfV5, listClients } from '../clients';
import { statsOf } from '../node-routes';
import { answeredBy } from './answered-by';
import { failure, json, nodeNotFound } from './answers';

/** What a machine looks like to EMQX; the model has no machines, so these are always the same. */
const MACHINE = {
  load1: 0.5,
  load5: 0.5,
  load15: 0.5,
  log_path: '/opt/emqx/log',
  max_fds: 1_048_576,
  memory_total: '4.00G',
  memory_used: '1.00G',
  process_available: 2_097_152,
  process_used: 426,
  sys_path: '/opt/emqx',
};

const GAUGES = [
  'channels',
  'connections',
  'live_connections',
  'retained',
  'sessions',
  'suboptions',
  'subscribers',
  'subscriptions',
  'subscriptions.shared',
  'topics',
];

const RATES = [
  'dropped_msg_rate',
  'persisted_rate',
  'received_msg_rate',
  'sent_msg_rate',
  'transformation_failed_rate',
  'transformation_succeeded_rate',
  'validation_failed_rate',
  'validation_succeeded_rate',
];
const RATES_OF_EMQX_6 = ['actions_executed_rate', 'actions_messages_rate', 'rules_matched_rate'];

/** The listeners of a node, as the operator reads them for its Service. Modelled, not measured. */
const CONFIGURATION = [
  'listeners {',
  '  tcp { default { bind = "0.0.0.0:1883", enable = true } }',
  '  ssl { default { bind = "0.0.0.0:8883", enable = true } }',
  '  ws { default { bind = "0.0.0.0:8083", enable = true } }',
  '  wss { default { bind = "0.0.0.0:8084", enable = true } }',
  '}',
  '',
].join('\n');

/** What one node of EMQX 5 or 6 reports about the nodes of the cluster. */
export class NodeRoutesV5 {
  constructor(private readonly node: EmqxNode) {}

  get isEmqx6(): boolean {
    return this.node.profile.storageFormat === 'database';
  }

  /**
   * Cores that are down stay in the list until they are forced out; replicants that are down are not in it. A node that boots is in it
   * as soon as it has joined. No answer comes while one of them is frozen.
   */
  nodes(): Answer {
    return answeredBy(this.members(), () => this.listed());
  }

  oneNode(name: string): Answer {
    const member = this.members().find((each) => each.name === name);
    return member ? answeredBy([member], () => json(this.describe(member))) : nodeNotFound(name);
  }

  stats(): Answer {
    return json(
      this.listening()
        .reverse()
        .map((member) => ({ node: member.name, ...this.statsOf(member) })),
    );
  }

  /** An entry of the list without the name of its node. */
  oneNodeStats(name: string): Answer {
    const member = this.members().find((each) => each.name === name);
    return member?.isListening ? answeredBy([member], () => json(this.statsOf(member))) : nodeNotFound(name);
  }

  /** @param query node and paging; the list of the whole cluster, and filters, are not modelled */
  clients(query: URLSearchParams): Answer {
    const name = query.get('node') ?? this.node.name;
    const member = this.members().find((each) => each.name === name);
    if (!member?.isListening) return failure(500, 'INTERNAL_ERROR', 'badrpc');
    return answeredBy([member], () => {
      const { sessions, meta } = listClients(member, query.get('page'), query.get('limit'));
      const now = this.node.cluster.clock.now();
      return json({ data: sessions.map((session) => clientOfV5(session, name, now, this.isEmqx6)), meta });
    });
  }

  status(format: string | null): Answer {
    const { name, version } = this.node;
    if (format !== 'json') return text(200, `Node ${name} is started\nemqx is running`);
    const common = { app_status: 'running', broker_status: 'started', node_name: name };
    return json(this.isEmqx6 ? { ...common, cluster: CLUSTER_NAME } : { ...common, rel_vsn: `e${version}` });
  }

  cluster(): Answer {
    const nodes = this.members().map(({ name }) => name);
    const description = this.isEmqx6 ? { description: '' } : {};
    return json({ name: CLUSTER_NAME, nodes, self: this.node.name, ...description });
  }

  forceLeave(name: string): Answer {
    if (name === this.node.name) return failure(400, 'BAD_REQUEST', "Can't leave self");
    const refusal = this.node.cluster.forceLeave(name);
    return refusal ? failure(400, 'BAD_REQUEST', refusal) : respond(204, '');
  }

  /** Sleepers are in `connections` here, and in those of no node. */
  monitorCurrent(): Answer {
    const { cluster, sleepers } = this.node;
    const members = this.listening();
    const sum = (count: (member: EmqxNode) => number) => members.reduce((total, member) => total + count(member), 0);
    const rates = this.isEmqx6 ? [...RATES, ...RATES_OF_EMQX_6] : RATES;
    return json({
      connections: sum(({ sessions }) => sessions.channels) + sleepers,
      disconnected_durable_sessions: sleepers,
      live_connections: sum(({ sessions }) => sessions.live.size),
      retained_msg_count: 0,
      shared_subscriptions: 0,
      subscriptions: sum((member) => this.statsOf(member)['subscriptions.count'] ?? 0),
      subscriptions_durable: 0,
      subscriptions_ram: sum((member) => this.statsOf(member)['subscriptions.count'] ?? 0),
      topics: cluster.registry.router.filterCount,
      ...Object.fromEntries(rates.map((name) => [name, 0])),
      ...(this.isEmqx6 ? { license_quota: cluster.license?.maxConnections ?? 0 } : {}),
    });
  }

  license(): Answer {
    const { license, sharedLicense } = this.node.cluster;
    const type = sharedLicense ?? (this.node.profile.communityLicense ? this.node.license : 'official');
    const limit = license?.maxConnections ?? 10_000_000;
    const counts = this.node.profile.licenseCounts === 'sessions' ? { max_sessions: limit } : {};
    return json({
      customer: 'Simulated',
      customer_type: 10,
      deployment: 'default',
      email: '',
      expiry: false,
      expiry_at: '2049-01-01',
      max_connections: limit,
      max_tps: 'infinity',
      start_at: '2020-01-01',
      type,
      ...counts,
    });
  }

  /** A key has the form of one, or is the name of a license that is built in. */
  setLicense(content: unknown): Answer {
    const key = (content as { key?: unknown } | null)?.key;
    if (key === 'evaluation') this.node.cluster.setLicense('evaluation');
    else if (key === 'default') this.node.cluster.setLicense('community');
    else if (typeof key === 'string' && /^[\w+/=]+\.[\w+/=]+$/.test(key)) this.node.cluster.setLicense('official');
    else return failure(400, 'BAD_REQUEST', 'Bad license key');
    return this.license();
  }

  configuration(): Answer {
    return text(200, CONFIGURATION);
  }

  /** Accepted, without any effect in the model. */
  setConfiguration(): Answer {
    return respond(200, '', 'text/plain');
  }

  private listed() {
    const stopped = this.node.cluster.stoppedCores.map((name) => ({
      node: name,
      node_status: 'stopped',
      role: 'core',
    }));
    const channels = this.channels();
    return json([...this.members().map((member) => this.describe(member, channels)), ...stopped]);
  }

  private members(): EmqxNode[] {
    return this.node.cluster.membersSeenBy(this.node);
  }

  private listening(): EmqxNode[] {
    return this.members().filter(({ isListening }) => isListening);
  }

  private describe(member: EmqxNode, channels = this.channels()): Record<string, unknown> {
    const { profile, sessions, cluster } = member;
    return {
      cluster_sessions: channels,
      connections: sessions.channels,
      edition: profile.evacuates ? 'Enterprise' : 'Opensource',
      live_connections: sessions.live.size,
      node: member.name,
      node_status: 'running',
      otp_release: profile.storageFormat === 'database' ? '27.3.4.1/15.2.7' : '26.2.5.2/14.2.5.2',
      role: member.role,
      uptime: cluster.clock.now() - member.bootedAt,
      version: member.version,
      ...MACHINE,
    };
  }

  private statsOf(member: EmqxNode): Record<string, number> {
    const all = statsOf(member);
    const stats: Record<string, number> = {
      'cluster_sessions.count': this.channels(),
      'cluster_sessions.max': this.channels(),
      'delayed.count': 0,
      'delayed.max': 0,
    };
    for (const gauge of GAUGES) {
      for (const name of [`${gauge}.count`, `${gauge}.max`]) stats[name] = all[name] ?? 0;
    }
    return stats;
  }

  /** Sessions of all nodes: sleepers are none. */
  private channels(): number {
    return this.node.cluster.members.reduce((total, { sessions }) => total + sessions.channels, 0);
  }
}

const CLUSTER_NAME = 'emqxcl';
