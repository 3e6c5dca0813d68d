import { generationOf } from '../resource';
import { HELD_PHASES, isOpen, type Journal, type Phase } from './journal';
import type { ClusterView, NodeView, Observation } from './observation';
import type { Clock, ClusterPort, EmqxPort } from './ports';
import { OVER } from './time-limit';

/** Phases in which only the nodes of one set change, and the others are queried from time to time: the old ones, or the new ones. */
const ONE_MOVES: Readonly<Partial<Record<Phase, 'old' | 'new'>>> = {
  evacuate: 'old',
  retire: 'old',
  revert: 'old',
  'switch-back': 'old',
  return: 'new',
  'retire-green': 'new',
};
/** Then only the current devices of the others are queried, and their other counts from time to time. */
const OTHERS_COUNT_MS = 15_000;
/** And everything, three requests instead of one, from time to time, and when other pods are ready than before. */
const OTHERS_WHOLE_MS = 45_000;

/** When nodes answer later than this, what was seen of Kubernetes is out of date, ms. */
const SLOW_MS = 1_000;

/** Phases in which nobody waits for a slow node: devices are disconnected meanwhile, or somebody may release the operator. */
const IMPATIENT: readonly Phase[] = [...HELD_PHASES, 'revert'];
/** Longest wait for a node that is not known to have changed then, ms. */
const PATIENCE_MS = 500;
/** Before irreversible actions answers of now are required. */
const PATIENCE_SURE_MS = 2_000;

/** For how long what a node has answered may take the place of its answer then, ms. */
const STANDS_MS = 10_000;

/** Counts of a node that does not evacuate may be this old, ms. @see EMQX 4.4: they are refreshed each 2 s */
const COUNTED_MS = 2_500;

/** How to observe. */
export interface ObserveOptions {
  /** An answer of a node may be this old, ms. @default 0 */
  keptMs?: number;
  /** Read from the API server, whatever the watches have reported. @default false */
  fresh?: boolean;
  /** The same, and what nodes have answered before is not enough: of one that does not answer now nothing is known. @default false */
  sure?: boolean;
}

/**
 * Observes the cluster and its nodes. Between two observations it keeps only what saves requests to the nodes.
 */
export class Observer {
  private readonly lastSeen = new Map<string, Seen>();
  /** Of nodes that have not answered yet. */
  private readonly asking = new Map<string, { orders: number; answer: Promise<NodeView> }>();
  /** How many orders a node was given: what it was asked before the last one is out of date. */
  private readonly orders = new Map<string, number>();
  /** Names of nodes, by their pods: a pod keeps its node, and an operator that nodes refuse no longer reports any. */
  private readonly names = new Map<string, string>();
  /** The pods that were ready in the latest observation: with others, nodes see other members. */
  private ready = '';

  constructor(
    private readonly clock: Clock,
    private readonly cluster: ClusterPort,
    private readonly emqx: EmqxPort,
  ) {}

  async observe(
    journal: Journal | undefined,
    signal?: AbortSignal,
    options: ObserveOptions = {},
  ): Promise<Observation> {
    const { keptMs = 0, fresh = false, sure = false } = options;
    const began = this.clock.now();
    const cluster = await (fresh || sure ? this.cluster.observeFresh(signal) : this.cluster.observe(signal));
    const known = journal ?? cluster.journal;
    const run = isOpen(known) && IMPATIENT.includes(known.phase) ? known : undefined;
    const one = run && ONE_MOVES[run.phase];
    const pods = asked(cluster);
    this.noteReady(cluster);
    const isMoving = (set: string) => !one || (set === run.from.set ? 'old' : 'new') === one;
    // Counts of both sets are compared, so all of them must be of the same moment.
    const isFresh = pods.every(({ name, set }) => {
      const last = this.lastSeen.get(name);
      const at = last && (isMoving(set) ? countedAt(last) : last.at);
      return began - (at ?? Number.NEGATIVE_INFINITY) < keptMs;
    });
    const kept = one && !isFresh && Number.isFinite(keptMs) ? 0 : keptMs;
    const over = new AbortController();
    const patienceMs = sure ? PATIENCE_SURE_MS : PATIENCE_MS;
    const late = run && this.clock.sleep(patienceMs, over.signal).catch(() => undefined);
    const views = await Promise.all(
      pods.flatMap(({ name, set, uid }) => {
        const nodeName = this.nodeNameOf(cluster, { name, uid });
        if (nodeName === undefined) return [];
        const node = { pod: name, name: nodeName };
        const whole = () => this.node(node, kept, signal);
        if (!late) return whole();
        if (isMoving(set)) {
          const current = this.current(name, kept, sure);
          if (current) return current;
          const inTime = this.observeWithTimeout(node, late, whole, !sure && this.isKnown(name));
          return inTime.then((view) => asExpected(view, run, this.clock.now()));
        }
        if (sure) return this.nowOrNever(node, kept, late, signal);
        return this.observeWithTimeout(node, late, () => this.other(node, kept, signal));
      }),
    ).finally(() => over.abort(OVER));
    const at = this.clock.now();
    const nodes = new Map(views.map((view) => [view.pod, view]));
    // Meanwhile the watches have reported more, and cost nothing.
    return { at, cluster: at - began > SLOW_MS ? await this.cluster.observe(signal) : cluster, nodes };
  }

