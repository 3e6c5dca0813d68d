import { type Emqx, HOLD_DELAY_SECONDS, withEmqxDefaults } from '../../src/resource';
import type { Journal } from '../../src/upgrade/journal';
import { revertTemplate } from '../../src/upgrade/phases/abort';
import { targetOf } from '../../src/upgrade/target';
import { journal, set, T0 } from './fixtures';

const BLUE = 'emqx-core-6cf6db7bbd';
const GREEN = 'emqx-core-7c4cf4c7c5';

const IDLE = { 'emqx-blue-green/idle': 'alone' };
/** The phase has begun long enough ago. */
const SINCE = { began: { revert: T0 - 2_000 } };

interface Moment {
  /** @default - of operator 2.2 */
  apiVersion?: Emqx['apiVersion'];
  /** Cores that the resource asks for: there were three. */
  cores: number;
  /** Replicants that it asks for. @default 0 */
  replicants?: number;
  /** Old cores that are asked for. @default 3 */
  blue?: number;
  /** New cores that are ready. */
  ready: number;
  /** Whether it asks for replicants that can run nowhere. @default false */
  idle?: boolean;
  /** Whether the operator has gone back to the old cores. @default false */
  isBack?: boolean;
  condition: 'Available' | 'CoreNodesProgressing' | 'ReplicantNodesProgressing';
}

const emqx = (
  version: string,
  { apiVersion = 'apps.emqx.io/v2beta1', cores, replicants = 0, condition, ...others }: Moment,
) =>
  withEmqxDefaults({
    apiVersion,
    kind: 'EMQX',
    metadata: { name: 'emqx', namespace: 'mqtt' },
    spec: {
      image: `emqx/emqx-enterprise:${version}`,
      updateStrategy: {
        type: 'Recreate',
        initialDelaySeconds: HOLD_DELAY_SECONDS,
        evacuationStrategy: { connEvictRate: 100, sessEvictRate: 100, waitTakeover: 5 },
      },
      coreTemplate: { spec: { replicas: cores } },
      ...(replicants > 0 && { replicantTemplate: { spec: { replicas: replicants } } }),
      ...(others.idle && { replicantTemplate: { spec: { replicas: 1, nodeSelector: IDLE } } }),
    },
    status: {
      conditions: [{ type: condition, status: 'True', reason: condition, message: '', lastTransitionTime: '' }],
      coreNodesStatus: { currentRevision: '6cf6db7bbd', updateRevision: others.isBack ? '6cf6db7bbd' : '7c4cf4c7c5' },
    },
  } as Parameters<typeof withEmqxDefaults>[0]);

/** An abort in the middle of an evacuation, as the operator of EMQX 5 reports it. */
function reverted(moment: Moment, run: Partial<Journal> = {}) {
  const resource = emqx('5.8.9', moment);
  const cluster = {
    resource,
    resourceVersion: '7',
    sets: [
      set(BLUE, { replicas: moment.blue ?? 3 }),
      set(GREEN, { createdAt: T0, replicas: moment.cores, readyReplicas: moment.ready }),
    ],
    pods: [],
    foreign: [],
    traffic: [],
    keptInitialDelaySeconds: undefined,
    lease: undefined,
    journal: undefined,
    request: undefined,
    journalVersion: '1',
  };
  return revertTemplate({
    observation: { at: T0, cluster, nodes: new Map() },
    journal: journal({
      phase: 'revert',
      aborted: { at: 1, phase: 'evacuate' },
      from: { version: '5.8.8', set: BLUE, revision: '6cf6db7bbd', digest: 'old' },
      to: { version: '5.8.9', set: GREEN, revision: '7c4cf4c7c5' },
      ...run,
    }),
    target: targetOf(cluster, { desired: emqx('5.8.9', { ...moment, cores: 3 }) }),
    heartbeatAt: T0,
    stoppedAt: new Map(),
    reconnects: { perSecond: undefined, meanAway: undefined },
    idleMs: 0,
  });
}

