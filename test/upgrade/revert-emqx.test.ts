import { HOLD_DELAY_SECONDS, withEmqxDefaults } from '../../src/resource';
import { revertTemplate } from '../../src/upgrade/phases/abort';
import { targetOf } from '../../src/upgrade/target';
import { journal, set, T0 } from './fixtures';

const BLUE = 'emqx-core-6cf6db7bbd';
const GREEN = 'emqx-core-7c4cf4c7c5';

interface Moment {
  /** Cores that the resource asks for: there were three. */
  cores: number;
  /** New cores that are ready. */
  ready: number;
  condition: 'Available' | 'CoreNodesProgressing';
}

const emqx = (version: string, { cores, condition }: Moment) =>
  withEmqxDefaults({
    apiVersion: 'apps.emqx.io/v2beta1',
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
    },
    status: {
      conditions: [{ type: condition, status: 'True', reason: condition, message: '', lastTransitionTime: '' }],
      coreNodesStatus: { currentRevision: '6cf6db7bbd', updateRevision: '7c4cf4c7c5' },
    },
  } as Parameters<typeof withEmqxDefaults>[0]);

/** An abort in the middle of an evacuation, as the operator of EMQX 5 reports it. */
function reverted(moment: Moment) {
  const resource = emqx('5.8.9', moment);
  const cluster = {
    resource,
    resourceVersion: '7',
    sets: [set(BLUE), set(GREEN, { createdAt: T0, replicas: moment.cores, readyReplicas: moment.ready })],
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
    }),
    target: targetOf(cluster, { desired: emqx('5.8.9', { ...moment, cores: 3 }) }),
    heartbeatAt: T0,
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

  test('and for that moment late watches are not relied on', () => {
    expect(reverted({ cores: 4, ready: 3, condition: 'Available' })).toMatchObject({ fresh: true });
  });
});
