import { type Emqx, withEmqxDefaults } from '../../../src/resource';
import { copyOf } from '../../../src/resource/copy';
import { emqxDefinition, type StructuralSchema } from '../../../src/resource/crd';
import { emqx, emqxWith } from './_emqx';

const SCHEMA = emqxDefinition().spec.versions[0]!.schema.openAPIV3Schema;

/** What the API server stores: the defaults of the definition wherever an object is there that lacks the field. */
function stored(resource: Emqx): Emqx {
  const result = copyOf(resource);
  fillIn(result, SCHEMA);
  return result;
}

function fillIn(value: unknown, schema: StructuralSchema): void {
  if (Array.isArray(value)) for (const item of value) fillIn(item, schema.items ?? {});
  else if (typeof value === 'object' && value !== null) {
    const fields = value as Record<string, unknown>;
    for (const [name, field] of Object.entries(schema.properties ?? {})) {
      if (fields[name] === undefined && field['default'] !== undefined) fields[name] = copyOf(field['default']);
      fillIn(fields[name], field);
    }
  }
}

const FORMS: readonly Emqx[] = [
  emqx(),
  emqxWith('spec.updateStrategy', undefined),
  emqxWith('spec.updateStrategy', {}),
  emqxWith('spec.updateStrategy.evacuationStrategy', {}),
  emqxWith('spec.coreTemplate', {}),
  emqxWith('spec.coreTemplate.spec', { replicas: 3, resources: { limits: { cpu: '500m' } } }),
  emqxWith('spec.replicantTemplate', {}),
  emqxWith('spec.replicantTemplate.spec', { replicas: 0, env: [{ name: 'A', value: 'b' }] }),
  emqxWith('spec.config.data', 'a = 1'),
  emqxWith('spec.listenersServiceTemplate', { spec: { type: 'NodePort', ports: [{ port: 1883 }] } }),
  emqxWith('spec.dashboardServiceTemplate', { enabled: false }),
];

test.each(FORMS.map((form) => [form]))('what the API server would fill in is there already (%#)', (form) => {
  const completed = withEmqxDefaults(form);
  expect(stored(completed)).toEqual(completed);
});

test.each(FORMS.map((form) => [form]))('a stored resource is completed to the same (%#)', (form) => {
  // The definition gives a template without spec nothing at all; the operator then runs one node without probes.
  const isBare = form.spec.coreTemplate?.spec === undefined && form.spec.coreTemplate !== undefined;
  const given = isBare ? form : stored(form);
  expect(withEmqxDefaults(given)).toEqual(withEmqxDefaults(form));
});

test.each(FORMS.map((form) => [form]))('it is complete after one time, and the given one stays (%#)', (form) => {
  const before = JSON.stringify(form);
  const once = withEmqxDefaults(form);
  expect(withEmqxDefaults(once)).toEqual(once);
  expect(JSON.stringify(form)).toBe(before);
});

test('an update strategy that is given gets no delay from the definition, which is none to the operator', () => {
  expect(withEmqxDefaults(emqx()).spec.updateStrategy).toEqual({
    type: 'Recreate',
    initialDelaySeconds: 0,
    evacuationStrategy: { connEvictRate: 100, sessEvictRate: 100, waitTakeover: 10 },
  });
  expect(withEmqxDefaults(emqxWith('spec.updateStrategy', undefined)).spec.updateStrategy).toEqual({
    type: 'Recreate',
    initialDelaySeconds: 10,
    evacuationStrategy: { connEvictRate: 1000, sessEvictRate: 1000, waitTakeover: 10 },
  });
});

test('nodes are probed on the port by its name: the dashboard may be bound elsewhere', () => {
  const { coreTemplate, replicantTemplate } = withEmqxDefaults(emqxWith('spec.replicantTemplate', {})).spec;
  for (const { livenessProbe, readinessProbe, replicas } of [coreTemplate!.spec!, replicantTemplate!.spec!]) {
    for (const probe of [livenessProbe, readinessProbe]) {
      expect(probe!['httpGet']).toEqual({ path: '/status', port: 'dashboard' });
    }
    expect(replicas).toBe(2);
  }
});

test('without a template of replicants there are none', () => {
  expect(withEmqxDefaults(emqx()).spec.replicantTemplate).toBeUndefined();
});

test('values with several forms get the one in which the operator stores them', () => {
  const given = emqxWith('spec.coreTemplate.spec', {
    resources: { requests: { cpu: '0.5', memory: '1024Mi' } },
    volumeClaimTemplates: { resources: { requests: { storage: '1024Mi' } } },
    env: [{ name: 'A', value: '' }],
  });
  expect(withEmqxDefaults(given).spec.coreTemplate!.spec).toMatchObject({
    resources: { requests: { cpu: '500m', memory: '1Gi' } },
    volumeClaimTemplates: { resources: { requests: { storage: '1Gi' } } },
    env: [{ name: 'A' }],
  });
});
