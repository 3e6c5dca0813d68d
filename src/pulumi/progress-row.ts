import type { Phase, ProgressEvent, Sample } from '../upgrade';

/** Samples further back than that do not count for the rate, ms. */
const WINDOW_MS = 4_000;

const WORDS: Readonly<Record<Phase, string>> = {
  claim: 'claiming the cluster',
  pin: 'keeping devices on the old nodes',
  apply: 'applying the new version, the operator held',
  green: 'building the new nodes',
  switch: 'leading devices to the new nodes',
  evacuate: 'evacuating',
  retire: 'removing the old nodes',
  revert: 'going back: the old version, the operator held',
  'switch-back': 'going back: leading devices to the old nodes',
  return: 'going back: evacuating',
  'retire-green': 'going back: removing the new nodes',
  release: 'releasing the operator',
  native: 'the operator upgrades on its own',
  done: 'done',
};

/** Makes of what a run tells the text of one row. */
export class ProgressRow {
  private samples: Sample[] = [];
  /** Devices that are to be moved, as far as it is known. */
  private most = 0;

  /** Undefined where an event changes nothing in the row. */
  after(event: ProgressEvent): string | undefined {
    switch (event.kind) {
      case 'phase':
        this.samples = [];
        this.most = 0;
        return event.resumed ? `gone on with: ${WORDS[event.phase]}` : WORDS[event.phase];
      case 'sample':
        return this.textOf(event.sample);
      case 'waiting':
      case 'action':
      case 'warning':
        return undefined;
    }
  }

  private textOf(sample: Sample): string {
    const { green, phase } = sample;
    if (phase === null) return '';
    const word = WORDS[phase];
    if (phase === 'green') return green ? `${word}: ${green.ready} of ${green.replicas} ready` : word;
    if (phase !== 'evacuate' && phase !== 'return') return word;
    this.samples = [...this.samples, sample].filter(({ at }) => sample.at - at <= WINDOW_MS);
    const left = connectionsOf(sample);
    if (left === null) return `${word} · how many are left is unknown: a node does not answer`;
    const sessions = sample.nodes.reduce((sum, node) => sum + (node.sessions ?? 0), 0);
    // On the way back most devices were never moved.
    this.most = Math.max(this.most, left, phase === 'evacuate' ? (sample.devices ?? 0) : 0);
    const time = sample.leftMs ? ` · ${timeText(sample.leftMs)} left` : '';
    if (left === 0 && sessions > 0) return `${word} · ${count(sessions)} sessions to be moved${time}`;
    const moved = `${word} ${count(this.most - left)}/${count(this.most)}`;
    if (sample.paused) return `${moved} · paused`;
    const cap = sample.capPerSecond === undefined ? '' : ` of ${count(sample.capPerSecond)}`;
    return `${moved} · ${count(this.rate())}/s${cap}${time}`;
  }

  private rate(): number {
    const [first, last] = [this.samples[0]!, this.samples.at(-1)!];
    const seconds = (last.at - first.at) / 1000;
    const [before, now] = [connectionsOf(first), connectionsOf(last)];
    return seconds > 0 && before !== null && now !== null ? Math.max(0, (before - now) / seconds) : 0;
  }
}

/** `null` where a node never said what it has. */
function connectionsOf({ nodes }: Sample): number | null {
  return nodes.reduce<number | null>(
    (sum, { connections }) => (sum === null || connections === null ? null : sum + connections),
    0,
  );
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function timeText(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
