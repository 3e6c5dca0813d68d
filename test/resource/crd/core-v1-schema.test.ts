import { EMBEDDED_METADATA, OVERRIDES } from '../../../scripts/core-v1-overrides';
import file from '../../../src/resource/crd/core-v1.schema.json';
import { coreV1Definition } from '../../../src/resource/crd/core-v1-definitions';

interface Node {
  $ref?: string;
  properties?: Record<string, Node>;
  items?: Node;
  additionalProperties?: Node;
  [keyword: string]: unknown;
}

const definitions = file as unknown as Record<string, Node>;

function* nodesOf(node: Node): Generator<Node> {
  yield node;
  for (const child of Object.values(node.properties ?? {})) yield* nodesOf(child);
  if (node.items) yield* nodesOf(node.items);
  if (node.additionalProperties) yield* nodesOf(node.additionalProperties);
}

const nodes = Object.values(definitions).flatMap((node) => [...nodesOf(node)]);

test('the file holds structure only', () => {
  const kept = ['type', 'format', 'properties', 'required', 'items', 'additionalProperties', '$ref', 'default'];
  const found = new Set(nodes.flatMap(Object.keys).filter((keyword) => !keyword.startsWith('x-kubernetes-')));
  expect([...found].filter((keyword) => !kept.includes(keyword))).toEqual([]);
});

test('its names are in order, so that a newer document shows as a small difference', () => {
  expect(Object.keys(definitions)).toEqual(Object.keys(definitions).sort());
});

test('every reference leads to a definition that can be built', () => {
  const names = new Set(nodes.flatMap(({ $ref }) => $ref ?? []));
  expect(names.size).toBeGreaterThan(50);
  for (const name of names) expect(coreV1Definition(name)).toBe(coreV1Definition(name));
  expect(() => coreV1Definition('Nothing')).toThrow('core-v1.schema.json has no Nothing');
});

test.each(OVERRIDES.map((override) => [[override.definition, override.property].join('.'), override] as const))(
  'the override of %s is in it',
  (_, { definition, property, add }) => {
    const node = definitions[definition];
    expect(property === undefined ? node : node?.properties?.[property]).toMatchObject(add);
  },
);

test('defaults come from overrides only', () => {
  const expected = OVERRIDES.filter(({ add }) => 'default' in add);
  expect(nodes.filter((node) => 'default' in node)).toHaveLength(expected.length);
});

test('an embedded object has the metadata that a definition keeps', () => {
  expect(Object.keys(definitions['ObjectMeta']!.properties!).sort()).toEqual([...EMBEDDED_METADATA].sort());
});
