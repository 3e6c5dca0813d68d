import { LINE_2_3 } from '../../src/simulator/operator/v2/line';
import type { Phase } from '../../src/upgrade';
import { NEW, OLD, type Options, upgraded } from './_emqx5-upgrade';

// They take longer than the devices.
const durableSessions = () => ({ shards: 16 });

const under23 = (options: Options) => upgraded({ emqxOperator: LINE_2_3, ...options });

describe.each([
  ['cores', { cores: 3 }],
  ['cores and replicants', { cores: 2, replicants: 3 }],
])('operator 2.3, as its source says it is: an upgrade of %s', (_, size) => {
  const all = size.cores + ('replicants' in size ? size.replicants : 0);

  test.each([
    ['in memory', {}],
    ['durable', { durableSessions }],
  ])('with sessions %s disconnects each device once, and keeps every session', async (_kind, stored) => {
    const { plan, upgrade, clients, nodes, told } = await under23({ ...size, ...stored });
    expect(plan.checks.filter(({ status }) => status !== 'ok')).toEqual([
      expect.objectContaining({
        id: 'operator-line',
        status: 'warning',
        finding: expect.stringMatching(/^experimental/),
      }),
    ]);
    expect(upgrade).toMatchObject({ outcome: 'completed', hasLosses: false, incidents: [], connections: 275 });
    expect(clients.disconnectsPerClient).toEqual({ mean: 1, max: 1, histogram: [0, 275] });
    expect(clients).toMatchObject({ sessionsKept: 100, sessionsLost: 0, messagesQueued: 25, messagesDelivered: 25 });
    expect(nodes.map(({ version }) => version)).toEqual(Array.from({ length: all }, () => NEW));
    // The operator moves them, and its nodes leave by themselves.
    expect(told.filter((text) => /^(move|force)/.test(text))).toEqual([]);
  });

  test.each<[Phase, object]>([
    ['green', {}],
    ['switch', { durableSessions }],
    ['evacuate', {}],
    ['evacuate', { durableSessions }],
  ])('that is aborted in phase %s (%j) goes back, without loss', async (phase, stored) => {
    const { upgrade, clients, nodes, sets, told } = await under23({ ...size, ...stored, abortIn: phase });
    expect(upgrade.outcome).toBe('aborted');
    expect(clients).toMatchObject({ sessionsLost: 0, stillOffline: 0, messagesQueued: 25, messagesDelivered: 25 });
    expect(clients.disconnectsPerClient.max).toBeLessThanOrEqual(phase === 'green' ? 0 : 2);
    expect(nodes.map(({ version }) => version)).toEqual(Array.from({ length: all }, () => OLD));
    expect(sets).toHaveLength('replicants' in size ? 2 : 1);
    expect(told.filter((text) => text.startsWith('move'))).toEqual([]);
  });
});
