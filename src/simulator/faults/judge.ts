import type { ProgressEvent } from '../../upgrade';
import type { RefusalReason } from '../clients/client-report';
import type { EvacuationState } from '../emqx/evacuation';
import type { ClusterObserver } from '../emqx/observer';
import type { Authorship } from './attributed-store';
import { callText, type EngineCall } from './engine-call';
import { Facts, isSet, type SetObject } from './facts';
import { Health } from './health';
import { type Bench, type Causes, evictsForOperator, type Invariant, type InvariantName } from './invariant';
import { conserved } from './invariants/conserved';
import { doneIsDone } from './invariants/done-is-done';
import { fewAway } from './invariants/few-away';
import { forwardOnly } from './invariants/forward-only';
import { movedOnce } from './invariants/moved-once';
import { neverNobody } from './invariants/never-nobody';
import { oneOwner } from './invariants/one-owner';
import { pace } from './invariants/pace';
import { patience } from './invariants/patience';
import { requests } from './invariants/requests';
import { targetTakes } from './invariants/target-takes';
import { trueReport } from './invariants/true-report';
import { LeaseHistory } from './lease-history';
import { isSticking, type Observers, type Stage } from './stage';
import { resourceOf } from './stage-objects';
import type { Trace } from './trace';

export interface Violation {
  invariant: InvariantName;
  /** Seconds since the first process began. */
  atSeconds: number;
  detail: string;
}

/** Violations beyond this number add nothing new. */
const ENOUGH = 20;

/** An order arrives within this time, ms; a node resumes its evacuation within this time after its start. */
const ORDER_MS = 50;
const BOOT_MS = 4_000;

/** An order that is not answered keeps the engine for this long, ms. */
const UNANSWERED_MS = 6_000;

export interface JudgeOptions {
  stage: Stage;
  observers: Observers;
  authorship: Authorship;
  trace: Trace;
  /** Whether a process of this name is running and not paused. */
  works: (holder: string) => boolean;
  isProcess: (author: string) => boolean;
  /** How late watches report events now, ms. */
  watchLagMs: () => number;
}

/** Observes everything that happens in the world, and checks it against the promises. */
export class Judge {
  readonly violations: Violation[] = [];
  readonly facts: Facts;
  readonly health: Health;
  private readonly leases = new LeaseHistory();
  readonly causes: Causes = {
    crashing: undefined,
    crashed: new Set(),
    templateChanged: false,
    volumesLost: false,
    unstored: [],
    released: new Set(),
    begunByOperator: new Map(),
    silent: new Map(),
    lost: new Set(),
    crashDisconnects: 0,
    releaseDisconnects: 0,
    operatorEvictions: 0,
  };
  /** When a process last ordered a node to evacuate. */
  private readonly orderedAt = new Map<string, number>();
  /** Nodes that were ordered to stop while another one did not answer. */
  private readonly stopping = new Set<string>();
  /** Of the evacuations, by pod. */
  private readonly states = new Map<string, EvacuationState>();
  private readonly invariants: readonly Invariant[];
  private readonly beganAt: number;

  constructor(private readonly options: JudgeOptions) {
    const { stage, observers, authorship, trace, works } = options;
    const { world, size } = stage;
    this.beganAt = world.clock.now();
    this.facts = new Facts(world, size);
    this.health = new Health(world.clock, () => works(this.facts.leaseHolder ?? ''));
    const bench: Bench = {
      facts: this.facts,
      health: this.health,
      causes: this.causes,
      evictsForOperator: (pod) => evictsForOperator(this.causes, this.health, pod),
      waitsToStop: (pod) => this.stopping.has(pod),
      isProcess: (author): author is string => author !== undefined && options.isProcess(author),
      watchLagMs: options.watchLagMs,
      connected: () => stage.population.connected,
      fail: (invariant, detail) => this.fail(invariant, detail),
    };
    const before = { resource: this.facts.resource, service: this.facts.service.spec };
    this.invariants = [
      oneOwner(bench),
      forwardOnly(bench),
      targetTakes(bench),
      // Clients that are gone never reconnect.
      ...(stage.size.gone > 0 ? [] : [fewAway(bench)]),
      neverNobody(bench),
      movedOnce(bench),
      conserved(bench),
      pace(bench),
      patience(bench),
      requests(bench),
      doneIsDone(bench, before, resourceOf(size, 'new')),
      trueReport(bench),
    ];
    for (const { pod, node } of world.pods.running) {
      trace.add(`${pod.metadata.name} has ${node.sessions.live.size} connections`);
    }
    world.kubernetes.store.subscribe((change) => {
      const { object, type } = change;
      const { current } = authorship;
      this.leases.stored(change);
      if (isSet(object) && type === 'MODIFIED') {
        const { replicas } = (object as SetObject).spec;
        const before = (change.previous as SetObject).spec.replicas;
        const text = `${current ?? 'the operator'}: ${object.metadata.name} to ${replicas} replicas`;
        // A process reports its own actions.
        if (replicas !== before && current === undefined) trace.describe(text);
        else if (replicas !== before) trace.add(text);
      }
      if (current !== undefined && object.kind !== 'Lease') {
        trace.add(`${current}: ${type} ${object.kind}/${object.metadata.name} v${object.metadata.resourceVersion}`);
      }
      for (const invariant of this.invariants) invariant.stored?.(change, current);
    });
    Object.assign(observers, {
      cluster: this.observer(),
      disconnected: (client: string, cause: 'evicted' | 'taken-over' | 'shutdown') => {
        const node = observers.sits.get(client) ?? '';
        trace.add(`${client} ${cause} ${this.facts.podOf(node)}`);
        for (const invariant of this.invariants) invariant.disconnected?.(client, cause, node);
      },
      refused: (client: string, reason: RefusalReason) => {
        if (!isSticking(client)) trace.add(`${client} refused: ${reason}`);
        for (const invariant of this.invariants) invariant.refused?.(client, reason);
      },
    });
  }

