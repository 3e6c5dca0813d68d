import { Metrics } from '../../src/runner/metrics';
import type { Told } from '../../src/runner/told';
import type { Sample } from '../../src/upgrade';
import { promtool, withPromtool } from '../_promtool';

const EE = { cluster: { kind: 'EmqxEnterprise', namespace: 'mqtt', name: 'emqx-ee' }, uid: 'u', at: 0 } as const;
const OTHER = { cluster: { kind: 'EMQX', namespace: 'mqtt', name: 'emqx' }, uid: 'v', at: 0 } as const;
const OF_EE = 'namespace="mqtt",kind="EmqxEnterprise",cluster="emqx-ee"';

/** The series with a value, without the text about them; of gauges that are 1 for one value only that one. */
async function series(told: readonly Told[]): Promise<string[]> {
  const metrics = new Metrics();
  for (const one of told) metrics.tell(one);
  const text = await metrics.registry.metrics();
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#') && !/_state\{.* 0$/.test(line));
}

const state = (state: Extract<Told, { kind: 'cluster' }>['state']): Told => ({
  ...EE,
  kind: 'cluster',
  state,
  phase: undefined,
  isHeld: true,
});
const phase = (name: 'evacuate' | 'retire' | 'done'): Told => ({
  ...EE,
  kind: 'progress',
  event: { kind: 'phase', at: 0, phase: name, resumed: false },
});

function sample(counts: readonly (number | null)[], more: Partial<Sample> = {}): Told {
  const load = { set: 's', replicas: 2, ready: 2, connections: 0, sessions: 0, seenAt: 0 };
  const nodes = counts.map((connections, index) => ({
    ...{ pod: `ee-${index}`, connections, sessions: connections, seenAt: 0 },
    ...{ unreachable: null, evacuating: true, drained: false },
  }));
  const event = {
    kind: 'sample' as const,
    at: 0,
    sample: {
      ...{ at: 0, phase: 'evacuate' as const, blue: load, green: load, nodes, devices: 300, away: 4 },
      ...{ leftMs: 12_000, capPerSecond: 100, paused: false, ...more },
    },
  };
  return { ...EE, kind: 'progress', event };
}

test('before anything is known there is nothing but the counters without labels', async () => {
  expect(await series([])).toEqual([
    'emqx_blue_green_reconcile_errors_total 0',
    'emqx_blue_green_notifications_dropped_total{sink="event"} 0',
    'emqx_blue_green_notifications_dropped_total{sink="webhook"} 0',
  ]);
});

test('whether it leads, and has a policy, is shown when that is known', async () => {
  const known: Told[] = [
    { kind: 'leading', at: 0, isLeading: true },
    { kind: 'policy', at: 0, problems: ['wrong'], uid: 'u' },
  ];
  expect((await series(known)).filter((line) => line.includes('_runner_'))).toEqual([
    'emqx_blue_green_runner_leading 1',
    'emqx_blue_green_runner_policy_valid 0',
  ]);
});

test('what a cluster waits for is one reason, as long as it holds', async () => {
  const left = (reason: 'NotApproved' | 'OutsideWindow'): Told => ({ ...EE, kind: 'left', reason, text: '' });
  const start: Told = { ...EE, kind: 'start', run: 'r', from: '4.4.14', to: '4.4.15', isResumed: false };
  const waits = async (...told: Told[]) =>
    (await series([state('waiting'), ...told])).filter((line) => line.includes('_waits'));
  expect(await waits(left('NotApproved'), left('OutsideWindow'))).toEqual([
    `emqx_blue_green_cluster_waits{${OF_EE},reason="OutsideWindow"} 1`,
  ]);
  expect(await waits(left('OutsideWindow'), start)).toEqual([]);
  expect(await waits(left('OutsideWindow'), { kind: 'leading', at: 0, isLeading: false })).toEqual([]);
  expect(await waits(left('OutsideWindow'), { ...EE, kind: 'gone' })).toEqual([]);
});

test('what repeats is counted where it is a failure, and not where it is the same run; nobody drives that any more', async () => {
  const start: Told = { ...EE, kind: 'start', run: 'r', from: '4.4.14', to: '4.4.15', isResumed: true };
  const stopped: Told = { ...EE, kind: 'stopped', code: 'STALLED', text: '', retryAt: 0 };
  const error: Told = { kind: 'error', at: 0, text: 'away', cluster: undefined };
  const again = { isRepeated: true } as const;
  const shown = await series([start, stopped, start, { ...stopped, ...again }, error, { ...error, ...again }]);
  expect(shown).toContain(`emqx_blue_green_runs_total{${OF_EE},outcome="stopped"} 1`);
  expect(shown).toContain('emqx_blue_green_reconcile_errors_total 2');
  expect(shown.join()).not.toContain('run_driven');
});

test('what is counted of a run begins with 0: otherwise nobody would see its first incident', async () => {
  const start: Told = { ...EE, kind: 'start', run: 'r', from: '4.4.14', to: '4.4.15', isResumed: false };
  const shown = await series([start]);
  expect(shown).toContain(`emqx_blue_green_incidents_total{${OF_EE},incident="pod-lost"} 0`);
  expect(shown).toContain(`emqx_blue_green_runs_total{${OF_EE},outcome="stopped"} 0`);
});

withPromtool('promtool finds no fault with them', async () => {
  const metrics = new Metrics();
  const start: Told = { ...EE, kind: 'start', run: 'r', from: '4.4.14', to: '4.4.15', isResumed: false };
  const known: Told[] = [
    { kind: 'leading', at: 0, isLeading: true },
    { kind: 'policy', at: 0, problems: [], uid: 'u' },
    ...[state('waiting'), { ...EE, kind: 'left', reason: 'NotApproved', text: '' } as const],
    ...[start, phase('evacuate'), sample([100, 110]), sample([90, 100])],
  ];
  for (const one of known) metrics.tell(one);
  expect(promtool(['check', 'metrics'], await metrics.registry.metrics())).toBe('');
});

