import type { Check, CheckGroup, DeviceSample } from '../../upgrade';
import { deviceSection } from './devices';
import type { Canvas, Style } from './style';
import { safe, wrap } from './text';

const TITLES: Readonly<Record<CheckGroup, string>> = {
  cluster: 'Cluster',
  operator: 'Operator',
  traffic: 'Traffic',
  nodes: 'Nodes',
  run: 'Runs',
  change: 'Change',
};

/** What no check of a cluster sees, and where it is found. */
export const WHO_COMES_BACK = 'which of them come back is decided by their MQTT libraries: docs/devices.md';
const NOT_CHECKED = `Not checked: the devices; ${WHO_COMES_BACK}`;

/**
 * Checks under the headings of their groups, each failed one with its fix, the devices, and the verdict on all checks.
 *
 * @param devices `null` where they could not be sampled. @default - they were not to be
 */
export function renderChecks(
  cluster: string,
  checks: readonly Check[],
  canvas: Canvas,
  devices?: DeviceSample | null,
): string {
  const { style } = canvas;
  const groups = (Object.keys(TITLES) as CheckGroup[]).flatMap((group) => {
    const own = checks.filter((check) => check.group === group);
    if (own.length === 0) return [];
    return [[style.bold(TITLES[group]), ...checkLines(own, checks, canvas)]];
  });
  const libraries = devices === undefined ? NOT_CHECKED : `As for the devices, ${WHO_COMES_BACK}`;
  const sections = [...groups, ...deviceSection(devices, canvas), wrap(libraries, canvas.width)];
  return [[style.bold(safe(cluster))], ...sections, [verdict(checks, style)]]
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

/** The lines of some checks; their texts begin in one column for `all`. */
export function checkLines(some: readonly Check[], all: readonly Check[], { style, width }: Canvas): string[] {
  const label = Math.max(...all.map(({ id }) => id.length)) + 2;
  return some.flatMap((check) => oneCheck(check, label, width - 4 - label, style)).map((line) => `  ${line}`);
}

export function verdict(checks: readonly Check[], style: Style): string {
  const blockers = checks.filter((check) => check.status === 'blocker').length;
  if (blockers === 0) {
    const isOpen = checks.some(({ id }) => id === 'open-run');
    return isOpen ? style.yellow('An upgrade is open.') : style.green('Nothing prevents the upgrade.');
  }
  return style.red(`${blockers === 1 ? 'One blocker' : `${blockers} blockers`}: the upgrade cannot begin.`);
}

function oneCheck({ id, status, finding, fix }: Check, label: number, room: number, style: Style): string[] {
  const [mark, paint] = {
    ok: ['✓', style.green] as const,
    warning: ['‼', style.yellow] as const,
    blocker: ['✗', style.red] as const,
  }[status];
  const indent = ' '.repeat(label + 2);
  const [first, ...more] = wrap(safe(finding), room);
  const lines = [`${paint(mark)} ${id.padEnd(label)}${first}`, ...more.map((line) => indent + line)];
  if (fix === undefined) return lines;
  const help = [...wrap(`→ ${safe(fix)}`, room), `docs/checks.md#${id}`];
  return [...lines, ...help.map((line) => indent + style.dim(line))];
}