  /** A request of a process with an effect, about to be carried out. */
  ordered(call: EngineCall): void {
    this.options.trace.add(callText(call));
    const mayWait = this.options.stage.size.generation === 5 && this.causes.silent.size > 0;
    if (call.verb === 'stop' && mayWait) {
      this.stopping.add(call.target);
      this.health.disturb(UNANSWERED_MS);
    }
    if (call.verb === 'start') this.orderedAt.set(call.target, this.facts.now);
    for (const invariant of this.invariants) invariant.ordered?.(call);
  }

  /** A request of a process was answered, or it failed. */
  answered(call: EngineCall, hasFailed: boolean): void {
    for (const invariant of this.invariants) invariant.answered?.(call, hasFailed);
  }

  /** A process reports progress. */
  reported(process: string, event: ProgressEvent): void {
    this.options.trace.description(process, event);
    for (const invariant of this.invariants) invariant.reported?.(process, event);
  }

  /** A process has stopped with an error: checks that the error is true. */
  stopped(holder: string, error: unknown): void {
    if (this.leases.contradicts(error, holder)) {
      this.fail(
        'named errors',
        `${holder} stops for a lost lease that no other process took: ${(error as Error).message}`,
      );
    }
  }

  fail(invariant: InvariantName, detail: string): void {
    if (this.violations.length >= ENOUGH) return;
    const atSeconds = (this.options.stage.world.clock.now() - this.beganAt) / 1_000;
    this.violations.push({ invariant, atSeconds, detail });
    this.options.trace.describe(`✗ ${invariant}: ${detail}`);
  }

  /** Neither ordered by a process, nor resumed after a start of the node. */
  private isOperators(pod: string): boolean {
    const { now } = this.facts;
    const bootedAt = this.facts.nodeIn(pod)?.bootedAt ?? 0;
    return now - (this.orderedAt.get(pod) ?? 0) > ORDER_MS && now - bootedAt > BOOT_MS;
  }

  private observer(): ClusterObserver {
    const { trace } = this.options;
    return {
      connected: (client, node) => {
        for (const invariant of this.invariants) invariant.connected?.(client, node);
      },
      evicted: (client, node) => {
        for (const invariant of this.invariants) invariant.evicted?.(client, node);
      },
      sessionLost: (client, node, why) => {
        trace.add(`the session of ${client} is lost with ${this.facts.podOf(node)}: ${why}`);
        for (const invariant of this.invariants) invariant.sessionLost?.(client, node, why);
      },
      evacuationState: (node, state) => {
        const pod = this.facts.podOf(node);
        trace.add(`${pod} ${state}`);
        if (state === 'disabled') {
          this.causes.begunByOperator.delete(pod);
          this.stopping.delete(pod);
        }
        const before = this.states.get(pod);
        this.states.set(pod, state);
        const begins = state === 'evicting_conns' && before !== 'waiting_health_check';
        if ((begins || state === 'waiting_health_check') && this.isOperators(pod)) {
          trace.describe(`the operator evacuates ${pod}`);
          this.causes.begunByOperator.set(pod, this.health.tick());
        }
      },
    };
  }
}
