import Ajv from 'ajv';
import { stringify } from 'yaml';
import { problemsOf, withDefaults } from '../../../src/resource';
import {
  customResourceDefinitions,
  emqxDefinition,
  emqxEnterpriseDefinition,
  rebalanceDefinition,
  type StructuralSchema,
} from '../../../src/resource/crd';
import { emqxEnterprise } from '../../../src/resource/v1beta4/emqx-enterprise-schema';
import { cluster, clusterWith } from '../_cluster';

/** What a structural schema may say here. */
const KEYWORDS = [
  'type',
  'format',
  'properties',
  'required',
  'items',
  'additionalProperties',
  'default',
  'enum',
  'pattern',
  'minimum',
  'minLength',
  'maxLength',
  'anyOf',
  'x-kubernetes-int-or-string',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-map-type',
  'x-kubernetes-validations',
];

function* nodesOf(schema: StructuralSchema): Generator<StructuralSchema> {
  yield schema;
  for (const child of Object.values(schema.properties ?? {})) yield* nodesOf(child);
  if (schema.items) yield* nodesOf(schema.items);
  if (schema.additionalProperties) yield* nodesOf(schema.additionalProperties);
}

const nodes = customResourceDefinitions().flatMap(({ spec }) =>
  spec.versions.flatMap(({ schema }) => [...nodesOf(schema.openAPIV3Schema)]),
);

describe('every node of every schema', () => {
  test('uses the words of a structural schema only', () => {
    expect(nodes.length).toBeGreaterThan(5000);
    expect(nodes.flatMap(Object.keys).filter((keyword) => !KEYWORDS.includes(keyword))).toEqual([]);
  });

  test('has one type, or is an integer or a string', () => {
    const types = ['array', 'boolean', 'integer', 'object', 'string'];
    const wrong = nodes.filter((node) =>
      node['x-kubernetes-int-or-string'] ? node.type !== undefined : !types.includes(node.type ?? ''),
    );
    expect(wrong).toEqual([]);
  });

  test('requires fields it has', () => {
    const wrong = nodes.filter(({ required = [], properties = {} }) => required.some((name) => !(name in properties)));
    expect(wrong).toEqual([]);
  });

  test('has keys of a list that each item has, given or by default', () => {
    const lists = nodes.filter((node) => node['x-kubernetes-list-type'] === 'map');
    expect(lists.length).toBeGreaterThan(10);
    for (const { items, ...list } of lists) {
      for (const key of list['x-kubernetes-list-map-keys'] as string[]) {
        const given = items?.required?.includes(key) || items?.properties?.[key]?.['default'] !== undefined;
        expect([key, given]).toEqual([key, true]);
      }
    }
  });
});

describe('a definition', () => {
  test('is created at each call, of parts that nobody shares', () => {
    const first = customResourceDefinitions();
    for (const definition of first) expect(stringify(definition)).not.toMatch(/&a\d/);
    delete first[0]!.spec.versions[0]!.schema.openAPIV3Schema.properties;
    expect(customResourceDefinitions()[0]!.spec.versions[0]!.schema.openAPIV3Schema.properties).toBeDefined();
  });

  test('stores one version', () => {
    const stored = customResourceDefinitions().map(({ metadata, spec }) => [
      metadata.name,
      spec.versions.filter(({ storage }) => storage).map(({ name }) => name),
    ]);
    expect(stored).toEqual([
      ['emqxenterprises.apps.emqx.io', ['v1beta4']],
      ['emqxbrokers.apps.emqx.io', ['v1beta4']],
      ['emqxplugins.apps.emqx.io', ['v1beta4']],
      ['rebalances.apps.emqx.io', ['v2beta1']],
      ['emqxes.apps.emqx.io', ['v2beta1']],
    ]);
  });

  test('of Rebalance warns of v1beta4', () => {
    expect(rebalanceDefinition().spec.versions.map(({ name, deprecated }) => [name, deprecated])).toEqual([
      ['v1beta4', true],
      ['v2beta1', undefined],
    ]);
  });

  test('of EMQX has a short name, and refuses two disruption budgets at once', () => {
    const { names, versions } = emqxDefinition().spec;
    expect(names.shortNames).toEqual(['emqx']);
    const rules = [...nodesOf(versions[0]!.schema.openAPIV3Schema)].filter((node) => node['x-kubernetes-validations']);
    expect(rules).toHaveLength(2);
  });
});

describe('the schema and the definition of EmqxEnterprise are of one mind', () => {
  const ajv = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false });
  const validate = ajv.compile(emqxEnterpriseDefinition().spec.versions[0]!.schema.openAPIV3Schema);
  const container = 'spec.template.spec.emqxContainer';

  test.each<[unknown]>([[cluster()], [withDefaults(cluster())]])('about a sound resource (%#)', (resource) => {
    expect(problemsOf(resource)).toEqual([]);
    expect([validate(resource), validate.errors]).toEqual([true, null]);
  });

  test.each([
    [`${container}.resources`, { limits: { memory: '512 MB' } }],
    [`${container}.resources`, { limits: { cpu: true } }],
    [`${container}.livenessProbe`, { httpGet: { path: '/' } }],
    [`${container}.ports`, [{ name: 'x' }]],
    [`${container}.bootstrapAPIKeys`, [{ key: 'a', secret: 'ab' }]],
    ['spec.template.spec.volumes', [{ configMap: { name: 'x' } }]],
    ['spec.template.spec.tolerations', [{ tolerationSeconds: '5' }]],
    ['spec.persistent', {}],
    ['spec.persistent', { spec: { resources: { requests: { storage: '1GB' } } } }],
    ['spec.serviceTemplate', { spec: { ports: [{ port: 'x' }] } }],
    ['status', { conditions: [{ type: 'Running' }] }],
  ])('about what is wrong with %s: %j', (path, value) => {
    const resource = clusterWith(path, value);
    expect(emqxEnterprise.safeParse(resource).success).toBe(false);
    expect(validate(resource)).toBe(false);
  });
});
