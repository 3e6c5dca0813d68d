import { type Emqx, emqxChanges, rolesWithNewNodes, withEmqxDefaults } from '../../../src/resource';
import { emqxWith } from './_emqx';

const both = ['replicant', 'core'];

/** A cluster with replicants, and one with a value put at a path, both complete. */
function changed(path: string, from: unknown, to: unknown): readonly [Emqx, Emqx] {
  const [before, after] = [from, to].map((value) => {
    const cluster = emqxWith(path, value);
    cluster.spec.replicantTemplate ??= {};
    return withEmqxDefaults(cluster);
  });
  return [before!, after!];
}

test.each([
  ['spec.image', 'emqx/emqx-enterprise:5.8.9', 'emqx/emqx-enterprise:5.10.1', 'new-sets', both],
  ['spec.imagePullPolicy', undefined, 'Always', 'new-sets', both],
  ['spec.imagePullSecrets', undefined, [{ name: 's' }], 'new-sets', both],
  ['spec.serviceAccountName', undefined, 's', 'new-sets', both],
  ['spec.clusterDomain', undefined, 'example.com', 'new-sets', both],
  ['spec.config', undefined, { data: 'log.console.level = debug' }, 'in-place', []],
  ['spec.updateStrategy', undefined, { initialDelaySeconds: 1 }, 'in-place', []],
  ['spec.revisionHistoryLimit', undefined, 1, 'in-place', []],
  ['spec.listenersServiceTemplate', undefined, { enabled: false }, 'in-place', []],
  ['spec.bootstrapAPIKeys', undefined, [{ key: 'a', secret: 'abc' }], 'ignored', []],
  ['spec.coreTemplate.metadata.labels', undefined, { a: 'b' }, 'new-sets', ['core']],
  ['spec.coreTemplate.metadata.annotations', undefined, { a: 'b' }, 'new-sets', ['core']],
  ['spec.coreTemplate.spec.replicas', 2, 3, 'in-place', []],
  ['spec.coreTemplate.spec.minAvailable', undefined, 1, 'in-place', []],
  ['spec.coreTemplate.spec.env', undefined, [{ name: 'A', value: 'b' }], 'new-sets', ['core']],
  ['spec.coreTemplate.spec.volumeClaimTemplates', undefined, { storageClassName: 'a' }, 'new-sets', ['core']],
  ['spec.coreTemplate.spec.volumeClaimTemplates', { storageClassName: 'a' }, { storageClassName: 'b' }, 'refused', []],
  ['spec.replicantTemplate.spec.replicas', 2, 0, 'in-place', []],
  ['spec.replicantTemplate.spec.nodeSelector', undefined, { a: 'b' }, 'new-sets', ['replicant']],
  ['spec.replicantTemplate.spec.readinessProbe', undefined, { initialDelaySeconds: 1 }, 'new-sets', ['replicant']],
])('%s from %j to %j: %s', (path, from, to, effect, roles) => {
  const changes = emqxChanges(...changed(path, from, to));
  expect(changes).toEqual([expect.objectContaining({ path, effect, roles })]);
  expect(rolesWithNewNodes(changes)).toEqual(roles);
});

test.each([
  ['metadata.labels', { a: 'b' }],
  ['metadata.annotations', { a: 'b' }],
  ['status', { coreNodes: [] }],
])('%s is no change', (path, value) => {
  expect(emqxChanges(...changed(path, undefined, value))).toEqual([]);
});

test('replicants come in place; without their template they stay, which is said', () => {
  const [none, some] = [undefined, { spec: { replicas: 1 } }].map((value) =>
    withEmqxDefaults(emqxWith('spec.replicantTemplate', value)),
  );
  expect(emqxChanges(none!, some!)).toEqual([{ path: 'spec.replicantTemplate', effect: 'in-place', roles: [] }]);
  expect(emqxChanges(some!, none!)).toEqual([
    expect.objectContaining({ effect: 'ignored', reason: expect.stringContaining('set their number to 0') as string }),
  ]);
});
