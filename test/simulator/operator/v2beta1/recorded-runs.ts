import { reference } from '../../../resource/_reference';
import type { OperatedEmqx, Seen } from './operated-emqx';

/** Seconds. Whoever recorded looked at the resource some times a second: states within one pass that were shorter are not there. */
const BRIEF = 0.4;

/** Seconds for which the pilot of the recordings waited for gates in vain, which the one of the tests does not. */
const PATIENCE = 15;

/** What the operator did, freed of names and times. */
interface Run {
  /** Numbers of replicas asked of sets. */
  scalings: string[];
  /**
   * Whose pods the Service for devices leads to. Not, that it leads to none for a moment: that follows when the pod that was asked
   * for the nodes goes in the middle of a pass.
   */
  endpoints: string[];
  /** Evacuations that the operator started: of which pods, with what body. */
  posts: string[];
}

interface Recording extends Run {
  /** Conditions, and which set each role's "current" and "update" revision is. */
  states: string[];
  /** Seconds between two passes, on average over the run. */
  passSeconds: number;
  /** Seconds from the patch to Available with two revisions, and to Ready with one. */
  available: number;
  ready: number;
}

interface Entry {
  t: number;
  k: string;
  m?: string;
  pod?: string;
  by?: string;
  body?: Record<string, unknown>;
}

/** A recorded run of the unchanged operator, from the patch to Ready; undefined where there are no recordings. */
export function recordingOf(name: string): Recording | undefined {
  const text = reference(`operator-runs-v2beta1/operator-2.2.29-v2beta1-${name}.json`);
  if (text === undefined) return undefined;
  const { log, requests } = JSON.parse(text) as { log: Entry[]; requests: Record<string, number> };
  const [first, patch] = [log.find(({ k }) => k === 'pod+')!, log.find(({ k }) => k === 'patch')!];
  const states = log.filter(({ k }) => k === 'cr').map(({ t, m = '' }) => ({ t, ...(JSON.parse(m) as Seen) }));
  const end = states.find(({ t, conds, core }) => t > patch.t && conds.startsWith('Ready') && core[0] === core[1])!;
  const colours = coloursOf(states);
  const during = ({ t }: { t: number }) => t > patch.t && t <= end.t;
  const texts = (kind: string) => log.filter((entry) => entry.k === kind && during(entry)).map(({ m = '' }) => m);
  const before = log.filter(({ t, k }) => k === 'sets' && t <= patch.t).at(-1)!.m!;
  return {
    states: distinct(states.filter(during).map((state) => stateText(state, colours))),
    scalings: scalingsIn([before, ...texts('sets')], colours),
    endpoints: distinct(['blue', ...texts('endpoints').map((pods) => coloursOfPods(pods, colours))].filter(Boolean)),
    posts: log
      .filter(({ k, by }) => k === 'evac-start' && by === 'operator')
      .map(({ pod = '', body = {} }) => postText(pod, body, colours)),
    passSeconds: (end.t - first.t) / 500 / requests['GET /api/v5/nodes']!,
    available: (states.find((state) => during(state) && state.conds.startsWith('Available'))!.t - patch.t) / 1000,
    ready: (end.t - patch.t) / 1000 - log.filter(({ k }) => k === 'TIMEOUT').length * PATIENCE,
  };
}

/** What a simulated cluster has done since `mark()`, in the same form. */
export class Observed implements Run {
  private readonly mixtures: string[] = [];
  private readonly colours: Map<string, string>;
  private readonly from: number;

  constructor(private readonly cluster: OperatedEmqx) {
    this.colours = coloursOf(cluster.seen);
    this.from = cluster.seen.length;
    cluster.kubernetes.store.subscribe(({ object }) => {
      if (object.kind !== 'EndpointSlice' || !object.metadata.name.startsWith('e-listeners')) return;
      this.learn();
      this.mixtures.push(coloursOfPods(cluster.endpoints().join(','), this.colours));
    });
  }