  /** Whether a node was seen a moment ago, and was ordered nothing since. */
  private isKnown(pod: string): boolean {
    const last = this.lastSeen.get(pod);
    return last !== undefined && this.clock.now() - last.at < STANDS_MS;
  }

  /** An answer that need not be asked for again: what takes a node long is of now for as long as the next answer would take. */
  private current(pod: string, keptMs: number, sure: boolean): NodeView | undefined {
    const last = this.lastSeen.get(pod);
    return last && this.clock.now() - countedAt(last) < Math.max(keptMs, sure ? last.tookMs : 0)
      ? last.view
      : undefined;
  }

  private nodeNameOf({ resource }: ClusterView, pod: { name: string; uid?: string | undefined }): string | undefined {
    const key = pod.uid ?? pod.name;
    const name = generationOf(resource).nodeNameOf(resource, pod) ?? this.names.get(key);
    if (name !== undefined) this.names.set(key, name);
    return name;
  }

  private noteReady({ pods }: ClusterView): void {
    const ready = pods
      .filter((pod) => pod.ready && !pod.terminating)
      .map(({ name, uid }) => `${name} ${uid}`)
      .join();
    if (ready === this.ready) return;
    this.ready = ready;
    for (const [pod, seen] of this.lastSeen) this.lastSeen.set(pod, { ...seen, wholeAt: Number.NEGATIVE_INFINITY });
  }

  /** The earlier answer of the node is out of date. */
  invalidate(pod: string): void {
    this.orders.set(pod, this.ordersOf(pod) + 1);
    this.outdate(pod);
  }

  private outdate(pod: string): void {
    const last = this.lastSeen.get(pod);
    if (last) this.lastSeen.set(pod, { ...last, at: Number.NEGATIVE_INFINITY, wholeAt: Number.NEGATIVE_INFINITY });
  }

  private ordersOf(pod: string): number {
    return this.orders.get(pod) ?? 0;
  }

  private async node(node: Asked, keptMs: number, signal?: AbortSignal): Promise<NodeView> {
    const [orders, asked] = [this.ordersOf(node.pod), this.clock.now()];
    const last = this.lastSeen.get(node.pod);
    const current = this.current(node.pod, keptMs, false);
    if (current) return current;
    const view = remembered(await this.emqx.observe(node.pod, node.name, signal), last, this.clock.now());
    const at = this.clock.now();
    const evacuatedAt = view.evacuating ? at : last?.evacuatedAt;
    this.lastSeen.set(node.pod, { at, tookMs: at - asked, countedAt: at, wholeAt: at, evacuatedAt, view });
    if (this.ordersOf(node.pod) !== orders) this.outdate(node.pod);
    return view;
  }

  /**
   * A slow node is not waited for: it keeps its last known counts. One query at a time.
   *
   * @param isKnown whether what it has answered before stands until then; otherwise it counts as silent
   */
  private async observeWithTimeout(
    node: Asked,
    late: Promise<void>,
    ask: () => Promise<NodeView>,
    isKnown = true,
  ): Promise<NodeView> {
    const { pod } = node;
    const orders = this.ordersOf(pod);
    const last = this.lastSeen.get(pod);
    const earlier = this.asking.get(pod);
    const same = earlier?.orders === orders ? earlier : undefined;
    if (same && isKnown && last) return last.view;
    const asking = same ?? { orders, answer: ask() };
    if (!same) {
      this.asking.set(pod, asking);
      const end = () => this.asking.get(pod) === asking && this.asking.delete(pod);
      asking.answer.then(end, end); // the loop gets the error elsewhere
    }
    const known = () => (isKnown ? (this.lastSeen.get(pod) ?? last)?.view : undefined);
    return Promise.race([asking.answer, late.then(() => known() ?? remembered(silent(node), last, this.clock.now()))]);
  }

