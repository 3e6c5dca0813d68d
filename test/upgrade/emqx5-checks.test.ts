import { type Emqx, withEmqxDefaults } from '../../src/resource';
import { EMQX5_CHECKS } from '../../src/upgrade/emqx5-checks';
import type { Emqx5Facts } from '../../src/upgrade/emqx5-facts';
import type { ClusterView, NodeView, Observation } from '../../src/upgrade/observation';
import { targetOf, type UpgradeRequest } from '../../src/upgrade/target';

function emqx(version: string, spec: Partial<Emqx['spec']> = {}): Emqx {
  return withEmqxDefaults({
    apiVersion: 'apps.emqx.io/v2beta1',
    kind: 'EMQX',
    metadata: { name: 'emqx', namespace: 'default' },
    spec: { image: `emqx/emqx-enterprise:${version}`, ...spec },
  });
}

interface Given {
  from?: string;
  to?: string;
  spec?: Partial<Emqx['spec']>;
  facts?: Partial<Emqx5Facts>;
  request?: Partial<UpgradeRequest>;
  sessions?: number;
}

const shard = (...status: ('up' | 'down' | 'lost')[]) => ({
  id: '1',
  replicas: status.map((each, index) => ({ site: `s${index}`, status: each })),
  transitions: [],
});

function found(given: Given) {
  const { from = '5.8.8', to = '5.8.9', spec = {}, sessions = 100 } = given;
  const resource = emqx(from, spec);
  const cluster = { resource, sets: [], pods: [], foreign: [], traffic: [] } as unknown as ClusterView;
  const node = { pod: 'emqx-core-0', node: 'emqx@0', sessions, unreachable: undefined } as unknown as NodeView;
  const observation: Observation = { at: 0, cluster, nodes: new Map([[node.pod, node]]) };
  const facts: Emqx5Facts = {
    license: { type: 'official', maxSessions: undefined, isExpired: false, expiresOn: undefined },
    balancing: [],
    storages: [],
    sleepers: 0,
    ...given.facts,
  };
  const target = targetOf(cluster, { desired: emqx(to, spec), ...given.request });
  const checks = Object.assign({}, ...Object.values(EMQX5_CHECKS)) as (typeof EMQX5_CHECKS)['nodes'] & object;
  return Object.fromEntries(
    Object.entries(checks).flatMap(([id, check]) => {
      const finding = check(observation, target, facts);
      return finding ? [[id, finding]] : [];
    }),
  );
}

const license = (type: string, others = {}) => ({
  license: { type, maxSessions: undefined, isExpired: false, expiresOn: undefined, ...others },
});
const storages = (...shards: ReturnType<typeof shard>[]) => ({ storages: [{ name: 'messages', shards }] });

describe('the checks of EMQX 5 and 6', () => {
  test('find nothing in a cluster where all is well', () => {
    expect(found({})).toEqual({});
  });

  test.each<[string, string, 'ok' | 'warning' | 'blocker', RegExp, Given]>([
    ['eleven cores', 'cores', 'blocker', /11 cores/, { spec: { coreTemplate: { spec: { replicas: 11 } } } }],
    ['another domain', 'cores', 'blocker', /example\.org/, { spec: { clusterDomain: 'example.org' } }],
    [
      'a community license',
      'node-license',
      'blocker',
      /SINGLE_NODE_LICENSE/,
      { to: '5.9.1', facts: license('community') },
    ],
    ['a license of 5.9', 'node-license', 'ok', /trial/, { to: '5.9.1', facts: license('trial') }],
    [
      'an expired one',
      'node-license',
      'warning',
      /expired/,
      { to: '5.9.1', facts: license('trial', { isExpired: true }) },
    ],
    ['an unknown one', 'node-license', 'warning', /unknown/, { to: '5.9.1', facts: { license: undefined } }],
    ['few sessions left', 'sessions', 'warning', /100 of 120/, { facts: license('official', { maxSessions: 120 }) }],
    ['many sessions left', 'sessions', 'ok', /100 of 99999/, { facts: license('official', { maxSessions: 99_999 }) }],
    [
      'a rebalance',
      'balancing',
      'blocker',
      /rebalance on emqx@0/,
      { facts: { balancing: [{ kind: 'rebalance', node: 'emqx@0', state: undefined }] } },
    ],
    ['unknown storage', 'durable-storage', 'warning', /unknown/, { facts: { storages: undefined } }],
    ['storage', 'durable-storage', 'ok', /2 shards/, { facts: storages(shard('up'), shard('down', 'up')) }],
    ['lost storage', 'durable-storage', 'blocker', /1 of 2/, { facts: storages(shard('up'), shard('down', 'lost')) }],
    ['6.3.0', 'version-step', 'blocker', /API key/, { from: '6.2.0', to: '6.3.0' }],
    ['durable sessions to 6.x', 'version-step', 'blocker', /lost/, { to: '6.2.0', facts: storages(shard('up')) }],
    [
      'the same, accepted',
      'version-step',
      'warning',
      /lost/,
      { to: '6.2.0', facts: storages(shard('up')), request: { acceptLoss: true } },
    ],
    ['the operator alone', 'operator-alone', 'warning', /60 s at each/, { request: { driver: 'operator' } }],
    [
      'the operator alone, with durable sessions',
      'operator-alone',
      'blocker',
      /acknowledged, and lost/,
      { request: { driver: 'operator' }, facts: storages(shard('up')) },
    ],
    [
      'the operator alone, with sleepers',
      'operator-alone',
      'blocker',
      /waits for them forever/,
      { request: { driver: 'operator' }, facts: { sleepers: 20 } },
    ],
  ])('%s: %s is a %s', (_, id, status, finding, given) => {
    const check = found(given)[id];
    expect(check).toMatchObject({ status, finding: expect.stringMatching(finding) });
    if (status !== 'ok') expect(check?.fix).toBeTruthy();
  });

  test('durable sessions matter to 6.x only where there are any', () => {
    expect(found({ to: '6.2.0', facts: license('official') })['version-step']).toBeUndefined();
  });
});
