import type { Role } from '../../resource';
import { isOfOneRole, type Sample, type SetLoad } from '../../upgrade';
import { type RunView, rateOf } from './run-view';
import type { Style } from './style';
import { age, bar, count, known, safe, time } from './text';

/** One line of a picture: its text, and how it is painted once it has been cut to the width. */
export interface Line {
  text: string;
  paint?: (text: string) => string;
}

type NodeProgress = Sample['nodes'][number];

const BAR = 20;

/** The state of a run in one line: phase, connections remaining, rate against cap, time remaining. */
export function statusLine(view: RunView): string {
  const last = view.samples.at(-1);
  const parts = [phaseText(view)];
  if (!last) return parts.join(' · ');
  if (last.green && isGreenAlone(last)) return [...parts, `green ${known(last.green.connections)}`].join(' · ');
  // If watching began during an abort, the last value is the larger one.
  const first = view.samples.find(({ blue }) => blue.set === last.blue.set);
  const most = Math.max(first?.blue.connections ?? 0, last.blue.connections ?? 0);
  parts.push(`blue ${known(last.blue.connections)} of ${count(most)}`);
  const others = besideText(last.beside);
  if (others !== '') parts.push(others);
  if (last.paused) return [...parts, 'paused'].join(' · ');
  if (last.phase === 'evacuate' || last.phase === 'return') {
    const rate = rateOf(view.samples);
    const chosen = last.ratePerSecond === undefined ? '' : `, ${adaptiveText(last.ratePerSecond)}`;
    const cap = last.capPerSecond === undefined ? '' : `${chosen}, cap ${count(last.capPerSecond)}/s`;
    if (rate !== undefined) parts.push(`${count(rate)}/s${cap}`);
    if (last.leftMs) parts.push(`about ${time(last.leftMs)} left`);
  }
  return parts.join(' · ');
}

/** The rate that a run with adaptive pacing has chosen. */
export function adaptiveText(perSecond: number): string {
  return perSecond === 0 ? 'halted until devices reconnect' : `adaptive ${count(perSecond)}/s`;
}

function phaseText({ phase, samples }: RunView): string {
  if (phase === undefined) return samples.length === 0 ? 'about to begin' : 'no upgrade is under way';
  if (phase === 'done') return 'done';
  return `phase ${phase}${ofRole(isOfOneRole(phase) ? samples.at(-1)?.role : undefined)}`;
}

/** After the name of a phase. */
export function ofRole(role: Role | undefined): string {
  return role === undefined ? '' : ` of ${role}s`;
}

/** Where devices are that the numbers of blue and green do not include; empty where nobody is there. */
export function besideText(beside: Sample['beside']): string {
  if (!beside || (beside.blue === 0 && beside.green === 0)) return '';
  const on = (colour: 'blue' | 'green') => (beside[colour] === 0 ? [] : [`${colour} ${known(beside[colour])}`]);
  return `${beside.role}s: ${[...on('blue'), ...on('green')].join(', ')}`;
}

/** Whether the run is done, and the set that was blue is gone. */
function isGreenAlone({ phase, blue, green }: Sample): boolean {
  return phase === 'done' && green !== undefined && blue.replicas === 0;
}

/** The sets, and the nodes of the one that is emptied, as a tree with bars; at most `height` lines. */
export function statusTree(view: RunView, style: Style, height: number): Line[] {
  const last = view.samples.at(-1);
  if (!last) return [];
  const sets = view.samples.flatMap(({ blue, green }) => [blue, ...(green ? [green] : [])]);
  const whole = Math.max(...sets.map(({ connections }) => connections ?? 0));
  const setLine = (branch: string, name: string, set: SetLoad, paint: Line['paint']): Line => ({
    text: `${branch} ${name.padEnd(5)} ${bar(set.connections, whole, BAR)} ${known(set.connections)}${age(set.seenAt, last.at)}  ${safe(set.set)}, ${set.ready} of ${set.replicas} ready`,
    ...(paint && { paint }),
  });
  const { nodes, green } = last;
  const isAlone = !green || isGreenAlone(last);
  const room = Math.max(0, height - (isAlone ? 1 : 2));
  const shown = nodes.length > room ? nodes.slice(0, Math.max(0, room - 1)) : nodes;
  const areGreen = green !== undefined && nodes.some(({ pod }) => pod.startsWith(`${green.set}-`));
  const trunk = green && !areGreen ? '│' : ' ';
  const width = Math.max(0, ...shown.map((node) => safe(node.pod).length));
  const lines = shown.map((node, index): Line => {
    const branch = index === nodes.length - 1 ? '└─' : '├─';
    const most = mostOn(node, view.samples);
    return {
      text: `${trunk}  ${branch} ${safe(node.pod).padEnd(width)} ${bar(node.connections, most, BAR / 2)} ${nodeText(node, last.at)}`,
    };
  });
  if (shown.length < nodes.length && room > 0) {
    lines.push({ text: `${trunk}  └─ and ${nodes.length - shown.length} more nodes`, paint: style.dim });
  }
  return [
    ...(green && isAlone ? [] : [setLine(green ? '├─' : '└─', 'blue', last.blue, style.blue)]),
    ...(areGreen ? [] : lines),
    ...(green ? [setLine('└─', 'green', green, style.green)] : []),
    ...(areGreen ? lines : []),
  ];
}

const OBSTACLES: Readonly<Record<NonNullable<NodeProgress['obstacle']>, string>> = {
  forbidden: 'the port-forward to it is forbidden',
  'no-tunnel': 'the port-forward to it fails',
  unauthorized: 'the credentials are rejected',
  password: 'it rejects the password',
  'no-credentials': 'there are no credentials for it',
  'api-key': 'it rejects the API key',
};

/** A node and its load in words. */
export function nodeText(
  { connections, sessions, seenAt, unreachable, obstacle, evacuating, drained }: NodeProgress,
  now: number,
) {
  if (drained) return 'drained';
  const load = seenAt === null ? 'unknown' : `${known(connections)} connections, ${known(sessions)} sessions`;
  const parts = [`${load}${age(seenAt, now)}`];
  if (unreachable !== null) parts.push(obstacle ? OBSTACLES[obstacle] : 'it does not answer');
  if (evacuating) parts.push('evacuating');
  return parts.join(', ');
}

function mostOn({ pod }: NodeProgress, samples: readonly Sample[]): number {
  return Math.max(...samples.map(({ nodes }) => nodes.find((node) => node.pod === pod)?.connections ?? 0));
}
