import fc from 'fast-check';
import { formatProblem, problemsOf, ResourceError } from '../../src/resource';
import { QUANTITY } from '../../src/resource/quantity';
import { clusterWith } from './_cluster';

const POD = 'spec.template.spec';
const CONTAINER = `${POD}.emqxContainer`;
const REST = 'there is no such field here, and it would be dropped silently';

test('the parts of a pod are taken in all their forms', () => {
  const container = {
    name: 'exporter',
    image: 'exporter:1',
    command: ['sh', '-c', 'true'],
    ports: [{ containerPort: 8085, name: 'metrics' }],
    env: [
      { name: 'A', value: 'a' },
      { name: 'B', valueFrom: { secretKeyRef: { name: 's', key: 'k', optional: true } } },
      { name: 'C', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } } },
    ],
    resources: { limits: { cpu: '500m', memory: 536_870_912 }, requests: { cpu: 1, memory: '1e3' } },
    livenessProbe: { httpGet: { path: '/', port: 'metrics', httpHeaders: [{ name: 'a', value: 'b' }] } },
    readinessProbe: { tcpSocket: { port: 8085 } },
    lifecycle: { preStop: { exec: { command: ['true'] } } },
    securityContext: { capabilities: { drop: ['ALL'] }, seccompProfile: { type: 'RuntimeDefault' } },
  };
  const pod = {
    extraContainers: [container],
    initContainers: [{ ...container, restartPolicy: 'Always' }],
    ephemeralContainers: [{ name: 'debug', targetContainerName: 'emqx' }],
    volumes: [
      { name: 'a', emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } },
      { name: 'b', secret: { secretName: 's', items: [{ key: 'k', path: 'p', mode: 0o400 }] } },
      { name: 'c', projected: { sources: [{ serviceAccountToken: { path: 't', expirationSeconds: 3600 } }] } },
      {
        name: 'd',
        ephemeral: {
          volumeClaimTemplate: { metadata: { labels: { a: 'b' } }, spec: { accessModes: ['ReadWriteOnce'] } },
        },
      },
    ],
    affinity: {
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 1,
            podAffinityTerm: {
              topologyKey: 'kubernetes.io/hostname',
              labelSelector: { matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] },
            },
          },
        ],
      },
    },
    tolerations: [{ key: 'a', operator: 'Exists', tolerationSeconds: 2 ** 40 }],
    imagePullSecrets: [{ name: 'registry' }],
    podSecurityContext: { sysctls: [{ name: 'a', value: '1' }] },
  };
  expect(problemsOf(clusterWith(`${POD}.emqxContainer.lifecycle`, container.lifecycle))).toEqual([]);
  for (const [field, value] of Object.entries(pod)) {
    expect([field, problemsOf(clusterWith(`${POD}.${field}`, value))]).toEqual([field, []]);
  }
  const claim = {
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '20Gi' } },
    storageClassName: 'ssd',
  };
  expect(problemsOf(clusterWith('spec.persistent', { spec: claim }))).toEqual([]);
});

test.each<[string, unknown, string, string]>([
  [`${POD}.extraContainers`, [{ name: 'a', volumeMount: [] }], '[0].volumeMount', 'volumeMounts'],
  [`${POD}.initContainers`, [{ name: 'a', env: [{ name: 'A', valu: '' }] }], '[0].env[0].valu', 'value'],
  [`${POD}.volumes`, [{ name: 'a', configmap: {} }], '[0].configmap', 'configMap'],
  [`${POD}.affinity`, { podAntiAffinty: {} }, '.podAntiAffinty', 'podAntiAffinity'],
  [`${POD}.tolerations`, [{ toleration: 5, keys: 'a' }], '[0].keys', 'key'],
  [`${POD}.podSecurityContext`, { fsgroup: 1 }, '.fsgroup', 'fsGroup'],
  [`${CONTAINER}.resources`, { limit: {} }, '.limit', 'limits'],
  [`${CONTAINER}.livenessProbe`, { httpget: {} }, '.httpget', 'httpGet'],
  [`${CONTAINER}.lifecycle`, { prestop: {} }, '.prestop', 'preStop'],
  [`${CONTAINER}.envFrom`, [{ configMapref: {} }], '[0].configMapref', 'configMapRef'],
  [
    'spec.serviceTemplate',
    { spec: { externalTrafficPolices: 'Local' } },
    '.spec.externalTrafficPolices',
    'externalTrafficPolicy',
  ],
  ['spec.persistent', { spec: { storageClass: 'ssd' } }, '.spec.storageClass', 'storageClassName'],
])('in %s of %j the field %s is unknown', (path, value, below, nearest) => {
  const found = problemsOf(clusterWith(path, value)).find((problem) => problem.path === `${path}${below}`);
  expect(found).toMatchObject({ bound: 'a known field', reason: REST });
  expect(found!.fix).toContain(nearest);
});