  /** Its last known counts are not enough. */
  private nowOrNever(node: Asked, keptMs: number, late: Promise<void>, signal?: AbortSignal): Promise<NodeView> {
    const asking = this.other(node, keptMs, signal, true);
    asking.catch(() => undefined);
    return Promise.race([asking, late.then(() => silent(node))]);
  }

  /** A node of which only the counts are expected to change. @param fresh whether everything is wanted */
  private async other(node: Asked, keptMs: number, signal?: AbortSignal, fresh = false): Promise<NodeView> {
    const { pod, name } = node;
    const last = this.lastSeen.get(pod);
    const now = this.clock.now();
    if (last && now - last.at < keptMs) return last.view;
    const unusual = !last || last.view.unreachable !== undefined || last.view.evacuating;
    const whole = fresh || unusual || now - last.wholeAt >= OTHERS_WHOLE_MS;
    const [live, view] = await Promise.all([
      this.emqx.live(pod, name, signal),
      whole ? this.node(node, 0, signal) : this.counted(node, last, signal),
    ]);
    const seen = this.lastSeen.get(pod);
    // Device counts must be current; the sessions of a node that is not evacuated may be some seconds older.
    const next =
      live === undefined
        ? { ...view, live: view.live ?? last?.view.live }
        : { ...view, live, seenAt: this.clock.now(), ...(seen && { countedAt: seen.countedAt }) };
    if (seen) this.lastSeen.set(pod, { ...seen, at: this.clock.now(), view: next });
    return next;
  }

  private async counted(node: Asked, last: Seen, signal?: AbortSignal): Promise<NodeView> {
    if (this.clock.now() - last.countedAt < OTHERS_COUNT_MS) return last.view;
    const count = await this.emqx.count(node.pod, node.name, signal);
    const view = remembered({ ...last.view, ...count }, last, this.clock.now());
    this.lastSeen.set(node.pod, { ...last, countedAt: this.clock.now(), view });
    return view;
  }
}

/**
 * A node that does not answer keeps its last known counts. One whose evacuation was just stopped has no
 * more devices and sessions than it had then, whatever its old counts are: no device is routed there.
 */
function remembered(view: NodeView, last: Seen | undefined, now: number): NodeView {
  const { connections = 0, sessions = 0, live, seenAt, emptySince } = last?.view ?? {};
  if (view.unreachable !== undefined)
    return seenAt === undefined ? view : { ...view, connections, sessions, live, seenAt };
  const isOld = !view.evacuating && last?.evacuatedAt !== undefined && now - last.evacuatedAt < COUNTED_MS;
  const isEmpty = view.evacuating && view.connections === 0;
  return {
    ...view,
    seenAt: now,
    ...(isOld && {
      connections: Math.min(view.connections, connections),
      sessions: Math.min(view.sessions, sessions),
    }),
    ...(isEmpty && { emptySince: emptySince ?? now }),
  };
}

/** A node that evacuates disconnects devices at its share of the cap, also while it does not answer. */
function asExpected(view: NodeView, { shares = [] }: Journal, now: number): NodeView {
  const ageMs = now - (view.seenAt ?? now);
  const { connectionsPerSecond = 0 } = shares.find(({ pod }) => pod === view.pod) ?? {};
  if (!view.evacuating || ageMs < SLOW_MS) return view;
  return { ...view, live: Math.max(0, view.connections - Math.ceil((connectionsPerSecond * ageMs) / 1_000)) };
}

function silent({ pod, name }: Asked): NodeView {
  const nothing = {
    connections: 0,
    sessions: 0,
    version: undefined,
    canEvacuate: false,
    evacuating: false,
    members: [],
  };
  return { pod, node: name, unreachable: 'it has not answered yet', ...nothing };
}

interface Asked {
  pod: string;
  name: string;
}

interface Seen {
  at: number;
  /** How long its last whole answer has taken. */
  tookMs: number;
  /** When it was queried for the counts that it refreshes periodically, and for more than its counts. */
  countedAt: number;
  wholeAt: number;
  /** When it was seen to evacuate. */
  evacuatedAt: number | undefined;
  view: NodeView;
}

/** When all its counts were asked for: until the phase changed, perhaps only its devices were. */
function countedAt({ at, countedAt }: Seen): number {
  return Math.min(at, countedAt);
}

/** Pods whose nodes can answer: running containers, not terminating. */
function asked(cluster: ClusterView) {
  return cluster.pods.filter((pod) => pod.containersReady && !pod.terminating);
}
