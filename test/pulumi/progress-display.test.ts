import { isInteractive } from '../../src/pulumi/cli-terminal';
import type { EngineLog } from '../../src/pulumi/engine-log';
import { ProgressDisplay } from '../../src/pulumi/progress-display';
import type { RowText } from '../../src/pulumi/progress-row';
import type { Clock } from '../../src/upgrade';

/** What is shown, at a time that the test sets. */
function display(isLive: boolean) {
  const shown: string[] = [];
  const log = { show: (text: string) => shown.push(text), showInStack: (text: string) => shown.push(`stack: ${text}`) };
  const clock = { at: 0, now: () => clock.at };
  const one = new ProgressDisplay(log as unknown as EngineLog, clock as unknown as Clock, isLive);
  const show = (seconds: number, row: RowText) => {
    clock.at = seconds * 1000;
    one.show(row);
  };
  return { shown, show, end: () => one.end() };
}

const moved = (percent: number): RowText => ({
  text: `${percent} % · evacuating`,
  brief: `${percent} %`,
  kind: 'evacuating',
  share: percent / 100,
});

describe('where every row stays as a line', () => {
  test('an evacuation of two hours is a line per 5 %', () => {
    const { show, shown } = display(false);
    show(0, { text: 'evacuating' });
    for (let second = 1; second <= 7200; second++) show(second, moved(second / 72));
    show(7201, { text: 'removing the old nodes' });
    expect(shown).toHaveLength(1 + 20 + 1);
    expect(shown.slice(1, 3)).toEqual(['5 % · evacuating', '10 % · evacuating']);
    expect(shown.at(-1)).toBe('removing the old nodes');
  });

  test('one of five minutes is a line per 60 s', () => {
    const { show, shown } = display(false);
    for (let second = 0; second <= 300; second++) show(second, moved(second / 3));
    expect(shown).toEqual([0, 20, 40, 60, 80, 100].map((percent) => `${percent} % · evacuating`));
  });

  test('a countdown, and nodes that become ready, are a line per minute', () => {
    const { show, shown } = display(false);
    for (let second = 0; second < 120; second++)
      show(second, { text: `waiting for the lease, free in ${200 - second} s` });
    show(120, { text: 'waiting for the nodes: 0 of 3 ready' });
    show(125, { text: 'waiting for the nodes: 1 of 3 ready' });
    expect(shown).toEqual([
      'waiting for the lease, free in 200 s',
      'waiting for the lease, free in 140 s',
      'waiting for the nodes: 0 of 3 ready',
    ]);
  });
});

describe('in a terminal', () => {
  test('every change is shown, in the row of the resource and in brief in that of the stack', () => {
    const { show, shown, end } = display(true);
    show(0, moved(1));
    show(1, moved(2));
    show(2, moved(2));
    end();
    expect(shown).toEqual(['1 % · evacuating', 'stack: 1 %', '2 % · evacuating', 'stack: 2 %']);
  });

  test('the row of the stack is about the first of several that run', () => {
    const [first, second] = [display(true), display(true)];
    first.show(0, moved(1));
    second.show(1, moved(7));
    first.end();
    second.show(2, moved(8));
    second.end();
    expect(second.shown).toEqual(['7 % · evacuating', '8 % · evacuating', 'stack: 8 %']);
  });
});

test.each([
  ['in a terminal', {}, ['pulumi', 'up'], true, true],
  ['with another output', {}, ['pulumi', 'up'], false, false],
  ['with --non-interactive', {}, ['pulumi', 'up', '--non-interactive'], true, false],
  ['with --json', {}, ['pulumi', 'preview', '--json'], true, false],
  ['in CI', { CI: 'true' }, ['pulumi', 'up'], true, false],
  ['by the Automation API', { PULUMI_AUTOMATION_API: 'true' }, ['pulumi', 'up'], true, false],
  ['in a dumb terminal', { TERM: 'dumb' }, ['pulumi', 'up'], true, false],
  ['as told', { CI: 'true', EMQX_BLUE_GREEN_PROGRESS: 'live' }, ['pulumi', 'up'], false, true],
  ['as told', { EMQX_BLUE_GREEN_PROGRESS: 'lines' }, ['pulumi', 'up'], true, false],
])('whether the CLI shows rows: %s', (_how, env: NodeJS.ProcessEnv, words, hasTerminal, expected) => {
  expect(isInteractive(env, { words, hasTerminal })).toBe(expected);
});

test('where the CLI cannot be looked at, it is taken to be in a terminal', () => {
  expect(isInteractive({}, undefined)).toBe(true);
});