test('a run has its own series, which end with it', async () => {
  const start: Told = { ...EE, kind: 'start', run: 'r', from: '4.4.14', to: '4.4.15', isResumed: false };
  const running = [state('waiting'), start, phase('evacuate'), sample([150, 150]), sample([100, 110])];
  const shown = await series(running);
  expect(shown).toEqual(
    expect.arrayContaining([
      `emqx_blue_green_cluster_state{${OF_EE},state="waiting"} 1`,
      `emqx_blue_green_cluster_held{${OF_EE}} 1`,
      `emqx_blue_green_run_phase{${OF_EE},phase="evacuate"} 1`,
      `emqx_blue_green_run_devices{${OF_EE}} 300`,
      `emqx_blue_green_run_devices_remaining{${OF_EE}} 210`,
      `emqx_blue_green_run_devices_offline{${OF_EE}} 4`,
      `emqx_blue_green_run_disconnects_cap{${OF_EE}} 100`,
      `emqx_blue_green_run_remaining_seconds{${OF_EE}} 12`,
      `emqx_blue_green_run_paused{${OF_EE}} 0`,
      `emqx_blue_green_run_driven{${OF_EE}} 1`,
      `emqx_blue_green_disconnects_total{${OF_EE}} 90`,
    ]),
  );
  const stopped: Told = { ...EE, kind: 'stopped', code: 'STALLED', text: '', retryAt: 0 };
  const after = await series([...running, stopped]);
  expect(after.filter((line) => line.includes('_run_'))).toEqual([]);
  expect(after).toContain(`emqx_blue_green_runs_total{${OF_EE},outcome="stopped"} 1`);
  expect(after).toContain(`emqx_blue_green_disconnects_total{${OF_EE}} 90`);
});

test('with adaptive pacing the rate that it has chosen is shown, also where it is 0', async () => {
  const rates = async (...samples: Told[]) =>
    (await series([state('upgrading'), phase('evacuate'), ...samples])).filter((line) => line.includes('_rate{'));
  const rate = (ratePerSecond: number) => sample([10], { ratePerSecond });
  expect(await rates(rate(40))).toEqual([`emqx_blue_green_run_disconnects_rate{${OF_EE}} 40`]);
  expect(await rates(rate(40), rate(0))).toEqual([`emqx_blue_green_run_disconnects_rate{${OF_EE}} 0`]);
  expect(await rates(rate(40), sample([10]))).toEqual([]);
});

test('a runner that no longer leads shows no cluster', async () => {
  const told: Told[] = [
    state('upgrading'),
    phase('evacuate'),
    sample([9, 9]),
    { kind: 'leading', at: 0, isLeading: false },
  ];
  expect((await series(told)).filter((line) => line.includes('emqx-ee'))).toEqual([]);
});

test('of phases there is one', async () => {
  const phases = (await series([phase('evacuate'), phase('retire')])).filter((line) => line.includes('run_phase'));
  expect(phases).toEqual([`emqx_blue_green_run_phase{${OF_EE},phase="retire"} 1`]);
  expect((await series([phase('evacuate'), phase('done')])).filter((line) => line.includes('run_phase'))).toEqual([]);
});

test('what is unknown has no series, and is not counted as disconnected', async () => {
  const unknown = { devices: 300, away: undefined, leftMs: undefined };
  const shown = await series([sample([150, 150]), sample([null, 100], unknown)]);
  expect(shown.filter((line) => /remaining|offline|disconnects_total/.test(line))).toEqual([]);
  const later = await series([sample([150, 150]), sample([null, 100], unknown), sample([90, 100])]);
  expect(later).toContain(`emqx_blue_green_disconnects_total{${OF_EE}} 110`);
});

test('nodes that are evacuated next begin anew', async () => {
  const next = sample([40, 40]);
  if (next.kind === 'progress' && next.event.kind === 'sample') {
    const { sample: of } = next.event;
    next.event = {
      ...next.event,
      sample: { ...of, nodes: of.nodes.map((node) => ({ ...node, pod: `b-${node.pod}` })) },
    };
  }
  expect((await series([sample([50, 50]), next])).filter((line) => line.includes('disconnects_total'))).toEqual([]);
});

test('the series of a cluster are removed with it, and no others', async () => {
  const incident = { kind: 'pod-lost', at: 0, subjects: [], what: 'a pod' } as const;
  const other: Told = { ...OTHER, kind: 'cluster', state: 'at-rest', phase: undefined, isHeld: false };
  const told: Told[] = [state('upgrading'), other, phase('evacuate'), sample([9, 9]), sample([1, 1])];
  told.push(
    { ...EE, kind: 'incident', run: 'r', incident },
    { ...EE, kind: 'stopped', code: 'X', text: '', retryAt: 0 },
  );
  expect((await series(told)).join()).toContain('incident="pod-lost"');
  const left = await series([...told, { ...EE, kind: 'gone' }]);
  expect(left.filter((line) => line.includes('emqx-ee'))).toEqual([]);
  expect(left.filter((line) => line.includes('"EMQX"'))).toHaveLength(2);
});

test('every metric has help, a name after the conventions, and labels that are no parts of it', async () => {
  const text = await new Metrics().registry.metrics();
  const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type]) => [name, type] as const);
  expect(types.length).toBeGreaterThan(15);
  for (const [name, type] of types) {
    expect(name).toMatch(/^emqx_blue_green_[a-z_]+$/);
    expect(name.endsWith('_total')).toBe(type === 'counter');
    expect(text).toContain(`# HELP ${name} `);
  }
});