describe('the old template of EMQX 5 is given back while a new node is missing', () => {
  const oneMore = (replicas: number) => ({ do: 'patch-resource', spec: { coreTemplate: { spec: { replicas } } } });

  test.each<[string, Moment, object[]]>([
    ['so one core more is asked for', { cores: 3, ready: 3, condition: 'Available' }, [oneMore(4)]],
    ['which the operator has not seen yet', { cores: 4, ready: 3, condition: 'Available' }, []],
    [
      'and it is given back then',
      { cores: 4, ready: 3, condition: 'CoreNodesProgressing' },
      [{ do: 'revert-resource', run: 'run-1' }],
    ],
    ['a moment that was missed comes again', { cores: 4, ready: 4, condition: 'Available' }, [oneMore(5)]],
  ])('%s', (_, moment, actions) => {
    expect(reverted(moment)).toMatchObject({ kind: 'wait', actions });
  });

  test('that came too late: what the operator was given is taken back, and the run goes on', () => {
    const late = { blue: 0, ready: 3, condition: 'CoreNodesProgressing' } as const;
    expect(reverted({ ...late, cores: 4 })).toMatchObject({ kind: 'wait', actions: [oneMore(3)] });
    expect(reverted({ ...late, cores: 3 })).toEqual({ kind: 'next', phase: 'retire', note: { aborted: undefined } });
    const v2 = { ...late, apiVersion: 'apps.emqx.io/v2', cores: 3 } as const;
    const spec = { replicantTemplate: null };
    expect(reverted({ ...v2, idle: true })).toMatchObject({ kind: 'wait', actions: [{ do: 'patch-resource', spec }] });
    expect(reverted(v2)).toMatchObject({ kind: 'next', phase: 'retire' });
  });

  describe('by operator 2.3, which adds no core meanwhile', () => {
    const v2 = (moment: Omit<Moment, 'cores' | 'ready'>): Moment => ({
      ...moment,
      ...{ apiVersion: 'apps.emqx.io/v2', cores: 3, ready: 3 },
    });
    const given = (replicas: number, word: string) => ({
      do: 'patch-resource',
      spec: { replicantTemplate: { spec: { nodeSelector: { 'emqx-blue-green/idle': word } } } },
      why: expect.stringContaining('run nowhere'),
      replicas,
    });

    test.each<[string, number, string]>([
      ['a cluster of cores gets a replicant that can run nowhere', 0, 'alone'],
      ['a cluster with replicants gets others that can run nowhere', 2, 'beside'],
    ])('%s, whatever it has seen', (_, replicants, word) => {
      for (const condition of ['Available', 'CoreNodesProgressing'] as const) {
        const { replicas: __, ...patch } = given(replicants, word);
        expect(reverted(v2({ condition, replicants }))).toMatchObject({ kind: 'wait', actions: [patch] });
      }
    });

    test.each<[string, Moment, Partial<Journal>, object[]]>([
      ['a pass may have begun before', v2({ condition: 'CoreNodesProgressing', idle: true }), {}, []],
      ['it has not seen them yet', v2({ condition: 'Available', idle: true }), SINCE, []],
      [
        'the old template comes back with them beside it',
        v2({ condition: 'ReplicantNodesProgressing', idle: true }),
        SINCE,
        [{ do: 'revert-resource', run: 'run-1', keepsIdle: true }],
      ],
      [
        'and they go when it has gone back',
        v2({ condition: 'ReplicantNodesProgressing', idle: true, isBack: true }),
        SINCE,
        [{ do: 'revert-resource', run: 'run-1' }],
      ],
    ])('%s', (_, moment, run, actions) => {
      expect(reverted(moment, run)).toMatchObject({ kind: 'wait', actions });
    });
  });

  test('and for that moment late watches are not relied on', () => {
    expect(reverted({ cores: 4, ready: 3, condition: 'Available' })).toMatchObject({ fresh: true });
  });
});
