import { type EmqxEnterprise, withDefaults } from '../../src/resource';
import { cluster } from './_cluster';

type Pod = NonNullable<NonNullable<EmqxEnterprise['spec']['template']>['spec']>;

/** What `withDefaults` makes of a cluster whose pods and node are given so. */
function completed(pod: object, node: object = {}): { pod: Pod; node: NonNullable<Pod['emqxContainer']> } {
  const given = cluster();
  const spec = given.spec.template!.spec!;
  Object.assign(spec, pod);
  Object.assign(spec.emqxContainer!, node);
  const done = withDefaults(given).spec.template!.spec!;
  return { pod: done, node: done.emqxContainer! };
}

test('what the operator adds without a meaning when it stores a resource makes no difference', () => {
  const stored = cluster();
  stored.spec.license = {};
  stored.spec.template!.spec!.emqxContainer!.resources = {};
  expect(withDefaults(stored)).toEqual(withDefaults(cluster()));
  expect(completed({ extraContainers: [{ name: 'a', resources: {} }] }).pod.extraContainers).toEqual([{ name: 'a' }]);
});

test('a license that is given stays', () => {
  const given = cluster();
  given.spec.license = { secretName: 'mine' };
  expect(withDefaults(given).spec.license).toEqual({ secretName: 'mine' });
});

test('quantities are spelled as the operator stores them, wherever it may meet them', () => {
  const resources = { requests: { cpu: 0.5 }, limits: { cpu: '1000m', memory: '1024Mi' } };
  const written = { requests: { cpu: '500m' }, limits: { cpu: '1', memory: '1Gi' } };
  const { pod, node } = completed(
    { extraContainers: [{ name: 'a', resources }], initContainers: [{ name: 'b', resources }] },
    { resources },
  );
  expect(node.resources).toEqual(written);
  expect(pod.extraContainers).toEqual([{ name: 'a', resources: written }]);
  expect(pod.initContainers).toEqual([{ name: 'b', resources: written }]);

  const given = cluster();
  given.spec.persistent = { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '0.5Ti' } } } };
  expect(withDefaults(given).spec.persistent!.spec).toEqual({
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '512Gi' } },
  });
});

test('the defaults of the definition inside of containers are filled in', () => {
  const container = {
    name: 'a',
    ports: [{ containerPort: 2020 }, { containerPort: 53, protocol: 'UDP' }],
    readinessProbe: { grpc: { port: 9 } },
    livenessProbe: { httpGet: { port: 8081 } },
    env: [
      { name: 'EMPTY', value: '' },
      { name: 'TZ', value: 'UTC' },
    ],
  };
  expect(completed({ initContainers: [container] }).pod.initContainers).toEqual([
    {
      ...container,
      ports: [
        { containerPort: 2020, protocol: 'TCP' },
        { containerPort: 53, protocol: 'UDP' },
      ],
      readinessProbe: { grpc: { port: 9, service: '' } },
      env: [{ name: 'EMPTY' }, { name: 'TZ', value: 'UTC' }],
    },
  ]);
  expect(completed({}, { startupProbe: { grpc: { port: 9, service: 'mine' } } }).node.startupProbe).toEqual({
    grpc: { port: 9, service: 'mine' },
  });
});

test('what is of another type than it should be is left, for the validation to refuse', () => {
  const odd = { name: 'a', ports: 'p', env: [5], resources: 'r', livenessProbe: 'l' };
  expect(completed({ extraContainers: [odd, 'b'] }).pod.extraContainers).toEqual([odd, 'b']);
});
