import { strategicMergePatch } from '../../../src/sandbox/kubernetes-api/strategic-merge-patch';

const set = () => ({
  metadata: { labels: { a: '1' }, finalizers: ['x'] },
  spec: {
    replicas: 3,
    template: {
      spec: {
        containers: [
          { name: 'emqx', image: 'emqx:1', ports: [{ containerPort: 1883, name: 'mqtt' }], args: ['a', 'b'] },
          { name: 'reloader', image: 'reloader:1' },
        ],
        tolerations: [{ key: 'x' }],
      },
    },
  },
});

function containers(patch: object): unknown {
  return strategicMergePatch(set(), { spec: { template: { spec: patch } } }).spec.template.spec.containers;
}

test('members merge, null removes', () => {
  const { metadata, spec } = strategicMergePatch(set(), {
    metadata: { labels: { b: '2' } },
    spec: { replicas: null },
  });
  expect(metadata.labels).toEqual({ a: '1', b: '2' });
  expect(spec).not.toHaveProperty('replicas');
});

test('items of a keyed list merge by their key, lists inside of them too', () => {
  const ports = [{ containerPort: 8083, name: 'ws' }];
  expect(containers({ containers: [{ name: 'emqx', image: 'emqx:2', ports }, { name: 'extra' }] })).toEqual([
    { name: 'emqx', image: 'emqx:2', ports: [{ containerPort: 1883, name: 'mqtt' }, ...ports], args: ['a', 'b'] },
    { name: 'reloader', image: 'reloader:1' },
    { name: 'extra' },
  ]);
});

test('a list without a key is replaced', () => {
  expect(containers({ containers: [{ name: 'emqx', args: ['c'] }] })).toMatchObject([{ args: ['c'] }, {}]);
  const { tolerations } = strategicMergePatch(set(), { spec: { template: { spec: { tolerations: [{ key: 'y' }] } } } })
    .spec.template.spec;
  expect(tolerations).toEqual([{ key: 'y' }]);
});

test('ports of a Service go by their number', () => {
  const service = { spec: { ports: [{ port: 1883, nodePort: 32010 }, { port: 8083 }] } };
  const patched = strategicMergePatch(service, { spec: { ports: [{ port: 1883, nodePort: 32011 }] } });
  expect(patched.spec.ports).toEqual([{ port: 1883, nodePort: 32011 }, { port: 8083 }]);
});

test('an item is removed, a list or an object replaced, by a directive', () => {
  expect(containers({ containers: [{ name: 'reloader', $patch: 'delete' }] })).toMatchObject([{ name: 'emqx' }]);
  expect(containers({ containers: [{ name: 'nobody', $patch: 'delete' }] })).toHaveLength(2);
  expect(containers({ containers: [{ $patch: 'replace' }, { name: 'only' }] })).toEqual([{ name: 'only' }]);
  const { metadata } = strategicMergePatch(set(), { metadata: { labels: { $patch: 'replace', c: '3' } } });
  expect(metadata.labels).toEqual({ c: '3' });
});

test('lists are ordered as told, and primitive ones are merged', () => {
  const ordered = containers({ '$setElementOrder/containers': [{ name: 'reloader' }, { name: 'emqx' }] });
  expect(ordered).toMatchObject([{ name: 'reloader' }, { name: 'emqx' }]);
  const more = strategicMergePatch(set(), { metadata: { finalizers: ['y'] } });
  expect(more.metadata.finalizers).toEqual(['x', 'y']);
  const less = strategicMergePatch(more, { metadata: { '$deleteFromPrimitiveList/finalizers': ['x'] } });
  expect(less.metadata.finalizers).toEqual(['y']);
});

test('of an object only what is retained stays', () => {
  const deployment = { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } };
  const patch = { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } };
  expect(strategicMergePatch(deployment, patch)).toEqual({ spec: { strategy: { type: 'Recreate' } } });
});
