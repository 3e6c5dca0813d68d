import { Size } from 'cdk8s';
import { problemsWith, resourceOf } from './_cluster';

const labels = { 'apps.emqx.io/instance': 'emqx-ee', 'apps.emqx.io/managed-by': 'emqx-operator' };

test('without it the data goes with the pod', () => {
  expect(resourceOf({}).spec.persistent).toBeUndefined();
});

test('the claim has the name and the labels the webhook would give it', () => {
  expect(resourceOf({ persistence: { size: Size.gibibytes(20) } }).spec.persistent).toEqual({
    metadata: { name: 'emqx-ee-data', namespace: 'default', labels },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '20Gi' } } },
  });
});

test('storage class and access modes are those that are given', () => {
  const persistence = { size: Size.mebibytes(2048), storageClass: 'gp3', accessModes: ['ReadWriteOncePod'] as const };
  expect(resourceOf({ persistence }).spec.persistent?.spec).toEqual({
    accessModes: ['ReadWriteOncePod'],
    resources: { requests: { storage: '2Gi' } },
    storageClassName: 'gp3',
  });
});

test('the empty storage class stays: volumes that exist already', () => {
  const persistence = { size: Size.gibibytes(2), storageClass: '' };
  expect(resourceOf({ persistence }).spec.persistent?.spec).toMatchObject({ storageClassName: '' });
});

test('everything that is wrong with it is said at once', () => {
  const persistence = { size: '20Gi', storageClass: 5, accessModes: ['ReadOnlyMany'] };
  expect(problemsWith({ persistence })).toEqual([
    expect.stringMatching(/^'persistence.size' \("20Gi"\) must be a Size: a bare number does not say its unit; /),
    expect.stringMatching(/^'persistence.storageClass' \(5\) must be the name of a storage class, or empty: /),
    expect.stringMatching(
      /^'persistence.accessModes' \("ReadOnlyMany"\) must be a list of one or more of ReadWriteOnce, /,
    ),
  ]);
});

test.each([
  [{}, /^'persistence.size' \(missing\) must be a Size/],
  [{ size: Size.gibibytes(0) }, /^'persistence.size' \(an object\) must be a whole number of bytes, at least 1: /],
  [{ size: Size.gibibytes(1), accessModes: [] }, /^'persistence.accessModes' \(""\) must be a list of one or more/],
])('a claim that no node could start with is refused (%#)', (persistence, message) => {
  expect(problemsWith({ persistence })).toEqual([expect.stringMatching(message)]);
});
