import type { Role } from '../resource';
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

/** What a row shows. */
export interface RowText {
  readonly text: string;
  /** The same in about 20 characters. @default - the text */
  readonly brief?: string;
  /** What it is about, without its figures. @default - the text without digits */
  readonly kind?: string;
  /** How much of it is done, of 1; undefined where it is not known. */
  readonly share?: number;
}

/** Turns the progress events of a run into the text of one row. What matters most comes first: a row is cut at the terminal's edge. */
export class ProgressRow {
  private samples: Sample[] = [];
  /** Devices that are to be moved, as far as known. */
  private most = 0;
  /** The role whose nodes are replaced, in a phase that comes once for each. */
  private role: Role | undefined;

  /** Undefined where an event changes nothing in the row. */
  after(event: ProgressEvent): RowText | undefined {
    switch (event.kind) {
      case 'phase':
        this.samples = [];
        this.most = 0;
        this.role = event.role;
        return { text: event.resumed ? `resumed: ${this.wordOf(event.phase)}` : this.wordOf(event.phase) };
      case 'sample':
        return this.textOf(event.sample);
      case 'waiting':
      case 'action':
      case 'warning':
        return undefined;
    }
  }

  private textOf(sample: Sample): RowText | undefined {
    const { green, phase } = sample;
    if (phase === null) return undefined;
    const word = this.wordOf(phase);
    if (phase === 'green' && green) return { text: `${word}: ${green.ready} of ${green.replicas} ready` };
    return phase === 'evacuate' || phase === 'return' ? this.evacuation(sample, word) : { text: word };
  }

  private wordOf(phase: Phase): string {
    const word = WORDS[phase];
    const { role } = this;
    if (role === undefined) return word;
    return word.replace('nodes', `${role}s`).replace('evacuating', `evacuating ${role}s`);
  }

  private evacuation(sample: Sample, word: string): RowText {
    this.samples = [...this.samples, sample].filter(({ at }) => sample.at - at <= WINDOW_MS);
    const left = connectionsOf(sample);
    if (left === null) return { text: `remaining devices unknown: a node does not answer · ${word}` };
    const sessions = sample.nodes.reduce((sum, node) => sum + (node.sessions ?? 0), 0);
    // In an abort most devices were never moved.
    this.most = Math.max(this.most, left, sample.phase === 'evacuate' ? (sample.devices ?? 0) : 0);
    const { leftMs, paused, capPerSecond, ratePerSecond } = sample;
    const time = leftMs ? ` · ${timeText(leftMs)} left` : '';
    const briefTime = leftMs ? ` ${timeText(leftMs).replace(' ', '')}` : '';
    if (left === 0 && sessions > 0) {
      return {
        text: `${count(sessions)} sessions to be moved${time} · ${word}`,
        brief: `${brief(sessions)} sessions${briefTime}`,
        kind: word,
        share: 1,
      };
    }
    const moved = this.most - left;
    const share = this.most > 0 ? moved / this.most : 0;
    const [text, short] = [`${count(moved)}/${count(this.most)}`, `${brief(moved)}/${brief(this.most)}`];
    if (paused) return { text: `${text} · paused · ${word}`, brief: `${short} paused`, kind: `paused ${word}`, share };
    const rate = this.rate();
    const chosen = ratePerSecond === undefined ? '' : ` (adaptive: ${count(ratePerSecond)}/s)`;
    const cap = capPerSecond === undefined ? '' : `, at most ${count(capPerSecond)}/s${chosen}`;
    return {
      text: `${text} · ${count(rate)}/s${time} · ${word}${cap}`,
      brief: `${short} ${brief(rate)}/s${briefTime}`,
      kind: word,
      share,
    };
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

/** In at most five characters, below ten million. */
function brief(value: number): string {
  const rounded = Math.round(value);
  if (rounded < 10_000) return String(rounded);
  return rounded < 99_950 ? `${(rounded / 1000).toFixed(1)}k` : `${Math.round(rounded / 1000)}k`;
}

export function timeText(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
