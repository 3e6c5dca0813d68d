import {
  type EmqxRequest,
  type EmqxResponse,
  type EmqxTransport,
  type PodRef,
  TransportError,
} from '../../../../src/emqx/transport';
import type { SimulatedClock } from '../../../../src/simulator/clock';
import type { Pod } from '../../../../src/simulator/kubernetes/core-types';
import type { PodCallbacks, PodRuntime } from '../../../../src/simulator/kubernetes/pod-runtime';

type State = 'waiting_health_check' | 'evicting_conns' | 'waiting_takeover' | 'evicting_sessions' | 'prohibiting';

interface FakeEvacuation {
  state: State;
  /** When the state began. */
  since: number;
  connRate: number;
  sessRate: number;
  healthMs: number;
  takeoverMs: number;
  recipients: string[];
}

export interface FakeNode {
  pod: string;
  name: string;
  role: string;
  joinedAt: number;
  /** Connected clients, each with a session. */
  connections: number;
  /** Sessions of clients that are away. */
  offline: number;
  evacuation?: FakeEvacuation;
}

export interface FakeEmqxOptions {
  /** Milliseconds from the start of a pod until its node is in the cluster. */
  bootMs: number;
  /** Milliseconds a node takes to stop. */
  stopMs: number;
  /** Offline durable sessions in the cluster, which every node counts among its own. */
  sleepers: number;
  edition: string;
  version: string;
  /** In place of EMQX's default of 60 s. */
  healthMs: number;
}

/** The smallest EMQX 5 that the operator's requests make sense with: nodes with counts, and evacuations that run linearly. */
export class FakeEmqx implements PodRuntime, EmqxTransport {
  readonly nodes = new Map<string, FakeNode>();
  readonly starts: { at: number; node: string; body: Record<string, unknown> }[] = [];
  readonly configs: { query: string; body: string }[] = [];
  /** What removed nodes still held. */
  readonly lost: { pod: string; connections: number; offline: number }[] = [];
  /** Answers to give instead: by path, the answer, or undefined for the usual one. */
  readonly overrides = new Map<string, () => EmqxResponse | undefined>();
  /** Nodes that EMQX lists although their pods are gone. */
  readonly ghosts: FakeNode[] = [];
  /** Pods whose node never joins. */
  readonly broken = new Set<string>();
  readonly options: FakeEmqxOptions;

  constructor(
    private readonly clock: SimulatedClock,
    options: Partial<FakeEmqxOptions> = {},
  ) {
    this.options = {
      bootMs: 4_000,
      stopMs: 200,
      sleepers: 0,
      edition: 'Enterprise',
      version: '5.8.9',
      healthMs: 60_000,
      ...options,
    };
  }

  start(pod: Pod, callbacks: PodCallbacks): void {
    const { name } = pod.metadata;
    const [container] = pod.spec.containers;
    const env = new Map(container?.env?.map((each) => [each.name, each.value]));
    const role = env.get('EMQX_NODE__ROLE') ?? '';
    const isBroken = container?.image.endsWith(':broken') ?? false;
    const host = role === 'core' ? `${name}.${env.get('EMQX_CLUSTER__DNS__NAME')}` : (pod.status?.podIP ?? '');
    this.nodes.set(name, {
      pod: name,
      name: `emqx@${host}`,
      role,
      joinedAt: isBroken ? Number.POSITIVE_INFINITY : this.clock.now() + this.options.bootMs,
      connections: 0,
      offline: 0,
    });
    this.clock.schedule(500, () => callbacks.running());
  }

  stop(pod: Pod, done: () => void): void {
    this.clock.schedule(this.options.stopMs, () => {
      this.kill(pod);
      done();
    });
  }

  kill(pod: Pod): void {
    const node = this.nodes.get(pod.metadata.name);
    if (!node) return;
    this.progress();
    this.lost.push({ pod: node.pod, connections: node.connections, offline: node.offline });
    this.nodes.delete(pod.metadata.name);
  }

  /** Spreads clients over the nodes of a role. */
  connect(clients: number, role = 'core'): void {
    const nodes = [...this.nodes.values()].filter((node) => node.role === role);
    for (let each = 0; each < clients; each++) nodes[each % nodes.length]!.connections++;
  }

  /** What an operator of ours would do by the management API. */
  evacuate(pods: readonly string[], recipients: readonly string[], rate = 34): void {
    for (const pod of pods) {
      this.begin(this.nodes.get(pod)!, {
        conn_evict_rate: rate,
        sess_evict_rate: rate,
        wait_takeover: 3,
        wait_health_check: 0,
        migrate_to: recipients.map((each) => this.nodes.get(each)!.name),
      });
    }
  }

  stopEvacuation(pod: string): void {
    this.progress();
    delete this.nodes.get(pod)!.evacuation;
  }

  drained(pods: readonly string[]): boolean {
    this.progress();
    return pods.every((pod) => this.nodes.get(pod)?.evacuation?.state === 'prohibiting');
  }

  async exchange({ name }: PodRef, request: EmqxRequest, signal?: AbortSignal): Promise<EmqxResponse> {
    await this.clock.sleep(10, signal);
    const node = this.nodes.get(name);
    if (!node || this.clock.now() < node.joinedAt) throw new TransportError('refused', 'connect ECONNREFUSED');
    this.progress();
    const [path = '', query = ''] = request.path.replace('/api/v5/', '').split('?');
    return this.overrides.get(path)?.() ?? this.answer(node, request, path, query);
  }

