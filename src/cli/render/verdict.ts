import { INVARIANTS } from '../../simulator/faults/invariant';
import type { Violation } from '../../simulator/faults/judge';
import type { Played } from '../../simulator/faults/play';
import type { Canvas } from './style';
import { count, safe, wrap } from './text';

/** What is checked only after a run that was completed. */
const AT_THE_END = ['clients', 'sessions'];

/** How a run with faults ended, what the faults cost by themselves, and which promises were kept. */
export function renderVerdict(played: Played, canvas: Canvas): string {
  const { style } = canvas;
  const { ending, violations, digest } = played;
  const promises = Object.keys(INVARIANTS).filter((name) => name !== 'P7' || played.plan.size.durable);
  const names = [...new Set([...promises, ...violations.map(({ invariant }) => invariant)])];
  const label = Math.max(...names.map((name) => name.length)) + 2;
  const lines = names.flatMap((name) => {
    const broken = violations.filter(({ invariant }) => invariant === name);
    if (broken.length > 0) return brokenLines(name, broken, label, canvas);
    const meaning = INVARIANTS[name as keyof typeof INVARIANTS];
    const isSeen = ending?.kind === 'done' || !AT_THE_END.includes(name);
    const mark = isSeen ? style.green('✓') : style.dim('–');
    return [`  ${mark} ${name.padEnd(label)}${isSeen ? meaning : 'not checked: the run was not completed'}`];
  });
  const summary =
    violations.length === 0
      ? style.green('Every promise was kept.')
      : style.red(
          violations.length === 1 ? 'A promise was broken.' : `Promises were broken ${violations.length} times.`,
        );
  return [
    `The run ${endingText(played)}. Caused by the faults themselves: ${causedText(played)}.`,
    '',
    ...lines,
    '',
    `${summary} Digest of the trace: ${digest}`,
  ].join('\n');
}

function brokenLines(name: string, broken: readonly Violation[], label: number, { style, width }: Canvas): string[] {
  const texts = broken.flatMap(({ atSeconds, detail }) =>
    wrap(`at ${atSeconds.toFixed(1)} s: ${safe(detail)}`, width - 4 - label),
  );
  return texts.map(
    (text, index) => `  ${index === 0 ? `${style.red('✗')} ${name.padEnd(label)}` : ' '.repeat(label + 2)}${text}`,
  );
}

function endingText({ ending }: Played): string {
  if (!ending) return 'did not end';
  return ending.kind === 'done' ? `was ${ending.outcome}` : `stopped with ${ending.code}`;
}

function causedText({ caused }: Played): string {
  const { crashDisconnects, releaseDisconnects, operatorEvictions, sessionsLost, podsReleased } = caused;
  const parts = [
    [crashDisconnects, 'disconnects by a crash'],
    [releaseDisconnects, 'disconnects by the operator removing a node'],
    [operatorEvictions, 'evictions ordered by the operator'],
    [podsReleased, 'nodes removed by the operator'],
    [sessionsLost, 'sessions lost'],
  ] as const;
  const some = parts.filter(([many]) => many > 0).map(([many, what]) => `${count(many)} ${what}`);
  return some.length > 0 ? some.join(', ') : 'nothing';
}
