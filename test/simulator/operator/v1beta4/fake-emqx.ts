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

export interface FakeNode {
  pod: string;
  name: string;
  /** Containers run; the node joins the cluster later. */
  joinedAt: number;
  stoppingSince?: number;
  connections: number;
  sessions: number;
  evacuation?: { state: string; connRate: number; sessRate: number; recipients: string[]; since: number };
}

export interface FakeEmqxOptions {
  /** Milliseconds from the start of a pod until its node is in the cluster. */
  bootMs: number;
  /** Milliseconds a node takes to stop. */
  stopMs: number;
  /** What new nodes hold, and cannot lose but by an evacuation. */
  connections: number;
  sessions: number;
  /** A node that shuts down leaves `/nodes` after this many milliseconds; until then its `connections` are a text. */
  textMs: number;
}

/** The smallest EMQX that the operator's requests make sense with: nodes with counts, and evacuations that run linearly. */
export class FakeEmqx implements PodRuntime, EmqxTransport {
  readonly nodes = new Map<string, FakeNode>();
  readonly starts: { at: number; node: string; body: Record<string, unknown> }[] = [];
  /** What a removed node still held. */
  readonly lost: { pod: string; connections: number; sessions: number }[] = [];
  /** Answers to give instead: by path, the body. */
  readonly overrides = new Map<string, () => EmqxResponse>();

  constructor(
    private readonly clock: SimulatedClock,
    readonly options: FakeEmqxOptions,
  ) {}

  start(pod: Pod, callbacks: PodCallbacks): void {
    const name = pod.metadata.name;
    const env = new Map(pod.spec.containers[0]?.env?.map((each) => [each.name, each.value]));
    const node: FakeNode = {
      pod: name,
      name: `${env.get('EMQX_NAME')}@${name}.${env.get('EMQX_CLUSTER__DNS__NAME')}`,
      joinedAt: this.clock.now() + this.options.bootMs,
      connections: this.options.connections,
      sessions: this.options.sessions,
    };
    this.nodes.set(name, node);
    this.clock.schedule(1000, () => callbacks.running());
  }

  stop(pod: Pod, done: () => void): void {
    const node = this.nodes.get(pod.metadata.name);
    if (node) node.stoppingSince = this.clock.now();
    this.clock.schedule(this.options.stopMs, () => {
      this.kill(pod);
      done();
    });
  }

  kill(pod: Pod): void {
    const node = this.nodes.get(pod.metadata.name);
    if (!node) return;
    this.progress(node);
    this.lost.push({ pod: node.pod, connections: node.connections, sessions: node.sessions });
    this.nodes.delete(pod.metadata.name);
  }

  /** What an operator of ours would do by the management API. */
  startEvacuation(pod: string, connRate: number, sessRate: number, recipients: string[] = []): void {
    const node = this.nodes.get(pod)!;
    node.evacuation = { state: 'evicting_conns', connRate, sessRate, recipients, since: this.clock.now() };
  }

  stopEvacuation(pod: string): void {
    const node = this.nodes.get(pod)!;
    this.progress(node);
    delete node.evacuation;
  }

  drained(pod: string): boolean {
    const node = this.nodes.get(pod)!;
    this.progress(node);
    return node.evacuation?.state === 'prohibiting' && node.connections === 0 && node.sessions === 0;
  }

  async exchange(pod: PodRef, request: EmqxRequest, signal?: AbortSignal): Promise<EmqxResponse> {
    await this.clock.sleep(40, signal);
    const node = this.nodes.get(pod.name);
    if (!node || !this.joined(node) || node.stoppingSince !== undefined)
      throw new TransportError('refused', 'connect ECONNREFUSED');
    const override = this.overrides.get(request.path);
    if (override) return override();
    if (request.headers['authorization'] === undefined) return json(401, {});
    for (const each of this.nodes.values()) this.progress(each);
    const start = /^\/api\/v4\/load_rebalance\/(.+)\/evacuation\/start$/.exec(request.path);
    if (start) return this.begin(start[1]!, JSON.parse(request.body ?? '{}'));
    switch (request.path) {
      case '/api/v4/nodes':
        return json(200, {
          code: 0,
          data: [...this.nodes.values()].filter((each) => this.listed(each)).map((each) => this.row(each)),
        });
      case '/api/v4/listeners':
        return json(200, {
          code: 0,
          data: [...this.nodes.values()].map((each) => ({
            node: each.name,
            listeners: [{ protocol: 'mqtt:tcp', listen_on: '0.0.0.0:1883' }],
          })),
        });
      case '/api/v4/load_rebalance/global_status':
        return json(200, {
          rebalances: [],
          evacuations: [...this.nodes.values()].flatMap((each) => evacuationRow(each)),
        });
      case '/api/v4/load_rebalance/availability_check':
        return json(node.evacuation ? 503 : 200, {});
    }
    return json(404, {});
  }

  private begin(name: string, body: Record<string, unknown>): EmqxResponse {
    this.starts.push({ at: this.clock.now(), node: name, body });
    const node = [...this.nodes.values()].find((each) => each.name === name);
    if (!node || node.evacuation) return json(200, { code: 400, message: '["already_started"]' });
    this.startEvacuation(
      node.pod,
      Number(body['conn_evict_rate']),
      Number(body['sess_evict_rate']),
      body['migrate_to'] as string[],
    );
    return json(200, { code: 0, data: [] });
  }

  private joined(node: FakeNode): boolean {
    return this.clock.now() >= node.joinedAt;
  }

  private listed(node: FakeNode): boolean {
    const { stoppingSince = Number.POSITIVE_INFINITY } = node;
    return this.joined(node) && this.clock.now() < stoppingSince + this.options.textMs;
  }

  private row(node: FakeNode) {
    const connections = node.stoppingSince === undefined ? node.connections : String(node.connections);
    return { node: node.name, node_status: 'Running', otp_release: '24.1/12.1', version: '4.4.15', connections };
  }

  private progress(node: FakeNode): void {
    const { evacuation } = node;
    if (!evacuation || evacuation.state === 'prohibiting' || node.stoppingSince !== undefined) return;
    const seconds = Math.floor((this.clock.now() - evacuation.since) / 1000);
    evacuation.since += seconds * 1000;
    for (let second = 0; second < seconds; second++) {
      if (node.connections > 0) node.connections = Math.max(0, node.connections - evacuation.connRate);
      else if (node.sessions > 0) node.sessions = Math.max(0, node.sessions - evacuation.sessRate);
    }
    evacuation.state =
      node.connections > 0 ? 'evicting_conns' : node.sessions > 0 ? 'evicting_sessions' : 'prohibiting';
  }
}

export function json(status: number, body: unknown): EmqxResponse {
  return { status, headers: {}, body: JSON.stringify(body) };
}

function evacuationRow(node: FakeNode) {
  const { evacuation } = node;
  if (!evacuation) return [];
  return [
    {
      node: node.name,
      state: evacuation.state,
      session_recipients: evacuation.recipients,
      session_goal: 0,
      session_eviction_rate: evacuation.sessRate,
      connection_goal: 0,
      connection_eviction_rate: evacuation.connRate,
      stats: {
        initial_sessions: 100,
        initial_connected: 1000,
        current_sessions: node.sessions,
        current_connected: node.connections,
      },
    },
  ];
}
