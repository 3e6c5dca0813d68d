import {
  API_KEYS_KEY,
  type ColouredSets,
  DEFAULT_DASHBOARD_PORT,
  type Emqx,
  emqxConditionOf,
  emqxEvacuationsOf,
  emqxLabels,
  emqxNodesOf,
  emqxSetsOf,
  generationOf,
  HOLD_DELAY_SECONDS,
  isHeld,
  namesOf,
  OPERATOR_API_KEY,
  type Role,
  servingRoleOf,
} from '../../../src/resource';
import { reference } from '../_reference';
import { emqx, emqxWith } from './_emqx';

function withRevisions(role: Role, currentRevision?: string, updateRevision?: string): Emqx {
  const status = { ...(currentRevision && { currentRevision }), ...(updateRevision && { updateRevision }) };
  return { ...emqx(), status: role === 'core' ? { coreNodesStatus: status } : { replicantNodesStatus: status } };
}

test.each([
  [undefined, undefined, undefined, undefined],
  [undefined, 'b', 'b', undefined],
  ['a', 'a', 'a', undefined],
  ['a', 'b', 'a', 'b'],
  ['a', undefined, 'a', undefined],
])('of current %s and update %s, blue is %s and green %s', (current, update, blue, green) => {
  for (const role of ['core', 'replicant'] as const) {
    const sets = emqxSetsOf(withRevisions(role, current, update), role);
    expect([sets?.blue.hash, sets?.green?.hash]).toEqual([blue, green]);
    if (sets) expect(sets.blue).toEqual({ role, hash: blue, name: `emqx-${role}-${blue}` });
  }
});

/** A status as the recordings of operator runs have it: revisions as [current, update, ready/wanted]. */
interface RecordedStatus {
  core?: [string | null, string | null, string];
  repl?: [string | null, string | null, string];
  conds: string;
}

describe.each(['hold-core', 'hold-repl', 'abort-core'])('in the recorded run %s of operator 2.2.29', (run) => {
  const text = reference(`operator-runs-v2beta1/operator-2.2.29-v2beta1-${run}.json`);
  const { log } = JSON.parse(text ?? '{"log":[]}') as { log: { k: string; m: string }[] };
  const statuses = log.filter(({ k }) => k === 'cr').map(({ m }) => JSON.parse(m) as RecordedStatus);

  (text === undefined ? test.skip : test)('blue is the set that was there first, as long as it has nodes', () => {
    const sequence: string[] = [];
    const names: string[] = [];
    const nameFor = (set: ColouredSets['blue'] | undefined) => {
      if (!set) return '-';
      if (!names.includes(set.name)) names.push(set.name);
      return names.indexOf(set.name) === 0 ? 'first' : 'second';
    };
    for (const { core } of statuses) {
      const sets = emqxSetsOf(withRevisions('core', core?.[0] ?? undefined, core?.[1] ?? undefined), 'core');
      const colours = `${nameFor(sets?.blue)} ${nameFor(sets?.green)}`;
      if (sequence.at(-1) !== colours) sequence.push(colours);
    }
    const expected = ['- -', 'first -', 'first second', run.startsWith('abort') ? 'first -' : 'second -'];
    expect(sequence).toEqual(expected);
  });
});

test.each([
  [undefined, false],
  [10, false],
  [HOLD_DELAY_SECONDS, true],
])('with a delay of %s held is %s', (delay, held) => {
  expect(isHeld(emqxWith('spec.updateStrategy.initialDelaySeconds', delay))).toBe(held);
});

test('objects and labels have the names that the operator gives them', () => {
  expect([API_KEYS_KEY, OPERATOR_API_KEY, DEFAULT_DASHBOARD_PORT]).toEqual([
    'bootstrap_api_key',
    'emqx-operator-controller',
    18_083,
  ]);
  expect(namesOf('a')).toEqual({
    headlessService: 'a-headless',
    dashboardService: 'a-dashboard',
    listenersService: 'a-listeners',
    apiKeysSecret: 'a-bootstrap-api-key',
    cookieSecret: 'a-node-cookie',
    configMap: 'a-configs',
    coreDisruptionBudget: 'a-core',
    replicantDisruptionBudget: 'a-replicant',
  });
  expect(emqxLabels('a', 'core', 'h')).toEqual({
    'apps.emqx.io/instance': 'a',
    'apps.emqx.io/managed-by': 'emqx-operator',
    'apps.emqx.io/db-role': 'core',
    'apps.emqx.io/pod-template-hash': 'h',
  });
});

test.each([
  [undefined, 'core'],
  [{}, 'replicant'],
  [{ spec: {} }, 'replicant'],
  [{ spec: { replicas: 0 } }, 'core'],
  [{ spec: { replicas: 1 } }, 'replicant'],
])('with replicants %j devices connect to a %s', (template, role) => {
  expect(servingRoleOf(emqxWith('spec.replicantTemplate', template))).toBe(role);
});

test('the latest true condition is the one that counts', () => {
  const condition = (type: string, status: 'True' | 'False', second: number) => ({
    ...{ type, status, reason: type, message: '' },
    lastTransitionTime: `2026-11-28T10:00:0${second}Z`,
  });
  const conditions = [
    condition('Ready', 'False', 3),
    condition('Available', 'True', 2),
    condition('Initialized', 'True', 1),
  ];
  expect(emqxConditionOf({ ...emqx(), status: { conditions } })).toEqual({
    type: 'Available',
    since: new Date('2026-11-28T10:00:02Z'),
  });
  expect(emqxConditionOf(emqx())).toBeUndefined();
});

