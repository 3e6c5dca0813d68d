import { nodeNameOf } from '../resource';
import { isOpen, type Journal, type Phase } from './journal';
import type { ClusterView, NodeView, Observation } from './observation';
import type { Clock, ClusterPort, EmqxPort } from './ports';

/** Phases in which only the nodes of one set move, and the others are asked now and then. */
const ONE_MOVES: readonly Phase[] = ['evacuate', 'retire', 'return', 'clear'];
/** Then only what they have is asked for, in one request instead of three. */
const OTHERS_COUNT_MS = 1_900;
/** And all of it still from time to time. */
const OTHERS_WHOLE_MS = 12_000;

/** Nodes that answer later than this make what was seen of Kubernetes old, ms. */
const SLOW_MS = 1_000;

/** How to look. */
export interface LookOptions {
  /** What a node said is good enough for so long. @default 0 */
  keptMs?: number;
  /** Ask the API server, whatever it has told before. @default false */
  anew?: boolean;
}

/**
 * Looks at the cluster and at its nodes. Between two looks it keeps only what spares the nodes some requests.
 */
export class Observer {
  private readonly lastSeen = new Map<string, Seen>();

  constructor(
    private readonly clock: Clock,
    private readonly cluster: ClusterPort,
    private readonly emqx: EmqxPort,
  ) {}

  async look(journal: Journal | undefined, signal?: AbortSignal, options: LookOptions = {}): Promise<Observation> {
    const { keptMs = 0, anew = false } = options;
    const began = this.clock.now();
    const cluster = await (anew ? this.cluster.observeAnew(signal) : this.cluster.observe(signal));
    const known = journal ?? cluster.journal;
    const run = isOpen(known) && ONE_MOVES.includes(known.phase) ? known : undefined;
    const views = await Promise.all(
      asked(cluster).map(({ name, set }) => {
        const moves = !run || (set === run.from.set) !== (run.aborted !== undefined);
        const node = { pod: name, name: nodeNameOf(cluster.resource, name) };
        return moves || anew ? this.node(node, keptMs, signal) : this.other(node, signal);
      }),
    );
    const at = this.clock.now();
    const nodes = new Map(views.map((view) => [view.pod, view]));
    // Meanwhile the watches have told more, and cost nothing.
    return { at, cluster: at - began > SLOW_MS ? await this.cluster.observe(signal) : cluster, nodes };
  }

  /** What the node said before is not so any more. */
  forget(pod: string): void {
    const last = this.lastSeen.get(pod);
    if (last) this.lastSeen.set(pod, { ...last, at: Number.NEGATIVE_INFINITY, wholeAt: Number.NEGATIVE_INFINITY });
  }

  private async node(node: Asked, keptMs: number, signal?: AbortSignal): Promise<NodeView> {
    const last = this.lastSeen.get(node.pod);
    if (last && this.clock.now() - last.at < keptMs) return last.view;
    const answer = await this.emqx.observe(node.pod, node.name, signal);
    const at = this.clock.now();
    const view = remembered(answer, last?.view, at);
    this.lastSeen.set(node.pod, { at, wholeAt: at, view });
    return view;
  }

  /** A node of which nothing but numbers is expected to change. */
  private async other(node: Asked, signal?: AbortSignal): Promise<NodeView> {
    const last = this.lastSeen.get(node.pod);
    const now = this.clock.now();
    const unusual = !last || last.view.unreachable !== undefined || last.view.evacuating;
    if (unusual || now - last.wholeAt >= OTHERS_WHOLE_MS) return this.node(node, OTHERS_COUNT_MS, signal);
    if (now - last.at < OTHERS_COUNT_MS) return last.view;
    const count = await this.emqx.count(node.pod, node.name, signal);
    const at = this.clock.now();
    const view = remembered({ ...last.view, ...count }, last.view, at);
    this.lastSeen.set(node.pod, { at, wholeAt: last.wholeAt, view });
    return view;
  }
}

/** A node that does not answer still has what it had, as far as anybody knows. */
function remembered(view: NodeView, last: NodeView | undefined, at: number): NodeView {
  if (view.unreachable === undefined) {
    const isEmpty = view.evacuating && view.connections === 0;
    return { ...view, seenAt: at, ...(isEmpty && { emptySince: last?.emptySince ?? at }) };
  }
  if (last?.seenAt === undefined) return view;
  return { ...view, connections: last.connections, sessions: last.sessions, seenAt: last.seenAt };
}

interface Asked {
  pod: string;
  name: string;
}

interface Seen {
  at: number;
  /** When it was asked for more than its numbers. */
  wholeAt: number;
  view: NodeView;
}

/** Pods whose nodes can answer: running containers, not on their way out. */
function asked(cluster: ClusterView) {
  return cluster.pods.filter((pod) => pod.containersReady && !pod.terminating);
}
