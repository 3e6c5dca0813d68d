import { nodeNameOf } from '../resource';
import { isOpen, type Journal, type Phase } from './journal';
import type { ClusterView, NodeView, Observation } from './observation';
import type { Clock, ClusterPort, EmqxPort } from './ports';

/** Phases in which only blue's nodes move, and green's are asked now and then. */
const BLUE_MOVES: readonly Phase[] = ['evacuate', 'retire'];
/** A look at one of them is three requests. */
const GREEN_EVERY_MS = 3_000;

/**
 * Looks at the cluster and at its nodes. Between two looks it keeps only what spares green's nodes some requests.
 */
export class Observer {
  private readonly lastSeen = new Map<string, { at: number; view: NodeView }>();

  constructor(
    private readonly clock: Clock,
    private readonly cluster: ClusterPort,
    private readonly emqx: EmqxPort,
  ) {}

  async look(journal: Journal | undefined, signal?: AbortSignal): Promise<Observation> {
    const cluster = await this.cluster.observe(signal);
    const known = journal ?? cluster.journal;
    const views = await Promise.all(
      asked(cluster).map((pod) => this.node(cluster, pod, isOpen(known) ? known : undefined, signal)),
    );
    return { at: this.clock.now(), cluster, nodes: new Map(views.map((view) => [view.pod, view])) };
  }

  private async node(
    cluster: ClusterView,
    pod: { name: string; set: string },
    journal: Journal | undefined,
    signal?: AbortSignal,
  ): Promise<NodeView> {
    const last = this.lastSeen.get(pod.name);
    const patient = journal && pod.set !== journal.from.set && BLUE_MOVES.includes(journal.phase);
    if (patient && last && this.clock.now() - last.at < GREEN_EVERY_MS) return last.view;
    const view = await this.emqx.observe(pod.name, nodeNameOf(cluster.resource, pod.name), signal);
    this.lastSeen.set(pod.name, { at: this.clock.now(), view });
    return view;
  }
}

/** Pods whose nodes can answer: running containers, not on their way out. */
function asked(cluster: ClusterView) {
  return cluster.pods.filter((pod) => pod.containersReady && !pod.terminating);
}