test('what the operator knows of nodes: its "connections" are sessions, and a number it leaves out is 0', () => {
  const status = {
    coreNodes: [
      { node: 'emqx@a', node_status: 'running', version: '5.8.9', connections: 7, podUID: 'p', controllerUID: 's' },
      { node: 'emqx@b', node_status: 'stopped' },
    ],
    replicantNodes: [{ node: 'emqx@10.0.0.1', node_status: 'running', live_connections: 3 }],
  };
  const nodes = emqxNodesOf({ ...emqx(), status })!;
  expect(
    nodes.map(({ name, role, isRunning, sessions, liveConnections, podUid, setUid }) => [
      ...[name, role, isRunning, sessions, liveConnections, podUid, setUid],
    ]),
  ).toEqual([
    ['emqx@a', 'core', true, 7, 0, 'p', 's'],
    ['emqx@b', 'core', false, undefined, undefined, undefined, undefined],
    ['emqx@10.0.0.1', 'replicant', true, 0, 3, undefined, undefined],
  ]);
  expect(emqxNodesOf(emqx())).toBeUndefined();
});

test('the evacuations that the operator knows of', () => {
  const nodeEvacuationsStatus = [
    {
      ...{ node: 'emqx@a', state: 'evicting_conns', session_recipients: ['emqx@b'] },
      ...{ connection_eviction_rate: 100, session_eviction_rate: 50 },
      stats: { initial_connected: 300, current_connected: 200, initial_sessions: 400, current_sessions: 400 },
    },
    { node: 'emqx@c' },
  ];
  expect(emqxEvacuationsOf({ ...emqx(), status: { nodeEvacuationsStatus } })).toEqual([
    {
      ...{ node: 'emqx@a', state: 'evicting_conns', recipients: ['emqx@b'] },
      ...{ connectionsPerSecond: 100, sessionsPerSecond: 50 },
      ...{ initialConnections: 300, initialSessions: 400, connections: 200, sessions: 400 },
    },
    expect.objectContaining({ node: 'emqx@c', state: undefined, recipients: [], connections: undefined }),
  ]);
  expect(emqxEvacuationsOf(emqx())).toEqual([]);
});

describe('operator 2.3 writes the status in its own words', () => {
  const status = {
    conditions: [
      { type: 'Available', status: 'False', reason: 'UpdateReplicaSet', message: '', lastTransitionTime: '' },
      { type: 'ReplicantNodesProgressing', status: 'True', reason: 'a', message: '', lastTransitionTime: '' },
    ],
    coreNodes: [
      { name: 'emqx@a', podName: 'emqx-core-1-0', status: 'running', version: '5.10.1', sessions: 7, connections: 5 },
      { name: 'emqx@gone', status: 'stopped', role: 'core' },
    ],
    coreNodesStatus: { currentRevision: '1', updateRevision: '2', readyReplicas: 1 },
    replicantNodes: [{ name: 'emqx@10.0.0.1', podName: 'emqx-replicant-1-x', status: 'running', connections: 3 }],
    nodeEvacuationsStatus: [
      {
        ...{ nodeName: 'emqx@a', state: 'evicting_conns', sessionRecipients: ['emqx@b'] },
        ...{ connectionEvictionRate: 100, sessionEvictionRate: 50, initialConnections: 300, initialSessions: 400 },
      },
    ],
  };
  const resource = { ...emqx(), apiVersion: 'apps.emqx.io/v2', status } as unknown as Emqx;

  test('of nodes: sessions are "sessions", and pods have names', () => {
    expect(
      emqxNodesOf(resource)!.map(({ name, podName, isRunning, sessions, liveConnections }) => [
        ...[name, podName, isRunning, sessions, liveConnections],
      ]),
    ).toEqual([
      ['emqx@a', 'emqx-core-1-0', true, 7, 5],
      ['emqx@gone', undefined, false, undefined, undefined],
      ['emqx@10.0.0.1', 'emqx-replicant-1-x', true, 0, 3],
    ]);
    const { nodeNameOf, reportOf } = generationOf(resource);
    expect(nodeNameOf(resource, { name: 'emqx-core-1-0', uid: 'u' })).toBe('emqx@a');
    expect(nodeNameOf(resource, { name: 'emqx-core-1-1', uid: 'u' })).toBeUndefined();
    expect(reportOf(resource)).toMatchObject({
      condition: 'ReplicantNodesProgressing: True',
      nodes: ['emqx@a', 'emqx@10.0.0.1'],
      stopped: ['emqx@gone'],
      upgrade: { blue: ['emqx-core-1'], green: ['emqx-core-2'], isGreenReady: false },
    });
  });

  test('of evacuations: without current counts, which are unknown then, and not 0', () => {
    expect(emqxEvacuationsOf(resource)).toEqual([
      {
        ...{ node: 'emqx@a', state: 'evicting_conns', recipients: ['emqx@b'] },
        ...{ connectionsPerSecond: 100, sessionsPerSecond: 50 },
        ...{ initialConnections: 300, initialSessions: 400, connections: undefined, sessions: undefined },
      },
    ]);
  });
});

test.each([
  [undefined, 'apps.emqx.io/v2beta1', false],
  ['apps.emqx.io/v2', 'apps.emqx.io/v2', true],
  ['apps.emqx.io/v3beta1', 'apps.emqx.io/v3beta1', true],
])('a resource of version %s is read as %s; the operator moves durable data itself: %s', (apiVersion, read, moves) => {
  const generation = generationOf({ kind: 'EMQX', ...(apiVersion && { apiVersion }) });
  expect([generation.apiVersion, generation.movesStorage]).toEqual([read, moves]);
});
