import { Counter, Gauge, Registry } from 'prom-client';
import type { ClusterState, Phase, Sample } from '../upgrade';
import { INCIDENT_KINDS } from '../upgrade/incident';
import { type ClusterRef, keyOf } from './sighting';
import type { Told } from './told';
import { type WaitReason, Waits } from './waits';

const LABELS = ['namespace', 'kind', 'cluster'] as const;
type Label = (typeof LABELS)[number];

const STATES: readonly ClusterState[] = ['at-rest', 'waiting', 'native', 'upgrading', 'unsettled'];

/** How a run ended; `stopped` is one that is still open, `blocked` one that did not begin. */
const OUTCOMES = ['completed', 'aborted', 'stopped', 'blocked'] as const;

/** The names of gauges of an open run, and what each shows; none exists for a cluster that is not upgraded. */
const OF_A_RUN = {
  devices: ['emqx_blue_green_run_devices', 'Devices that were connected when the evacuation began.'],
  remaining: ['emqx_blue_green_run_devices_remaining', 'Connections that are still on the nodes that are evacuated.'],
  offline: ['emqx_blue_green_run_devices_offline', 'Devices that are offline at the moment, as far as counted.'],
  cap: ['emqx_blue_green_run_disconnects_cap', 'Most disconnects per second in the whole cluster, now.'],
  rate: [
    'emqx_blue_green_run_disconnects_rate',
    'Disconnects per second that adaptive pacing has chosen; 0 while it waits for devices to reconnect.',
  ],
  left: ['emqx_blue_green_run_remaining_seconds', 'Estimated time until the evacuated nodes are empty.'],
  paused: ['emqx_blue_green_run_paused', 'Whether the run is paused: 1 or 0.'],
  driven: ['emqx_blue_green_run_driven', 'Whether this process drives the run: 1.'],
} as const satisfies Record<string, readonly [name: string, help: string]>;

/** Last counts of a cluster, to which the next ones are compared. */
interface Seen {
  phase?: Phase;
  remaining?: number;
  set?: string;
}

/**
 * The metrics of a runner, in the format of Prometheus. What is unknown has no series, and is never 0; the series of a cluster are removed
 * with it, those of its run when that ends.
 */
export class Metrics {
  readonly registry = new Registry();
  private readonly seen = new Map<string, Seen>();
  private readonly waits = new Waits();
  /** The reason that is shown of each cluster, by key. */
  private readonly shown = new Map<string, WaitReason>();
  private readonly state = this.gauge('emqx_blue_green_cluster_state', 'State of a cluster: 1 for the one it is in.', [
    ...LABELS,
    'state',
  ]);
  private readonly held = this.gauge('emqx_blue_green_cluster_held', 'Whether a change of its template waits: 1 or 0.');
  private readonly waiting = this.gauge(
    'emqx_blue_green_cluster_waits',
    'What a cluster waits for, or what has stopped its upgrade: 1 for the reason.',
    [...LABELS, 'reason'],
  );
  private readonly phase = this.gauge('emqx_blue_green_run_phase', 'Phase of the open run: 1 for the one it is in.', [
    ...LABELS,
    'phase',
  ]);
  private readonly ofRun = Object.fromEntries(
    Object.entries(OF_A_RUN).map(([key, [name, help]]) => [key, this.gauge(name, help)]),
  ) as Record<keyof typeof OF_A_RUN, Gauge<Label>>;
  private readonly disconnects = this.counter(
    'emqx_blue_green_disconnects_total',
    'Connections that left nodes while these were evacuated.',
    LABELS,
  );
  private readonly incidents = this.counter('emqx_blue_green_incidents_total', 'Incidents of runs, by their kind.', [
    ...LABELS,
    'incident',
  ]);
  private readonly runs = this.counter(
    'emqx_blue_green_runs_total',
    'Runs that ended, were aborted, or stopped before their end.',
    [...LABELS, 'outcome'],
  );
  private readonly errors = this.counter(
    'emqx_blue_green_reconcile_errors_total',
    'What failed in the runner itself and is tried again.',
  );
  private readonly dropped = this.counter(
    'emqx_blue_green_notifications_dropped_total',
    'Events and notifications that could not be delivered.',
    ['sink'],
  );
  private readonly leading = this.gauge(
    'emqx_blue_green_runner_leading',
    'Whether this runner works: 1, or 0 while another one does.',
    [],
  );
  private readonly policy = this.gauge(
    'emqx_blue_green_runner_policy_valid',
    'Whether the policy can be used: 1 or 0.',
    [],
  );

  constructor() {
    for (const sink of ['event', 'webhook']) this.dropped.inc({ sink }, 0);
    for (const unknown of [this.leading, this.policy]) unknown.remove(); // without labels they begin with 0
  }

  /** Something could not be delivered. */
  drop(sink: 'event' | 'webhook'): void {
    this.dropped.inc({ sink });
  }

  tell(told: Told): void {
    this.waits.tell(told);
    this.count(told);
    if ('cluster' in told && told.cluster) this.showWait(told.cluster);
  }

  private count(told: Told): void {
    switch (told.kind) {
      case 'leading':
        this.leading.set(Number(told.isLeading));
        if (!told.isLeading) this.forgetStates();
        break;
      case 'policy':
        this.policy.set(Number(told.problems.length === 0));
        break;
      case 'error':
        this.errors.inc();
        break;
      case 'cluster':
        this.showCluster(told);
        break;
      case 'gone':
        this.forget(told.cluster);
        break;
      case 'start':
        this.startRun(told.cluster);
        break;
      case 'progress':
        if (told.event.kind === 'sample') this.showSample(told.cluster, told.event.sample);
        if (told.event.kind === 'phase') this.showPhase(told.cluster, told.event.phase);
        break;
      case 'incident':
        this.incidents.inc({ ...labelsOf(told.cluster), incident: told.incident.kind });
        break;
      case 'end':
        this.endRun(told.cluster, told.report.outcome);
        break;
      case 'stopped':
        if (told.isRepeated) this.clearRun(told.cluster);
        else this.endRun(told.cluster, told.code === 'BLOCKED' ? 'blocked' : 'stopped');
        break;
      case 'held':
      case 'left':
      case 'plan':
        break;
    }
  }

