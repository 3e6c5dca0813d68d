import { type EmqxResource, versionOf, withVersion } from '../../src/resource';
import { RestKeeper } from '../../src/runner/rest-keeper';
import type { ClusterPort, ClusterView, Journal, Rest } from '../../src/upgrade';
import { digestOf, restOf } from '../../src/upgrade';
import { clusterOf } from '../_upgradable-cluster';

const OLD = clusterOf('emqx', 'mqtt', '4.4.14');
const NEW = withVersion(OLD, '4.4.15');
const SIGNAL = new AbortController().signal;

/** The cluster at rest: its spec, its set, and when the operator has reconciled it last, s. */
function viewOf(resource: EmqxResource, set: string, reconciledAt: number, journal?: Partial<Journal>): ClusterView {
  const lastUpdateTime = new Date(reconciledAt * 1_000).toISOString();
  const status = { conditions: [{ type: 'Running', status: 'True', lastUpdateTime }] };
  return {
    resource: { ...resource, status },
    sets: [{ name: set, replicas: 3, createdAt: 1, image: 'emqx' }],
    pods: [],
    journal,
  } as unknown as ClusterView;
}

type Seen = readonly [at: number, view: ClusterView];

/** What is kept after each of these was seen, at these seconds. */
async function keptAfter(...seen: readonly Seen[]): Promise<(string | undefined)[]> {
  let kept: Rest | undefined;
  const port: Pick<ClusterPort, 'keepRest' | 'keptRest'> = {
    keptRest: async () => kept,
    keepRest: async (rest) => {
      kept = rest;
    },
  };
  const keeper = new RestKeeper();
  const versions: (string | undefined)[] = [];
  for (const [at, view] of seen) {
    await keeper.observe('emqx', port as ClusterPort, view, at * 1_000, SIGNAL);
    versions.push(kept && versionOf({ ...OLD, spec: kept.spec } as EmqxResource));
  }
  return versions;
}

const DONE = { phase: 'done', from: { set: 'a' }, to: { set: 'b' }, target: digestOf(NEW) } as unknown as Journal;

test.each<[what: string, seen: Seen[], kept: (string | undefined)[]]>([
  ['not at first', [[0, viewOf(OLD, 'a', 0)]], [undefined]],
  [
    'after a minute without a change',
    [
      [0, viewOf(OLD, 'a', 0)],
      [60, viewOf(OLD, 'a', 20)],
    ],
    [undefined, '4.4.14'],
  ],
  [
    'not while the operator is silent',
    [
      [0, viewOf(OLD, 'a', 0)],
      [600, viewOf(OLD, 'a', 0)],
    ],
    [undefined, undefined],
  ],
  ['at once as the outcome of a run', [[0, viewOf(NEW, 'b', 0, DONE)]], ['4.4.15']],
  ['not at once with another set than that of the run', [[0, viewOf(NEW, 'c', 0, DONE)]], [undefined]],
  [
    'no other template for the same set: the operator has not acted yet',
    [
      [0, viewOf(OLD, 'a', 0)],
      [60, viewOf(OLD, 'a', 20)],
      [100, viewOf(NEW, 'a', 40)],
      [200, viewOf(NEW, 'a', 60)],
    ],
    [undefined, '4.4.14', '4.4.14', '4.4.14'],
  ],
  [
    'that of the next set in place of the last one',
    [
      [0, viewOf(OLD, 'a', 0)],
      [60, viewOf(OLD, 'a', 20)],
      [100, viewOf(NEW, 'b', 40)],
      [160, viewOf(NEW, 'b', 60)],
    ],
    [undefined, '4.4.14', '4.4.14', '4.4.15'],
  ],
])('what runs is kept %s', async (_, seen, kept) => {
  expect(await keptAfter(...seen)).toEqual(kept);
});

test('one that is too large for a Secret with two of them is not kept', async () => {
  const large = { ...OLD, spec: { ...OLD.spec, note: 'x'.repeat(300_000) } } as EmqxResource;
  expect(await keptAfter([0, viewOf(large, 'a', 0)], [60, viewOf(large, 'a', 20)])).toEqual([undefined, undefined]);
  expect(Object.keys(restOf(viewOf(OLD, 'a', 0)).sets)).toEqual(['core']);
});
