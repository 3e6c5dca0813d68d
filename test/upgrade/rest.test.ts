import { type EmqxResource, withVersion } from '../../src/resource';
import type { ClusterView, Rest, SetView } from '../../src/upgrade';
import { formerOf } from '../../src/upgrade/rest';
import { clusterOf, emqxOf } from '../_upgradable-cluster';

const set = (name: string, image: string, createdAt: number): SetView => ({
  name,
  image,
  createdAt,
  replicas: 3,
  knownPods: 3,
  readyReplicas: 3,
  podTemplate: { spec: { containers: [{ name: 'emqx', image }] } },
});

const KINDS: readonly [EmqxResource, string, string][] = [
  [clusterOf('emqx', 'mqtt', '4.4.14'), 'emqx/emqx-ee:4.4.14', 'emqx/emqx-ee:4.4.15'],
  [emqxOf('emqx', 'mqtt', '5.8.8'), 'emqx/emqx-enterprise:5.8.8', 'emqx/emqx-enterprise:5.8.9'],
];

describe.each(KINDS.map(([old, ...images]) => [old.kind, old, ...images] as const))(
  '%s',
  (_, old, oldImage, newImage) => {
    const live = withVersion(old, newImage.split(':')[1]!);
    const view = {
      resource: live,
      sets: [set('emqx-a', oldImage, 1), set('emqx-b', newImage, 2)],
      pods: [],
    } as unknown as ClusterView;
    const kept: Rest = { sets: { core: 'emqx-a' }, spec: old.spec as Record<string, unknown> };

    test('what was kept is what the old nodes run', () => {
      expect(formerOf(view, kept)?.spec).toEqual(old.spec);
    });

    test.each<[what: string, kept: Rest | undefined]>([
      ['nothing was kept', undefined],
      ['it is of other nodes', { ...kept, sets: { core: 'emqx-0' } }],
      ['it is of more roles', { ...kept, sets: { core: 'emqx-a', replicant: 'emqx-r' } }],
      ['it is the template that waits', { ...kept, spec: live.spec as Record<string, unknown> }],
      [
        'it has another image than the old nodes',
        { ...kept, spec: withVersion(old, old.kind === 'EMQX' ? '5.8.7' : '4.4.13').spec as Record<string, unknown> },
      ],
      [
        'it has another number of nodes',
        {
          ...kept,
          spec: (old.kind === 'EMQX'
            ? { ...old.spec, coreTemplate: { spec: { replicas: 5 } } }
            : { ...old.spec, replicas: 5 }) as Record<string, unknown>,
        },
      ],
    ])('not where %s', (_what, of) => {
      expect(formerOf(view, of)).toBeUndefined();
    });
  },
);
