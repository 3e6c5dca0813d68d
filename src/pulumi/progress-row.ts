import type { Phase, ProgressEvent, Sample } from '../upgrade';

/** Older samples do not count for the rate, ms. */
const WINDOW_MS = 4_000;

const WORDS: Readonly<Record<Phase, string>> = {
  claim: 'claiming the cluster',
  pin: 'keeping devices on the old nodes',
  apply: 'applying the new version, with the operator held',
  green: 'building the new nodes',
  switch: 'routing devices to the new nodes',
  evacuate: 'evacuating',
  retire: 'removing the old nodes',
  revert: 'rolling back: the old version, with the operator held',
  'switch-back': 'rolling back: routing devices to the old nodes',
  return: 'rolling back: evacuating',
  'retire-green': 'rolling back: removing the new nodes',
  release: 'releasing the operator',
  native: 'the operator upgrades on its own',
  done: 'done',
};

/** Turns the progress events of a run into the text of one row. */
export class ProgressRow {
  private samples: Sample[] = [];
  /** Devices that are to be moved, as far as known. */
  private most = 0;

  /** Undefined where an event changes nothing in the row. */
  after(event: ProgressEvent): string | undefined {
    switch (event.kind) {
      case 'phase':
        this.samples = [];
        this.most = 0;
        return event.resumed ? `resumed: ${WORDS[event.phase]}` : WORDS[event.phase];
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
    if (left === null) return `${word} · remaining devices unknown: a node does not answer`;
    const sessions = sample.nodes.reduce((sum, node) => sum + (node.sessions ?? 0), 0);
    // In an abort most devices were never moved.
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

/** `null` where a node never reported its counts. */
function connectionsOf({ nodes }: Sample): number | null {
  return nodes.reduce<number | null>(
    (sum, { connections }) => (sum === null || connections === null ? null : sum + connections),
    0,
  );
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

export function timeText(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
