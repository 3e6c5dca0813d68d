import { isHeld } from '../../src/resource';
import { SimulatedClock } from '../../src/simulator/clock';
import {
  type ClusterPort,
  type ClusterView,
  type EmqxPort,
  type EvacuationOrder,
  type Journal,
  type LeaseView,
  type NodeView,
  PortError,
  type ProgressEvent,
  type Rest,
  runUpgrade,
  type UpgradeContext,
  type UpgradeReport,
  type UpgradeRequest,
} from '../../src/upgrade';
import { digestOf } from '../../src/upgrade/target';
import {
  BLUE,
  BLUE_REVISION,
  delayStatus,
  GREEN,
  GREEN_REVISION,
  node,
  OPERATOR,
  pod,
  podNames,
  request,
  resource,
  restingStatus,
  set,
  T0,
} from './fixtures';

const LEASE_MS = 30_000;
const GREEN_READY_MS = 8_000;
const PODS_GONE_MS = 3_000;
/** No run of this world takes an hour. */
const ENOUGH_MS = 3_600_000;

/** One call of a port, by one process. */
export interface Call {
  process: string;
  method: keyof ClusterPort | `emqx.${keyof EmqxPort}`;
  /** How many calls the process made before. */
  index: number;
}

/** Throws to let a call fail: `before` it has an effect, or `after`, when its answer is lost. */
export type Fault = (call: Call, when: 'before' | 'after') => void;

/** The process died in the middle of a call. */
export class Crash extends Error {}

interface Evacuation {
  at: number;
  order: EvacuationOrder;
}

/**
 * A cluster just good enough to be upgraded: the operator acts when it is made to look, and nodes empty themselves at the
 * rates they were told. What must never happen is written down in `violations`.
 */
export class FakeWorld {
  readonly clock = new SimulatedClock();
  resource = { ...resource(), status: restingStatus(BLUE) as Record<string, unknown> };
  version = 1;
  readonly journals: Journal[] = [];
  lease: { holder: string; renewedAt: number; acquiredAt: number } | undefined;
  revision: string | undefined;
  blueReplicas = 3;
  readonly orders: string[] = [];
  readonly violations: string[] = [];
  readonly calls: Call[] = [];
  readonly events: ProgressEvent[] = [];
  request: string | undefined;
  private requests = 0;
  private rest: Rest | undefined;
  private kept: { run: string; spec: Record<string, unknown> } | undefined;
  fault: Fault = () => {};
  readonly load = { connections: 200, sessions: 210 };
  private greenAt: number | undefined;
  private retiredAt: number | undefined;
  private readonly evacuations = new Map<string, Evacuation>();

