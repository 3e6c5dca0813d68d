import { parse } from 'yaml';
import { z } from 'zod';
import { emqxEnterprise } from '../../src/resource';
import { reference } from './_reference';

interface Node {
  type?: string;
  properties?: Record<string, Node>;
  items?: Node;
  additionalProperties?: Node | boolean;
  required?: string[];
  [keyword: string]: unknown;
}

const text = reference('crds-2.2.29/apps.emqx.io_emqxenterprises.yaml');

/** What the two schemas say of a field, in the same words. */
function facts(node: Node): Record<string, unknown> {
  const integer = node.type === 'integer';
  return {
    type: node.type,
    enum: [...((node.enum as string[] | undefined) ?? [])].sort(),
    default: node.default,
    minLength: node.minLength,
    maxLength: node.maxLength,
    pattern: node.pattern,
    // Ours always names the bounds of 32 bits.
    minimum: integer && (node.minimum as number) < -1e9 ? undefined : node.minimum,
    required: [...(node.required ?? [])].sort(),
  };
}

/** Each field of ours (not of the loose parts) with what the definition has in its place. */
function* pairs(ours: Node, theirs: Node | undefined, path: string): Generator<[string, Node, Node | undefined]> {
  yield [path, ours, theirs];
  for (const [name, child] of Object.entries(ours.properties ?? {})) {
    yield* pairs(child, theirs?.properties?.[name], `${path}.${name}`);
  }
  if (ours.items) yield* pairs(ours.items, theirs?.items, `${path}[]`);
}

(text === undefined ? describe.skip : describe)('the schema agrees with the definition of EMQX Operator 2.2.29', () => {
  const ours = z.toJSONSchema(emqxEnterprise) as Node;
  const crd = parse(text ?? '{}') as { spec: { versions: { name: string; schema: { openAPIV3Schema: Node } }[] } };
  const theirs = crd.spec?.versions.find(({ name }) => name === 'v1beta4')?.schema.openAPIV3Schema;
  const all = ['spec', 'status'].flatMap((part) => [
    ...pairs(ours.properties![part]!, theirs?.properties?.[part], part),
  ]);

  test('in every field name', () => {
    const closed = all.filter(([, node]) => node.additionalProperties === false);
    expect(closed.length).toBeGreaterThan(15);
    for (const [path, mine, other] of closed) {
      expect([path, Object.keys(mine.properties ?? {}).sort()]).toEqual([
        path,
        Object.keys(other?.properties ?? {}).sort(),
      ]);
    }
  });

  test('in types, bounds, enumerations, patterns, defaults and required fields', () => {
    const modelled = all.filter(([, node]) => !('anyOf' in node));
    expect(modelled.length).toBeGreaterThan(100);
    for (const [path, mine, other] of modelled) {
      expect([path, facts(mine)]).toEqual([path, facts(other ?? {})]);
    }
  });
});
