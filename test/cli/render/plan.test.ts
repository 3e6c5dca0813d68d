import { renderPlan } from '../../../src/cli/render/plan';
import { asEnterprise, HOLD_DELAY_SECONDS } from '../../../src/resource';
import type { Check } from '../../../src/upgrade';
import { plan } from '../../../src/upgrade/plan';
import { targetOf } from '../../../src/upgrade/target';
import {
  BLUE,
  delayStatus,
  GREEN,
  observationOf,
  resource,
  restingScene,
  type Scene,
  set,
  viewOf,
} from '../../upgrade/fixtures';
import { CHECKS, marked, plain } from './fixtures';

function rendered(checks: Check[], change: (scene: Scene) => void = () => {}, style = plain, width = 72): string {
  const scene = restingScene();
  scene.journal.phase = 'done';
  change(scene);
  return renderPlan(plan(observationOf(scene), targetOf(viewOf(scene), scene.request), checks), { style, width });
}

describe('the plan', () => {
  test('reads from what changes to what stands in the way', () => {
    expect(`\n${rendered(CHECKS)}\n`).toBe(`
mqtt/emqx: 4.4.14 → 4.4.15, driven by the pilot, with the operator held

Changes
  template.spec.emqxContainer.image.version: 4.4.14 → 4.4.15

Now
  emqx-blue, 3 nodes: 3,000 connections, 3,150 sessions (150 of offline devices)
  node         connections  offline devices  disconnects/s  sessions/s
  emqx-blue-0        1,000               50             34          34
  emqx-blue-1        1,000               50             33          33
  emqx-blue-2        1,000               50             33          33

Evacuation
  cap            100 disconnects/s and 100 sessions/s in the whole
                 cluster
  peak           100 disconnects/s
  offline        at most 160 at once; above that, no more disconnects
  devices        which of them come back is decided by their MQTT
                 libraries: docs/devices.md
  lower bound    36.5 s
  expected       38.3 s
  whole upgrade  about 1 min 23 s, if the new nodes are ready within 30
                 s

Checks
  ✓ status   Running, 3 of 3 nodes ready
  ‼ license  3000 of 3100 licensed connections in use
             → extend it
             docs/checks.md#license
  ✗ nodes    the evacuation API is absent on emqx-blue-0
             → load the plugins emqx_eviction_agent and
             emqx_node_rebalance (EMQX Enterprise 4.4.12 or newer)
             docs/checks.md#nodes

One blocker: the upgrade cannot begin.
`);
  });

  test('of a template that was applied before says so, and never that nothing changes', () => {
    const text = rendered([], (scene) => {
      const held = { version: '4.4.15', delaySeconds: HOLD_DELAY_SECONDS };
      scene.resource = resource({ ...held, status: delayStatus() });
      scene.request.desired = resource(held);
      const template = (version: string) => ({ spec: { containers: [{ name: 'emqx', image: `emqx:${version}` }] } });
      scene.sets = [set(BLUE, { podTemplate: template('4.4.14') }), set(GREEN, { podTemplate: template('4.4.15') })];
    });
    expect(text.split('\n\n').slice(0, 2).join('\n')).toBe(
      `mqtt/emqx: 4.4.14 → 4.4.15, driven by the pilot, with the operator held
Changes
  the resource has this template already, and the operator has created
  new nodes from it; their pods differ in
    spec.containers.emqx.image: emqx:4.4.14 → emqx:4.4.15`,
    );
  });

  test('says of what is unknown that it is', () => {
    const text = rendered([], (scene) => {
      Object.assign(scene.nodes[1]!, { unreachable: 'port 8081: 403', connections: 0, sessions: 0 });
    });
    expect(text).toContain('  emqx-blue, 3 nodes: unknown connections, unknown sessions\n');
    const rows = ['peak', 'offline', 'lower bound', 'expected', 'whole upgrade'];
    for (const row of rows) expect(text).toContain(`  ${row.padEnd(13)}  unknown\n`);
    expect(text).not.toMatch(/ 0 /);
  });

  test('says so when nothing stands in the way', () => {
    expect(rendered(CHECKS.slice(0, 2)).split('\n').at(-1)).toBe('Nothing prevents the upgrade.');
  });

  test('shows waves where there are any', () => {
    const text = rendered([], (scene) => {
      scene.request.stormCap = 2;
    });
    expect(text).toContain('  node         connections  offline devices  disconnects/s  sessions/s  wave\n');
    expect(text).toContain('  emqx-blue-2        1,000               50              2         100     2\n');
  });

  test('promises nothing for the operator alone', () => {
    const text = rendered([], (scene) => {
      scene.request.driver = 'operator';
    });
    expect(text).toContain('The operator moves the devices on its own: neither rate nor duration');
    expect(text).not.toMatch(/lower bound|disconnects\/s/);
  });

  test('shows fields that come and go, and objects as JSON', () => {
    const text = rendered([], (scene) => {
      asEnterprise(scene.request.desired).spec.template!.spec!.nodeSelector = { zone: 'a' };
    });
    expect(text).toContain('  template.spec.nodeSelector: (absent) → {"zone":"a"}\n');
  });

  test('escapes what comes from the cluster', () => {
    const text = rendered(
      [{ id: 'nodes', group: 'nodes', status: 'blocker', finding: 'says \u001b[2J', fix: 'look\u0007' }],
      (scene) => {
        scene.resource.metadata.name = 'em\u001b[31mqx';
        scene.request.desired.metadata.name = 'em\u001b[31mqx';
      },
    );
    expect(text).toContain('mqtt/em\\u{1b}[31mqx: 4.4.14');
    expect(text).toContain('says \\u{1b}[2J');
    expect(text).toContain('→ look\\u{7}');
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });

  test('paints each check by its status', () => {
    const text = rendered(CHECKS, undefined, marked);
    expect(text).toContain('<green>✓</> status');
    expect(text).toContain('<yellow>‼</> license');
    expect(text).toContain('<red>✗</> nodes');
    expect(text).toContain('<dim>→ extend it</>');
  });
});
