import { TransportError } from '../../src/emqx';
import type { UpgradePlan, UpgradeStatus } from '../../src/upgrade';
import type { TestShellOptions } from './_shell';
import { SimulatedCluster } from './_simulated';

let cluster: SimulatedCluster;
beforeAll(async () => {
  cluster = await SimulatedCluster.atRest(50);
});
afterAll(() => cluster.world.stop());

/** A way to the cluster on which no node can be asked. */
function silenced(code: TransportError['code'], words: string): TestShellOptions {
  const fail = async () => {
    throw new TransportError(code, `port 8081: ${words}`);
  };
  return { link: () => ({ ...cluster.link(), transport: () => ({ exchange: fail }) }) };
}

const FORBIDDEN = silenced('forbidden', 'Unexpected server response: 403');

describe('nodes that cannot be asked', () => {
  test('are unknown in the status, and the exit code says so', async () => {
    const { code, out } = await cluster.run('status', FORBIDDEN);
    expect(code).toBe(5);
    expect(out).toMatch(/└─ blue {2}·{20} unknown {2}emqx-ee-\w+, 3 of 3 ready\n/);
    expect(out.match(/ ·{10} unknown, the port-forward to it is forbidden\n/g)).toHaveLength(3);
    expect(out).not.toMatch(/\b0 (connections|sessions)/);
    expect(out).toMatch(/\n→ grant `create` and `get` on\s+pods\/portforward/);
  });

  test('are null in JSON', async () => {
    const { code, out } = await cluster.run('status -o json', FORBIDDEN);
    const { sample } = JSON.parse(out) as UpgradeStatus;
    expect(code).toBe(5);
    const unknown = { connections: null, sessions: null, seenAt: null };
    expect(sample.blue).toMatchObject(unknown);
    expect(sample.nodes).toHaveLength(3);
    for (const node of sample.nodes) {
      expect(node).toMatchObject({ ...unknown, obstacle: 'forbidden', unreachable: expect.stringMatching(/403$/) });
    }
  });

  test('leave a plan without figures', async () => {
    const { code, out } = await cluster.run('plan --set-version 4.4.15', FORBIDDEN);
    expect(code).toBe(3);
    expect(out).toMatch(/3 nodes: unknown connections, unknown sessions\n/);
    expect(out).toMatch(/offline {8}unknown\n[\s\S]*whole upgrade {2}unknown\n/);
    expect(out).not.toMatch(/at most 0|: 0 connections/);
    const json = await cluster.run('plan --set-version 4.4.15 -o json', FORBIDDEN);
    expect(JSON.parse(json.out) as UpgradePlan).toMatchObject({ connections: null, devicesAway: null, nodes: [] });
  });

  test.each([
    ['the right is missing', FORBIDDEN, /pods\/portforward/, /Secret|WebSockets/],
    ['a proxy is between', silenced('no-tunnel', 'Unexpected server response: 502'), /WebSockets/, /Secret|`create`/],
    ['nothing listens', silenced('refused', 'connection refused'), /check the pods/, /Secret|WebSockets|`create`/],
  ])('get the cure of their cause: %s', async (_, options, cure, others) => {
    const { code, out } = await cluster.run('check', options);
    expect(code).toBe(3);
    const [, fix] = /✗ nodes [\s\S]*?→([\s\S]*?)docs\/checks/.exec(out)!;
    expect(fix).toMatch(cure);
    expect(fix).not.toMatch(others);
  });

  test('are no news where all answer', async () => {
    const { code, out } = await cluster.run('status');
    expect(code).toBe(0);
    expect(out).toMatch(/└─ blue {2}█{20} 50 /);
    expect(out).not.toMatch(/unknown|→/);
  });
});
