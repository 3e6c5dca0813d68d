import { nodeNameOf } from '../resource';
import { isOpen, type Journal, type Phase } from './journal';
import type { ClusterView, NodeView, Observation } from './observation';
import type { Clock, ClusterPort, EmqxPort } from './ports';

/** Phases in which only the nodes of one set move, and the others are asked now and then. */
const ONE_MOVES: readonly Phase[] = ['evacuate', 'retire', 'return', 'clear'];
/** A look at one of them is three requests. */
const OTHERS_EVERY_MS = 4_000;

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
  private readonly lastSeen = new Map<string, { at: number; view: NodeView }>();

  constructor(
    private readonly clock: Clock,
    private readonly cluster: ClusterPort,
    private readonly emqx: EmqxPort,
  ) {}

  async look(journal: Journal | undefined, signal?: AbortSignal, options: LookOptions = {}): Promise<Observation> {
    const { keptMs = 0, anew = false } = options;
    const cluster = await (anew ? this.cluster.observeAnew(signal) : this.cluster.observe(signal));
    const known = journal ?? cluster.journal;
    const run = isOpen(known) && ONE_MOVES.includes(known.phase) ? known : undefined;
    const views = await Promise.all(
      asked(cluster).map((pod) => {
        const moves = run && (pod.set === run.from.set) !== (run.aborted !== undefined);
        const patienceMs = run && !moves ? OTHERS_EVERY_MS : keptMs;
        return this.node(cluster, pod.name, patienceMs, signal);
      }),
    );
    return { at: this.clock.now(), cluster, nodes: new Map(views.map((view) => [view.pod, view])) };
  }

  private async node(cluster: ClusterView, pod: string, patienceMs: number, signal?: AbortSignal): Promise<NodeView> {
    const last = this.lastSeen.get(pod);
    if (last && this.clock.now() - last.at < patienceMs) return last.view;
    const view = await this.emqx.observe(pod, nodeNameOf(cluster.resource, pod), signal);
    this.lastSeen.set(pod, { at: this.clock.now(), view });
    return view;
  }
}

/** Pods whose nodes can answer: running containers, not on their way out. */
function asked(cluster: ClusterView) {
  return cluster.pods.filter((pod) => pod.containersReady && !pod.terminating);
}
