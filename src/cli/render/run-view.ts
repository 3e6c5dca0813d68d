import type { Phase, ProgressEvent, Sample } from '../../upgrade';

/** What is known of a run from its events so far. */
export interface RunView {
  cluster: string;
  /** Time of the first event. */
  startedAt: number | undefined;
  phase: Phase | undefined;
  waitingFor: string | undefined;
  /** The last thing that was done. */
  action: string | undefined;
  /** The last thing that went wrong, until something is done again. */
  warning: string | undefined;
  /** In their order; the older ones are thinned out in a long run. */
  samples: readonly Sample[];
}

/** More than any terminal has dots in a row. */
const MOST_SAMPLES = 1_000;
/** The rate is averaged over this time, ms: nodes evict in bursts of a second. */
const RATE_OVER_MS = 5_000;

export function emptyView(cluster: string): RunView {
  const unknown = {
    startedAt: undefined,
    phase: undefined,
    waitingFor: undefined,
    action: undefined,
    warning: undefined,
  };
  return { cluster, ...unknown, samples: [] };
}

/** The view after one more event. */
export function advance(view: RunView, event: ProgressEvent): RunView {
  const next = { ...view, startedAt: view.startedAt ?? event.at };
  switch (event.kind) {
    case 'phase':
      return { ...next, phase: event.phase, waitingFor: undefined };
    case 'waiting':
      return { ...next, waitingFor: event.text };
    case 'action':
      return { ...next, action: event.text, warning: undefined };
    case 'warning':
      return { ...next, warning: event.text };
    case 'sample':
      return { ...next, phase: phaseOf(view, event.sample), samples: [...thinned(view.samples), event.sample] };
  }
}

/** Recent disconnects per second: from blue, in an abort from green; undefined before two samples have the numbers. */
export function rateOf(samples: readonly Sample[]): number | undefined {
  const last = samples.at(-1);
  if (!last) return undefined;
  // With the next role blue is another set.
  const first = samples.find(({ at, blue }) => last.at - at <= RATE_OVER_MS && blue.set === last.blue.set);
  if (!first || first.at === last.at) return undefined;
  const on = ({ blue, green }: Sample) =>
    last.phase === 'return' ? (green ? green.connections : 0) : blue.connections;
  const [before, now] = [on(first), on(last)];
  if (before === null || now === null) return undefined;
  return Math.max(0, ((before - now) * 1_000) / (last.at - first.at));
}

/** A sample of a cluster without an upgrade has no phase, unless a run has just ended. */
function phaseOf({ phase }: RunView, sample: Sample): Phase | undefined {
  return sample.phase === null || sample.phase === 'done' ? phase && 'done' : sample.phase;
}

/** Drops every other sample of the older half. */
function thinned(samples: readonly Sample[]): readonly Sample[] {
  if (samples.length < MOST_SAMPLES) return samples;
  return samples.filter((_, index) => index >= samples.length / 2 || index % 2 === 0);
}
