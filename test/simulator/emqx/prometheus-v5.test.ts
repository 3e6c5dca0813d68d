import { NODE_METRICS } from '../../../src/constructs/_metrics';
import { AUTHORIZATION, Fixture } from './cluster-fixture';

const PATH = '/api/v5/prometheus/stats';

const scraped = (fixture: Fixture, node: number, headers: Record<string, string> = {}) =>
  fixture.node(node).handle({ method: 'GET', path: PATH, headers });

describe('the metrics of EMQX 5 and 6', () => {
  test('are a node’s own, up to 2 s old', async () => {
    const fixture = await Fixture.booted({ version: '5.8.9' });
    fixture.connect(0);
    for (const client of fixture.connectPersistent(0, 2)) client.channel!.close('normal');
    fixture.connect(1);
    await fixture.clock.advance(2_000);
    const { status, headers, body } = await scraped(fixture, 0);
    expect([status, headers['content-type']]).toEqual([200, 'text/plain']);
    for (const figure of [
      'gauge\nemqx_connections_count 3',
      'gauge\nemqx_live_connections_count 1',
      'gauge\nemqx_sessions_count 3',
      'gauge\nemqx_cluster_sessions_count 4',
      'gauge\nemqx_cluster_nodes_running 3',
      'counter\nemqx_client_connected 3',
      'counter\nemqx_client_disconnected 2',
      'counter\nemqx_session_takenover 0',
    ]) {
      expect(body).toContain(`# TYPE ${figure.replace(/^(\w+)\n(\w+)/, '$2 $1\n$2')}\n`);
    }
    expect(body).not.toContain('takeovered');
  });

  test('have the names of the alerts and of the dashboard, as far as the model counts', async () => {
    const fixture = await Fixture.booted({ version: '5.8.9' });
    const { body } = await scraped(fixture, 0);
    const names = new Set([...body.matchAll(/^(emqx_\w+) /gm)].map(([, name]) => name));
    const missing = Object.values(NODE_METRICS.EMQX).filter((name) => !names.has(name));
    expect(missing).toEqual(['emqx_packets_connect', 'emqx_packets_connack_error', 'emqx_packets_connack_auth_error']);
  });

  test.each([
    ['5.8.9', 200],
    ['6.2.2', 200],
    ['6.3.0', 401],
  ])('of %s answer %d to a scrape without a key, and any with one', async (version, expected) => {
    const fixture = await Fixture.booted({ version });
    expect((await scraped(fixture, 0)).status).toBe(expected);
    expect((await scraped(fixture, 0, { authorization: AUTHORIZATION })).status).toBe(200);
  });
});