  /** The world as one process sees it. */
  process(holder: string): UpgradeContext {
    let index = 0;
    const wrap =
      <A extends unknown[], T>(method: Call['method'], work: (...args: A) => T) =>
      async (...args: A): Promise<T> => {
        const call = { process: holder, method, index: index++ };
        this.calls.push(call);
        this.fault(call, 'before');
        const result = work(...args);
        this.fault(call, 'after');
        return structuredClone(result);
      };
    return {
      clock: this.clock,
      holder,
      progress: { report: (event) => void this.events.push(event) },
      cluster: {
        observe: wrap('observe', () => this.view()),
        observeFresh: wrap('observeFresh', () => this.view()),
        follow: () => {},
        change: (over) => new Promise((resolve) => over.addEventListener('abort', () => resolve())),
        operators: wrap('operators', () => [OPERATOR]),
        missingRights: wrap('missingRights', () => []),
        rehearse: wrap('rehearse', () => []),
        surroundings: wrap('surroundings', () => ({ quotas: [], podSecurity: undefined, bypasses: [] })),
        patchResource: wrap('patchResource', ({ spec, ifVersion }) => {
          if (ifVersion !== String(this.version)) throw new PortError('conflict', 'the resource has changed');
          this.patch(spec);
        }),
        selectTraffic: wrap('selectTraffic', (_service, revision) => {
          this.revision = revision;
        }),
        routeToUnready: wrap('routeToUnready', () => {}),
        leadTraffic: wrap('leadTraffic', () => {}),
        freeTraffic: wrap('freeTraffic', () => {}),
        scaleSet: wrap('scaleSet', (name, replicas) => this.scale(name, replicas)),
        removeSet: wrap('removeSet', () => {}),
        markServing: wrap('markServing', () => {}),
        holdLease: wrap('holdLease', (who) => this.takeLease(who)),
        readLease: wrap('readLease', () => this.leaseView()),
        releaseLease: wrap('releaseLease', (who) => {
          if (this.lease?.holder === who) this.lease = undefined;
        }),
        writeJournal: wrap('writeJournal', (journal, over) => {
          if (over && over.version !== this.journalVersion) throw new PortError('conflict', 'the journal has changed');
          if (over?.answersRequest) this.request = undefined;
          this.journals.push(structuredClone(journal));
          return this.journalVersion;
        }),
        writeRequest: wrap('writeRequest', (asked) => this.ask(asked)),
        keepSpec: wrap('keepSpec', (run, spec) => {
          this.kept = { run, spec: structuredClone(spec) as Record<string, unknown> };
        }),
        keptSpec: wrap('keptSpec', (run) => (this.kept?.run === run ? this.kept.spec : undefined)),
        keepRest: wrap('keepRest', (rest) => {
          this.rest = structuredClone(rest);
        }),
        keptRest: wrap('keptRest', () => this.rest),
      },
      emqx: {
        observe: wrap('emqx.observe', (name) => this.nodeView(name)),
        count: wrap('emqx.count', (name) => {
          const { connections, sessions, unreachable } = this.nodeView(name);
          return { connections, sessions, unreachable };
        }),
        clients: wrap('emqx.clients', () => undefined),
        live: wrap('emqx.live', (name) => this.nodeView(name).connections),
        probe: wrap('emqx.probe', () => ({ state: 'serves' })),
        startEvacuation: wrap('emqx.startEvacuation', (name, _node, order) => this.start(name, order)),
        stopEvacuation: wrap('emqx.stopEvacuation', () => {}),
        licensedConnections: wrap('emqx.licensedConnections', () => undefined),
      },
    };
  }

  ask(request: string): void {
    this.request = request;
    this.requests++;
  }

  get journal(): Journal | undefined {
    return this.journals.at(-1);
  }

  /** Runs an upgrade in virtual time. */
  run(holder = 'p1', asked: UpgradeRequest = request(), signal?: AbortSignal): Promise<UpgradeReport> {
    return this.clock.run(() => runUpgrade(this.process(holder), asked, signal));
  }

  patch(spec: Record<string, unknown>): void {
    const before = digestOf(this.resource);
    const update = spec['blueGreenUpdate'] as { initialDelaySeconds?: number } | undefined;
    const delay = update?.initialDelaySeconds ?? this.resource.spec.blueGreenUpdate!.initialDelaySeconds!;
    const version = spec['template'] ? '4.4.15' : this.resource.spec.template!.spec!.emqxContainer!.image!.version;
    this.resource = { ...resource({ version, delaySeconds: delay }), status: this.resource.status };
    this.version++;
    if (before !== digestOf(this.resource)) {
      this.greenAt = this.clock.now();
      if (!isHeld(this.resource)) this.violations.push('the template was changed without the hold');
      if (this.revision !== BLUE_REVISION)
        this.violations.push('the template was changed before the Service was pinned');
    }
    if (!isHeld(this.resource) && this.podsOf(BLUE).length > 0 && this.greenAt !== undefined) {
      this.violations.push('the operator was released while blue has pods');
    }
    this.operatorLooks();
  }

  private operatorLooks(): void {
    if (this.greenAt === undefined) return;
    if (this.blueReplicas === 0 && this.podsOf(BLUE).length === 0) this.resource.status = restingStatus(GREEN);
    else if (this.greenReady()) this.resource.status = delayStatus();
  }

  private greenReady(): boolean {
    return this.greenAt !== undefined && this.clock.now() >= this.greenAt + GREEN_READY_MS;
  }

  private podsOf(name: string): string[] {
    if (name === GREEN) return this.greenAt === undefined ? [] : podNames(GREEN);
    return this.retiredAt === undefined || this.clock.now() < this.retiredAt + PODS_GONE_MS ? podNames(BLUE) : [];
  }

