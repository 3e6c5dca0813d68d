import { renderVerdict } from '../../../src/cli/render/verdict';
import { planOf } from '../../../src/simulator/faults/plan';
import type { Played } from '../../../src/simulator/faults/play';
import { marked, plain } from './fixtures';

const PLAYED: Played = {
  plan: planOf(1),
  ending: { kind: 'done', outcome: 'completed' },
  violations: [],
  trace: [],
  digest: '0123456789abcdef',
  caused: { crashDisconnects: 0, releaseDisconnects: 0, operatorEvictions: 0, sessionsLost: 0, podsReleased: 0 },
  simulatedSeconds: 40,
};
const rendered = (played: Partial<Played>, style = plain, width = 80) =>
  renderVerdict({ ...PLAYED, ...played }, { style, width }).split('\n');

describe('the verdict', () => {
  test('tells of each promise that was broken when and by what, and of the others what held', () => {
    const violations: Played['violations'] = [
      { invariant: 'P4', atSeconds: 37.812, detail: 'more than 2 evictions in one second' },
      { invariant: 'harness', atSeconds: 1, detail: 'a fault fails: \u001b[31m' },
      { invariant: 'P4', atSeconds: 39, detail: 'more than 2 evictions in one second' },
    ];
    const lines = rendered({ violations }, marked);
    expect(lines).toContain(
      '  <green>✓</> P1                    no device is evicted while the other set cannot accept it',
    );
    const found = lines.findIndex((line) => line.includes('P4'));
    expect(lines.slice(found, found + 2)).toEqual([
      '  <red>✗</> P4                    at 37.8 s: more than 2 evictions in one second',
      '                          at 39.0 s: more than 2 evictions in one second',
    ]);
    expect(lines).toContain('  <red>✗</> harness               at 1.0 s: a fault fails: \\u{1b}[31m');
    expect(lines.at(-1)).toBe('<red>Promises were broken 3 times.</> Digest of the trace: 0123456789abcdef');
  });

  test('claims nothing of what is looked at only after the end, when there was none', () => {
    const lines = rendered({ ending: { kind: 'stopped', code: 'BLUE_GONE' } });
    expect(lines[0]).toBe('The run stopped with BLUE_GONE. Caused by the faults themselves: nothing.');
    expect(lines).toContain('  – clients               not checked: the run was not completed');
    expect(lines).toContain('  – sessions              not checked: the run was not completed');
    expect(rendered({ ending: undefined })[0]).toMatch(/^The run did not end\. /);
  });

  test('tells what the faults cost by themselves', () => {
    const caused = { ...PLAYED.caused, crashDisconnects: 1_200, sessionsLost: 5 };
    expect(rendered({ caused })[0]).toBe(
      'The run was completed. Caused by the faults themselves: 1,200 disconnects by a crash, 5 sessions lost.',
    );
  });
});
