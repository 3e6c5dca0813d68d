import { type EmqxEnterprise, imageOf, withDefaults } from '../../../src/resource';
import { wantedSet } from '../../../src/resource/v1beta4/wanted-set';
import { type Mount, podTemplateOf } from '../../../src/simulator/operator/v1beta4/pod-template';
import { resource } from '../../upgrade/fixtures';

type Change = (resource: EmqxEnterprise) => void;

const changed = (change: Change): EmqxEnterprise => {
  const next = structuredClone(resource());
  change(next);
  return next;
};

const node = ({ spec }: EmqxEnterprise) => spec.template!.spec!.emqxContainer!;
const pod = ({ spec }: EmqxEnterprise) => spec.template!.spec!;

/** A set as the operator makes it of a resource, with what it mounts and what the API server fills in. */
function made(from: EmqxEnterprise) {
  const complete = withDefaults(from);
  const { license } = complete.spec;
  const secretName = license?.secretName;
  const mount = (name: string, env: string, volume: object): Mount => ({
    env: { name: env, value: `/mounted/${name}` },
    volume: { name, ...volume },
    mount: { mountPath: `/mounted/${name.replace('emqx-', '')}` },
  });
  const mounts = [
    mount('emqx-acl', 'EMQX_ACL_FILE', { configMap: { name: 'emqx-acl' } }),
    ...(secretName ? [mount(secretName, 'EMQX_LICENSE__FILE', { secret: { secretName } })] : []),
  ];
  const podTemplate = podTemplateOf(complete, mounts);
  Object.assign(podTemplate.spec, { schedulerName: 'default-scheduler', dnsPolicy: 'ClusterFirst' });
  for (const volume of podTemplate.spec.volumes ?? []) {
    for (const source of [volume.configMap, volume.secret]) if (source) Object.assign(source, { defaultMode: 420 });
  }
  for (const container of podTemplate.spec.containers as { livenessProbe?: object }[]) {
    if (container.livenessProbe) Object.assign(container.livenessProbe, { timeoutSeconds: 1, periodSeconds: 10 });
  }
  const { serviceAccountName } = podTemplate.spec as { serviceAccountName?: string };
  if (serviceAccountName) Object.assign(podTemplate.spec, { serviceAccount: serviceAccountName });
  return { image: imageOf(node(complete).image!), podTemplate };
}

/** Everything of which the operator makes new nodes. */
const CHANGES: [string, Change][] = [
  ['the version', (it) => Object.assign(node(it).image!, { version: '4.4.15' })],
  ['an annotation of the resource', ({ metadata }) => Object.assign(metadata, { annotations: { a: '1' } })],
  ['a label of the pods', (it) => Object.assign(it.spec.template!, { metadata: { labels: { tier: 'edge' } } })],
  ['a setting', (it) => Object.assign(node(it).emqxConfig!, { 'mqtt.max_packet_size': '2MB' })],
  [
    'a setting that is a variable, too',
    (it) => Object.assign(node(it), { env: [{ name: 'EMQX_LOG__TO', value: 'file' }] }),
  ],
  ['a variable', (it) => Object.assign(node(it), { env: [{ name: 'TZ', value: 'UTC' }] })],
  ['a variable without a value', (it) => Object.assign(node(it), { env: [{ name: 'DEBUG', value: '' }] })],
  ['resources', (it) => Object.assign(node(it), { resources: { limits: { cpu: '0.5', memory: '1024Mi' } } })],
  ['a probe', (it) => Object.assign(node(it), { livenessProbe: { httpGet: { path: '/status', port: 8081 } } })],
  ['a volume', (it) => Object.assign(pod(it), { volumes: [{ name: 'cert', configMap: { name: 'cert' } }] })],
  ['a mount', (it) => Object.assign(node(it), { volumeMounts: [{ name: 'cert', mountPath: '/cert' }] })],
  ['another container', (it) => Object.assign(pod(it), { extraContainers: [{ name: 'agent', image: 'agent:1' }] })],
  ['the reloader', (it) => Object.assign(pod(it), { reloaderImage: 'mirror/reloader:0.0.2' })],
  ['a service account', (it) => Object.assign(pod(it), { serviceAccountName: 'emqx' })],
  ['a node selector', (it) => Object.assign(pod(it), { nodeSelector: { disk: 'ssd' } })],
  ['a toleration', (it) => Object.assign(pod(it), { tolerations: [{ key: 'mqtt', operator: 'Exists' }] })],
  ['a security context', (it) => Object.assign(pod(it), { podSecurityContext: { runAsUser: 2000 } })],
  ['a license', ({ spec }) => Object.assign(spec, { license: { secretName: 'license' } })],
];

describe('of two sets the resource describes', () => {
  test.each(CHANGES)('the newer one after %s was added', (_, change) => {
    const after = changed(change);
    expect(wantedSet(after, made(resource()), made(after))).toBe('green');
  });

  test.each(CHANGES)('the newer one after %s was taken away', (_, change) => {
    expect(wantedSet(resource(), made(changed(change)), made(resource()))).toBe('green');
  });

  test.each(CHANGES)('the older one after %s was set back', (_, change) => {
    expect(wantedSet(resource(), made(resource()), made(changed(change)))).toBe('blue');
  });

  test('neither, when it was changed to something else', () => {
    const other = changed((it) => Object.assign(node(it), { env: [{ name: 'TZ', value: 'CET' }] }));
    const utc = changed((it) => Object.assign(node(it), { env: [{ name: 'TZ', value: 'UTC' }] }));
    const est = changed((it) => Object.assign(node(it), { env: [{ name: 'TZ', value: 'EST' }] }));
    expect(wantedSet(other, made(utc), made(est))).toBeUndefined();
    const newer = changed((it) => Object.assign(node(it).image!, { version: '4.4.16' }));
    expect(wantedSet(newer, made(resource()), made(changed(CHANGES[0]![1])))).toBeUndefined();
  });

  test('neither, when each has a part of it', () => {
    const both = changed((it) =>
      Object.assign(node(it), {
        env: [
          { name: 'A', value: '1' },
          { name: 'B', value: '1' },
        ],
      }),
    );
    const [a, b] = ['A', 'B'].map((name) => changed((it) => Object.assign(node(it), { env: [{ name, value: '1' }] })));
    expect(wantedSet(both, made(a!), made(b!))).toBeUndefined();
  });

  test('neither, when nothing is known of them, or they are equal', () => {
    expect(wantedSet(resource(), { image: 'a' }, { image: 'a' })).toBeUndefined();
    expect(wantedSet(resource(), made(resource()), made(resource()))).toBeUndefined();
  });
});