  /** The states, of which brief ones only where the recorded run has them too. */
  statesAs(recorded: readonly string[]): string[] {
    this.learn();
    const states = this.cluster.seen.slice(this.from);
    const result: string[] = [];
    for (const [index, state] of states.entries()) {
      const text = stateText(state, this.colours);
      const isBrief = (states[index + 1]?.at ?? Number.POSITIVE_INFINITY) - state.at <= BRIEF;
      if (text === result.at(-1) || (isBrief && text !== recorded[result.length])) continue;
      result.push(text);
    }
    return result;
  }

  get scalings(): string[] {
    this.learn();
    return this.cluster.scalings.map(({ set, replicas }) => `${coloured(set, this.colours)} ${replicas}`);
  }

  get endpoints(): string[] {
    return distinct(['blue', ...this.mixtures].filter((colours) => colours !== ''));
  }

  get posts(): string[] {
    this.learn();
    return this.cluster.emqx.starts.map(({ node, body }) => {
      const pod = this.podOf(node);
      return postText(pod, { ...body, migrate_to: (body['migrate_to'] as string[]).length }, this.colours);
    });
  }

  private readonly podsByAddress = new Map<string, string>();

  private learn(): void {
    for (const [hash, colour] of coloursOf(this.cluster.seen)) this.colours.set(hash, colour);
    for (const { name, pod } of this.cluster.emqx.nodes.values()) this.podsByAddress.set(name, pod);
  }

  private podOf(node: string): string {
    return this.podsByAddress.get(node) ?? node;
  }
}

/** The first hash of each role is blue, the next one green. */
function coloursOf(states: readonly Seen[]): Map<string, string> {
  const colours = new Map<string, string>();
  for (const role of ['core', 'repl'] as const) {
    const hashes = [...new Set(states.flatMap((state) => (state[role] ?? []).slice(0, 2)))].filter(Boolean);
    for (const [index, hash] of hashes.entries())
      colours.set(hash as string, ['blue', 'green', 'third'][index] as string);
  }
  return colours;
}

function stateText({ conds, core, repl }: Seen, colours: Map<string, string>): string {
  const revisions = ([current, update]: readonly (string | null)[]) =>
    `${colours.get(current ?? '')}/${colours.get(update ?? '')}`;
  return [conds, revisions(core), ...(repl ? [revisions(repl)] : [])].join(' ');
}

function coloured(name: string, colours: Map<string, string>): string {
  const [, role = '', hash = ''] = /-(core|replicant)-([^-]+)/.exec(name) ?? [];
  return `${colours.get(hash)} ${role}`;
}

function coloursOfPods(pods: string, colours: Map<string, string>): string {
  if (pods === '' || pods === '(none)') return '';
  return [...new Set(pods.split(',').map((pod) => coloured(pod, colours).split(' ')[0]))].sort().join('+');
}

function postText(pod: string, { ...body }: Record<string, unknown>, colours: Map<string, string>): string {
  const ordinal = /-core-[^-]+-(\d+)$/.exec(pod)?.[1];
  const sorted = Object.fromEntries(Object.entries(body).sort(([a], [b]) => (a < b ? -1 : 1)));
  return `${coloured(pod, colours)}${ordinal ? ` ${ordinal}` : ''} ${JSON.stringify(sorted)}`;
}

/** From lines such as `e-core-698cc4fb4c=3/0 …`: what the first number became, set by set. */
function scalingsIn(lines: readonly string[], colours: Map<string, string>): string[] {
  const sizes = new Map<string, string>();
  return lines.flatMap((line, index) =>
    line.split(' ').flatMap((one) => {
      const [, name = '', replicas = ''] = /^(.*)=(\d+)\//.exec(one) ?? [];
      if (sizes.get(name) === replicas) return [];
      sizes.set(name, replicas);
      return index === 0 ? [] : [`${coloured(name, colours)} ${replicas}`];
    }),
  );
}

function distinct(texts: readonly string[]): string[] {
  return texts.filter((text, index) => text !== texts[index - 1]);
}
