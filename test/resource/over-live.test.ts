import { type EmqxEnterprise, overLive, withDefaults } from '../../src/resource';
import { cluster } from './_cluster';

type Change = (resource: EmqxEnterprise) => void;

const changed = (change: Change): EmqxEnterprise => {
  const resource = structuredClone(cluster());
  change(resource);
  return resource;
};

/** Who manages which fields of `spec`, as the API server says it. */
const managed = (...entries: { manager: string; spec: object; subresource?: string }[]) =>
  entries.map(({ manager, spec, subresource }) => ({
    manager,
    operation: 'Update',
    apiVersion: 'apps.emqx.io/v1beta4',
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:metadata': { 'f:annotations': { '.': {} } }, 'f:spec': spec },
    ...(subresource && { subresource }),
  }));

const node = ({ spec }: EmqxEnterprise) => spec.template!.spec!.emqxContainer!;
const inNode = (fields: object) => ({ 'f:template': { 'f:spec': { 'f:emqxContainer': fields } } });
const FILE = {
  manager: 'kubectl-create',
  spec: { 'f:clusterDomain': {}, ...inNode({ 'f:image': { 'f:version': {} } }) },
};

describe('what a file leaves out', () => {
  test('is as before: labels and annotations that others have set', () => {
    const live = changed(({ metadata }) => {
      metadata.labels = { 'app.kubernetes.io/instance': 'mqtt', tier: 'core' };
      metadata.annotations = { 'argocd.argoproj.io/tracking-id': 'mqtt:apps.emqx.io/EmqxEnterprise:default/emqx-ee' };
    });
    const file = changed(({ metadata }) => {
      metadata.labels = { tier: 'edge' };
    });
    const { labels, annotations } = overLive(file, live).metadata;
    expect(labels).toMatchObject({ 'app.kubernetes.io/instance': 'mqtt', tier: 'edge' });
    expect(annotations).toEqual(live.metadata.annotations);
    expect(withDefaults(overLive(cluster(), live)).spec.template).toEqual(withDefaults(live).spec.template);
  });

  test('is as before: replicas that are left to an autoscaler', () => {
    const live = changed(({ spec }) => Object.assign(spec, { replicas: 5 }));
    const without = changed(({ spec }) => void delete spec.replicas);
    expect(overLive(without, live).spec.replicas).toBe(5);
    expect(
      overLive(
        changed(({ spec }) => Object.assign(spec, { replicas: 3 })),
        live,
      ).spec.replicas,
    ).toBe(3);
    expect(overLive(without, without).spec.replicas).toBeUndefined();
  });

  const limits = { limits: { memory: '2Gi' } };
  const withLimits = (...entries: Parameters<typeof managed>) =>
    changed((live) => {
      node(live).resources = limits;
      live.metadata.managedFields = managed(...entries);
    });

  test('is as before: fields of a manager who has nothing to do with the file', () => {
    const live = withLimits(FILE, {
      manager: 'vpa',
      spec: inNode({ 'f:resources': { 'f:limits': { 'f:memory': {} } } }),
    });
    expect(node(overLive(cluster(), live)).resources).toEqual(limits);
    const file = changed((own) => Object.assign(node(own), { resources: { limits: { memory: '1Gi' } } }));
    expect(node(overLive(file, live)).resources).toEqual({ limits: { memory: '1Gi' } });
  });

  test('is as before: a list of such a manager', () => {
    const live = changed((own) => {
      node(own).env = [{ name: 'TZ', value: 'UTC' }];
      const env = { '.': {}, 'k:{"name":"TZ"}': { '.': {}, 'f:name': {}, 'f:value': {} } };
      own.metadata.managedFields = managed(FILE, { manager: 'kubectl-set', spec: inNode({ 'f:env': env }) });
    });
    expect(node(overLive(cluster(), live)).env).toEqual([{ name: 'TZ', value: 'UTC' }]);
  });

  test.each<[string, EmqxEnterprise]>([
    ['by whom it is managed is not known', withLimits()],
    [
      'whoever applied the file manages it',
      withLimits({ ...FILE, spec: { ...FILE.spec, ...inNode({ 'f:image': {}, 'f:resources': {} }) } }),
    ],
    [
      'both manage it',
      withLimits(
        { ...FILE, spec: inNode({ 'f:image': {}, 'f:resources': {} }) },
        { manager: 'vpa', spec: inNode({ 'f:resources': {} }) },
      ),
    ],
    [
      'it stands in the status',
      withLimits(FILE, { manager: 'manager', subresource: 'status', spec: inNode({ 'f:resources': {} }) }),
    ],
  ])('is gone where %s', (_, live) => {
    expect(node(overLive(cluster(), live)).resources).toBeUndefined();
  });

  test('and neither the file nor what is stored is changed', () => {
    const live = withLimits(FILE, { manager: 'vpa', spec: inNode({ 'f:resources': {} }) });
    const before = structuredClone(live);
    const result = overLive(cluster(), live);
    node(result).resources!.limits = {};
    expect(live).toEqual(before);
  });
});