  private showCluster({ cluster, state, phase, isHeld }: Extract<Told, { kind: 'cluster' }>): void {
    const labels = labelsOf(cluster);
    for (const each of STATES) this.state.set({ ...labels, state: each }, Number(each === state));
    this.held.set(labels, Number(isHeld));
    this.showPhase(cluster, phase);
    if (state !== 'upgrading') this.clearRun(cluster);
  }

  private showPhase(cluster: ClusterRef, phase: Phase | undefined): void {
    const seen = this.seenOf(cluster);
    const labels = labelsOf(cluster);
    if (seen.phase && seen.phase !== phase) this.phase.remove({ ...labels, phase: seen.phase });
    if (phase && phase !== 'done') {
      this.phase.set({ ...labels, phase }, 1);
      seen.phase = phase;
    } else delete seen.phase;
  }

  private showSample(cluster: ClusterRef, sample: Sample): void {
    const labels = labelsOf(cluster);
    const { devices, away, capPerSecond: cap, ratePerSecond: rate, leftMs, paused, nodes } = sample;
    const isEvacuating = devices !== undefined;
    const counts = isEvacuating ? nodes.map(({ connections }) => connections) : [];
    const remaining =
      isEvacuating && counts.every((count) => count !== null)
        ? counts.reduce<number>((sum, count) => sum + (count ?? 0), 0)
        : undefined;
    const values = { devices, remaining, offline: away, cap, rate, left: leftMs && leftMs / 1_000 };
    for (const [key, value] of Object.entries(values)) {
      const gauge = this.ofRun[key as keyof typeof values];
      if (value === undefined) gauge.remove(labels);
      else gauge.set(labels, value);
    }
    this.ofRun.paused.set(labels, Number(paused));
    this.countDisconnects(cluster, remaining, nodes.map(({ pod }) => pod).join());
  }

  /** Counts what has left the same nodes since the last sample in which all of them answered. */
  private countDisconnects(cluster: ClusterRef, remaining: number | undefined, set: string): void {
    const seen = this.seenOf(cluster);
    if (remaining === undefined) return;
    if (seen.set === set && seen.remaining !== undefined && remaining < seen.remaining) {
      this.disconnects.inc(labelsOf(cluster), seen.remaining - remaining);
    }
    Object.assign(seen, { set, remaining });
  }

  /** Counters begin with 0: by a first value of 1 nobody sees that something was counted. */
  private startRun(cluster: ClusterRef): void {
    const labels = labelsOf(cluster);
    this.ofRun.driven.set(labels, 1);
    for (const incident of INCIDENT_KINDS) this.incidents.inc({ ...labels, incident }, 0);
    for (const outcome of OUTCOMES) this.runs.inc({ ...labels, outcome }, 0);
    this.disconnects.inc(labels, 0);
  }

  private showWait(cluster: ClusterRef): void {
    const [key, labels] = [keyOf(cluster), labelsOf(cluster)];
    const [before, now] = [this.shown.get(key), this.waits.all.get(key)?.reason];
    if (before === now) return;
    if (before) this.waiting.remove({ ...labels, reason: before });
    if (now) this.waiting.set({ ...labels, reason: now }, 1);
    if (now) this.shown.set(key, now);
    else this.shown.delete(key);
  }

  private endRun(cluster: ClusterRef, outcome: (typeof OUTCOMES)[number]): void {
    this.runs.inc({ ...labelsOf(cluster), outcome });
    this.clearRun(cluster);
  }

  private clearRun(cluster: ClusterRef): void {
    this.showPhase(cluster, undefined);
    for (const gauge of Object.values(this.ofRun)) gauge.remove(labelsOf(cluster));
    this.seen.delete(keyOf(cluster));
  }

  /** A runner that does not lead knows no longer how the clusters are. */
  private forgetStates(): void {
    const { state, held, waiting, phase, ofRun } = this;
    for (const gauge of [state, held, waiting, phase, ...Object.values(ofRun)]) gauge.reset();
    this.seen.clear();
    this.shown.clear();
  }

  private forget(cluster: ClusterRef): void {
    const labels = labelsOf(cluster);
    for (const state of STATES) this.state.remove({ ...labels, state });
    for (const incident of INCIDENT_KINDS) this.incidents.remove({ ...labels, incident });
    for (const outcome of OUTCOMES) this.runs.remove({ ...labels, outcome });
    for (const metric of [this.held, this.disconnects]) metric.remove(labels);
    this.clearRun(cluster);
  }

  private seenOf(cluster: ClusterRef): Seen {
    const key = keyOf(cluster);
    const known = this.seen.get(key) ?? {};
    this.seen.set(key, known);
    return known;
  }

  private gauge(name: string, help: string, labelNames: readonly string[] = LABELS): Gauge<string> {
    return new Gauge({ name, help, labelNames, registers: [this.registry] });
  }

  private counter(name: string, help: string, labelNames: readonly string[] = []): Counter<string> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }
}

function labelsOf({ namespace, kind, name }: ClusterRef): Record<Label, string> {
  return { namespace, kind, cluster: name };
}