test('a field that is newer than the operator is unknown: the operator would forget it', () => {
  const [problem] = problemsOf(clusterWith(`${POD}.extraContainers`, [{ name: 'a', restartPolicyRules: [] }]));
  expect(problem).toMatchObject({ path: `${POD}.extraContainers[0].restartPolicyRules`, bound: 'a known field' });
});

test.each<[string, unknown, string, string]>([
  [`${POD}.extraContainers`, [{ image: 'a' }], '[0].name', '(missing) must be text'],
  [`${POD}.extraContainers`, {}, '', '(an object) must be a list'],
  [
    `${POD}.volumes`,
    [{ name: 'a', secret: { defaultMode: '0400' } }],
    '[0].secret.defaultMode',
    '("0400") must be a number',
  ],
  [`${POD}.tolerations`, [{ tolerationSeconds: 1.5 }], '[0].tolerationSeconds', '(1.5) must be a whole number'],
  [`${CONTAINER}.livenessProbe`, { httpGet: {} }, '.httpGet.port', '(missing) must be a whole number or text'],
  [`${CONTAINER}.resources`, { limits: { cpu: 0.5 } }, '.limits.cpu', '(0.5) must be a whole number or text'],
  [
    `${CONTAINER}.resources`,
    { limits: { memory: '1 GB' } },
    '.limits.memory',
    '("1 GB") must be a quantity like 500m or 512Mi',
  ],
  [`${CONTAINER}.args`, ['a', 5], '[1]', '(hidden) must be text'],
])('what is wrong with %s of %j is told in words', (path, value, below, words) => {
  expect(problemsOf(clusterWith(path, value)).map(formatProblem)).toEqual([
    expect.stringMatching(new RegExp(`^${escaped(`'${path}${below}' ${words}`)}: `)),
  ]);
});

test.each(['1', '+1', '-1.5', '.5', '1.', '500m', '1Gi', '1E', '1e3', '2E-2', '100n'])('%s is a quantity', (text) => {
  expect(text).toMatch(QUANTITY);
});

test.each(['', '1GB', '1 Gi', 'Gi', '1ki', '1e', '0x1', '1,5'])('%p is no quantity', (text) => {
  expect(text).not.toMatch(QUANTITY);
});

test('whatever is put into a part of a pod, the answer is a list of problems that name their places', () => {
  const parts = ['extraContainers', 'volumes', 'affinity', 'tolerations', 'podSecurityContext', 'emqxContainer'];
  fc.assert(
    fc.property(fc.constantFrom(...parts), fc.anything({ withNullPrototype: true }), (part, value) => {
      const problems = problemsOf(clusterWith(`${POD}.${part}`, value));
      expect(new ResourceError('x', problems).message).toEqual(expect.any(String));
      for (const { path } of problems) expect(path).toMatch(/^spec\.template\.spec/);
    }),
  );
});

test('describing a cluster reads no definitions: only a part that is checked, or a definition that is rendered, does', () => {
  const read = jest.fn(() => ({}));
  jest.isolateModules(() => {
    jest.doMock('../../src/resource/crd/core-v1-definitions', read);
    require('../../src/constructs/emqx-enterprise-cluster');
    require('../../src/resource');
  });
  jest.dontMock('../../src/resource/crd/core-v1-definitions');
  expect(read).not.toHaveBeenCalled();
});

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
