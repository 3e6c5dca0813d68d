import { parse } from 'yaml';
import { type Comparison, compare } from '../../../scripts/crd-comparison';
import { type CustomResourceDefinition, customResourceDefinitions } from '../../../src/resource/crd';
import { reference } from '../_reference';

const PLURALS = ['emqxenterprises', 'emqxbrokers', 'emqxplugins', 'rebalances', 'emqxes'];

function ours(plural: string): CustomResourceDefinition {
  return customResourceDefinitions().find(({ spec }) => spec.names.plural === plural)!;
}

test('there is a definition for each controller of the operator', () => {
  expect(customResourceDefinitions().map(({ spec }) => spec.names.plural)).toEqual(PLURALS);
});

describe.each(PLURALS)('%s', (plural) => {
  const text = reference(`crds-2.2.29/apps.emqx.io_${plural}.yaml`);

  (text === undefined ? test.skip : test)('says exactly what the definition of EMQX Operator 2.2.29 says', () => {
    const theirs = parse(text!) as CustomResourceDefinition;
    const { additions, differences, paths } = compare(ours(plural), theirs);
    expect({ additions, differences }).toEqual({ additions: [], differences: [] });
    expect(paths).toBeGreaterThanOrEqual(10);
  });

  test('fits into the annotation of kubectl apply', () => {
    expect(JSON.stringify(ours(plural)).length).toBeLessThan(262_144);
  });
});

/** What the comparison says when ours is changed so. The definition is written as JSON to be changed as text. */
function afterChange(plural: string, from: string | RegExp, to: string): Comparison {
  const text = JSON.stringify(ours(plural));
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  return compare(JSON.parse(changed), ours(plural));
}

describe('the comparison sees', () => {
  test.each([
    ['a type', '"pluginName":{"type":"string"}', '"pluginName":{"type":"integer"}', /^v1beta4.spec.pluginName: /],
    ['a required field', '"required":["pluginName","selector"]', '"required":["selector"]', /^v1beta4.spec: /],
    ['a missing field', /,"config":\{[^}]*\}\}/, '', /^v1beta4.spec.config is missing$/],
    [
      'free fields',
      '"additionalProperties":{"type":"string"}',
      '"additionalProperties":{"type":"boolean"}',
      /selector{}: /,
    ],
    [
      'an unknown keyword',
      '"spec":{"type"',
      '"spec":{"x-kubernetes-preserve-unknown-fields":true,"type"',
      /^v1beta4.spec: /,
    ],
    ['a scope', '"Namespaced"', '"Cluster"', /^spec: /],
    ['a subresource', '"subresources":{"status":{}}', '"subresources":{}', /^v1beta4: /],
    ['an unknown version', '"v1beta4","served"', '"v1","served"', /^v1 is unknown$/],
  ])('%s', (_, from, to, difference) => {
    const { differences, additions } = afterChange('emqxplugins', from, to);
    expect(additions).toEqual([]);
    expect(differences).toContainEqual(expect.stringMatching(difference));
  });

  test.each([
    ['a minimum', '"minimum":1,', '', /connEvictRate: /],
    ['a format', '"format":"byte"', '"format":"text"', /license.data: /],
    ['a default', '"default":3', '"default":2', /spec.replicas: /],
    ['an enumeration', '"enum":["Always",', '"enum":[', /pullPolicy: /],
    ['a pattern', 'a-zA-Z\\\\d_', 'a-z', /bootstrapAPIKeys\[\].key: /],
    ['a list type', '"x-kubernetes-list-type":"map",', '', /ports: /],
    ['a printer column', '"name":"Age"', '"name":"Since"', /^v1beta4: /],
  ])('%s', (_, from, to, difference) => {
    expect(afterChange('emqxenterprises', from, to).differences).toEqual([expect.stringMatching(difference)]);
  });

  test('an added field', () => {
    const { additions, differences } = afterChange(
      'emqxplugins',
      '"properties":{"plugin',
      '"properties":{"x":{},"plugin',
    );
    expect({ additions, differences }).toEqual({ additions: ['v1beta4.spec.x'], differences: [] });
  });

  test('that a version is left out, which only a deprecated one may be', () => {
    const theirs = ours('rebalances');
    const only = (index: number) => ({ ...theirs, spec: { ...theirs.spec, versions: [theirs.spec.versions[index]!] } });
    expect(compare(only(1), theirs)).toMatchObject({ differences: [], leftOut: ['v1beta4'] });
    expect(compare(only(0), theirs)).toMatchObject({ differences: ['v2beta1 is missing'] });
  });
});