  private answer(node: FakeNode, request: EmqxRequest, path: string, query: string): EmqxResponse {
    if (!request.headers['authorization']?.startsWith('Basic ')) return json(401, {});
    const joined = [...this.nodes.values(), ...this.ghosts].filter((each) => this.clock.now() >= each.joinedAt);
    const named = (name: string | undefined) => joined.find((each) => each.name === name);
    const [, action] = /^load_rebalance\/(.+)\/evacuation\/start$/.exec(path) ?? [];
    if (action) return this.started(action, named(action), JSON.parse(request.body ?? '{}'));
    const [, one] = /^nodes\/(.+)$/.exec(path) ?? [];
    if (one) return named(one) ? json(200, this.row(named(one)!)) : json(404, { code: 'NOT_FOUND' });
    switch (path) {
      case 'nodes':
        return json(
          200,
          joined.map((each) => this.row(each)),
        );
      case 'configs':
        if (request.method === 'PUT') this.configs.push({ query, body: request.body ?? '' });
        return { status: 200, headers: {}, body: 'listeners.tcp.default { bind = "0.0.0.0:1883" }\n' };
      case 'load_rebalance/global_status':
        return json(200, {
          rebalances: [],
          evacuations: joined.flatMap((each) => this.evacuationRow(each)),
          purges: [],
        });
      case 'load_rebalance/availability_check':
        return json(node.evacuation ? 503 : 200, {});
    }
    return json(404, {});
  }

  private started(name: string, node: FakeNode | undefined, body: Record<string, unknown>): EmqxResponse {
    this.starts.push({ at: this.clock.now(), node: name, body });
    if (!node) return json(404, { code: 'NOT_FOUND' });
    if (node.evacuation) return json(400, { code: 'BAD_REQUEST', message: `error on node '${name}': already_started` });
    if (Number(body['conn_evict_rate']) < 1)
      return json(400, { code: 'BAD_REQUEST', message: 'not a positive integer' });
    this.begin(node, body);
    return json(200, []);
  }

  private begin(node: FakeNode, body: Record<string, unknown>): void {
    const seconds = (field: string, otherwise: number) => {
      const value = body[field];
      return value === undefined ? otherwise : Number(value) * 1000;
    };
    const healthMs = seconds('wait_health_check', this.options.healthMs);
    node.evacuation = {
      state: healthMs > 0 ? 'waiting_health_check' : 'evicting_conns',
      since: this.clock.now(),
      connRate: Number(body['conn_evict_rate']),
      sessRate: Number(body['sess_evict_rate']),
      healthMs,
      takeoverMs: seconds('wait_takeover', 60_000),
      recipients: body['migrate_to'] as string[],
    };
  }

  private row(node: FakeNode) {
    const { edition, version } = this.options;
    return {
      node: node.name,
      node_status: 'running',
      otp_release: '26.2.5',
      version,
      role: node.role,
      edition,
      connections: node.connections + node.offline,
      live_connections: node.connections,
    };
  }

  private evacuationRow(node: FakeNode) {
    const { evacuation } = node;
    if (!evacuation) return [];
    const current = { current_sessions: node.connections + node.offline + this.options.sleepers };
    return [
      {
        node: node.name,
        state: evacuation.state,
        session_recipients: evacuation.recipients,
        session_goal: 0,
        session_eviction_rate: evacuation.sessRate,
        connection_goal: 0,
        connection_eviction_rate: evacuation.connRate,
        stats: { initial_sessions: 0, initial_connected: 0, ...current, current_connected: node.connections },
      },
    ];
  }

  private progress(): void {
    for (const node of this.nodes.values()) while (node.evacuation && this.step(node, node.evacuation));
  }

  /** One step of an evacuation, if its time has come: a tick of a second, or the next state. */
  private step(node: FakeNode, evacuation: FakeEvacuation): boolean {
    const passed = this.clock.now() - evacuation.since;
    const after = (ms: number, state: State) => {
      if (passed < ms) return false;
      evacuation.state = state;
      evacuation.since += ms;
      return true;
    };
    switch (evacuation.state) {
      case 'waiting_health_check':
        return after(evacuation.healthMs, 'evicting_conns');
      case 'evicting_conns':
        if (node.connections === 0) return after(0, 'waiting_takeover');
        if (!after(1000, 'evicting_conns')) return false;
        this.move(node, 'connections', evacuation.connRate);
        return true;
      case 'waiting_takeover':
        return after(evacuation.takeoverMs, 'evicting_sessions');
      case 'evicting_sessions':
        if (node.offline > 0 && after(1000, 'evicting_sessions')) {
          this.move(node, 'offline', evacuation.sessRate);
          return true;
        }
        return node.offline + this.options.sleepers === 0 && after(0, 'prohibiting');
      case 'prohibiting':
        return false;
    }
  }

  private move(node: FakeNode, what: 'connections' | 'offline', rate: number): void {
    const moved = Math.min(rate, node[what]);
    node[what] -= moved;
    const recipients = [...this.nodes.values()].filter(({ name }) => node.evacuation?.recipients.includes(name));
    for (let each = 0; each < moved; each++) recipients[each % recipients.length]![what]++;
  }
}

export function json(status: number, body: unknown): EmqxResponse {
  return { status, headers: {}, body: JSON.stringify(body) };
}
