import { renderChecks } from '../../../src/cli/render/checks';
import { CHECKS, marked, plain } from './fixtures';

const rendered = (checks = CHECKS, style = plain, width = 72) =>
  renderChecks('mqtt/emqx', checks, { style, width }).split('\n');

describe('the checks', () => {
  test('stand under their groups, each that failed with its way out', () => {
    expect(`\n${rendered().join('\n')}\n`).toBe(`
mqtt/emqx

Cluster
  ✓ status   Running, 3 of 3 nodes ready

Nodes
  ‼ license  3000 of 3100 licensed connections in use
             → extend it
             docs/checks.md#license
  ✗ nodes    the evacuation API is absent on emqx-blue-0
             → load the plugins emqx_eviction_agent and
             emqx_node_rebalance (EMQX Enterprise 4.4.12 or newer)
             docs/checks.md#nodes

Not checked: the devices; which of them come back is decided by their
MQTT libraries: docs/devices.md

One blocker: the upgrade cannot begin.
`);
  });

  test('that failed are counted', () => {
    const blocker = CHECKS[2]!;
    expect(rendered([blocker, { ...blocker, id: 'traffic', group: 'traffic' }]).at(-1)).toBe(
      '2 blockers: the upgrade cannot begin.',
    );
    expect(rendered(CHECKS.slice(0, 2)).at(-1)).toBe('Nothing prevents the upgrade.');
  });

  test('have the groups in one order', () => {
    const groups = ['change', 'run', 'nodes', 'traffic', 'operator', 'cluster'] as const;
    const checks = groups.map((group) => ({ id: group, group, status: 'ok' as const, finding: 'fine' }));
    expect(rendered(checks).filter((line) => /^[A-Z]\w+$/.test(line))).toEqual([
      'Cluster',
      'Operator',
      'Traffic',
      'Nodes',
      'Runs',
      'Change',
    ]);
  });

  test('are painted by their outcome', () => {
    const text = rendered(CHECKS, marked).join('\n');
    expect(text).toContain('  <green>✓</> status ');
    expect(text).toContain('  <yellow>‼</> license ');
    expect(text).toContain('  <red>✗</> nodes ');
    expect(text).toContain('<dim>docs/checks.md#nodes</>');
    expect(text).toContain('<red>One blocker: the upgrade cannot begin.</>');
  });

  test('say nothing that a terminal would obey', () => {
    const text = renderChecks(
      'mqtt/em\u001b[2Jqx',
      [{ id: 'nodes', group: 'nodes', status: 'blocker', finding: 'says \u0007', fix: 'look\nthere' }],
      { style: plain, width: 72 },
    );
    expect(text).toContain('mqtt/em\\u{1b}[2Jqx\n');
    expect(text).toContain('says \\u{7}\n');
    expect(text).toContain('→ look\\u{a}there\n');
  });
});