  private view(): ClusterView {
    if (this.clock.now() - T0 > ENOUGH_MS) throw new Error('the run does not come to its end');
    const ready = this.greenReady();
    const green = this.greenAt === undefined ? [] : [set(GREEN, { readyReplicas: ready ? 3 : 0 })];
    const behind = {
      [BLUE_REVISION]: this.podsOf(BLUE),
      [GREEN_REVISION]: ready ? podNames(GREEN) : [],
    }[this.revision ?? ''];
    return {
      resource: this.resource as ClusterView['resource'],
      resourceVersion: String(this.version),
      sets: [set(BLUE, { replicas: this.blueReplicas, readyReplicas: this.podsOf(BLUE).length }), ...green],
      pods: [
        ...this.podsOf(BLUE).map((name) => pod(name, { terminating: this.retiredAt !== undefined })),
        ...this.podsOf(GREEN).map((name) => pod(name, { containersReady: ready, ready })),
      ],
      foreign: [],
      traffic: [
        {
          service: 'emqx-mqtt',
          byOperator: false,
          revision: this.revision,
          pods: behind ?? [...this.podsOf(BLUE), ...(ready ? podNames(GREEN) : [])],
        },
      ],
      keptInitialDelaySeconds: undefined,
      lease: this.leaseView(),
      journal: this.journal,
      request: this.request,
      journalVersion: this.journalVersion,
    };
  }

  private get journalVersion(): string {
    return `${this.requests}.${this.journals.length}`;
  }

  private leaseView(): LeaseView | undefined {
    if (!this.lease) return undefined;
    const { holder, renewedAt, acquiredAt } = this.lease;
    const expiresAt = renewedAt + LEASE_MS;
    const leftMs = expiresAt - this.clock.now();
    return { holder, live: leftMs > 0, acquiredAt, expiresAt, leftMs };
  }

  private takeLease(holder: string): void {
    const now = this.clock.now();
    if (this.lease && this.lease.holder !== holder && now - this.lease.renewedAt < LEASE_MS) {
      throw new PortError('conflict', `${this.lease.holder} holds the lease`);
    }
    const acquiredAt = this.lease?.holder === holder ? this.lease.acquiredAt : now;
    this.lease = { holder, renewedAt: now, acquiredAt };
  }

  private nodeView(name: string): NodeView {
    if (name.startsWith(GREEN)) return node(name, { ...this.arrivedOn(name), version: '4.4.15' });
    const evacuation = this.evacuations.get(name);
    if (!evacuation) return node(name, this.load);
    const ticks = Math.floor((this.clock.now() - evacuation.at) / 1000) + 1;
    const { connectionsPerSecond, sessionsPerSecond, waitTakeoverSeconds } = evacuation.order;
    const evicting = Math.ceil(this.load.connections / connectionsPerSecond);
    const connections = Math.max(0, this.load.connections - ticks * connectionsPerSecond);
    const offline = this.load.sessions - this.load.connections;
    const moved = Math.max(0, ticks - evicting - waitTakeoverSeconds) * sessionsPerSecond;
    return node(name, { connections, sessions: connections + Math.max(0, offline - moved), evacuating: true });
  }

  /** Whoever was sent away is back at once, on the green node of the same number. */
  private arrivedOn(name: string) {
    const { connections, sessions } = this.nodeView(name.replace(GREEN, BLUE));
    return { connections: this.load.connections - connections, sessions: this.load.sessions - sessions };
  }

  private start(name: string, order: EvacuationOrder): void {
    if (this.evacuations.has(name)) {
      this.violations.push(`${name} was ordered to evacuate twice`);
      return;
    }
    if (!this.greenReady() || this.revision !== GREEN_REVISION) {
      this.violations.push(`${name} was ordered to evacuate while green does not take`);
    }
    this.orders.push(`${name}@${order.connectionsPerSecond}`);
    this.evacuations.set(name, { at: this.clock.now(), order });
  }

  private scale(name: string, replicas: number): void {
    const loaded = podNames(BLUE).filter((pod) => this.nodeView(pod).sessions > 0);
    if (name !== BLUE || replicas !== 0) this.violations.push(`${name} was scaled to ${replicas}`);
    if (loaded.length > 0) this.violations.push(`blue was scaled while ${loaded.join(', ')} hold sessions`);
    this.blueReplicas = replicas;
    this.retiredAt ??= this.clock.now();
  }
}
