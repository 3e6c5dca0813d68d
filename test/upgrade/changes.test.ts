import * as fc from 'fast-check';
import { changes, mergePatch, presentable } from '../../src/upgrade/changes';

describe('changes', () => {
  test.each<[string, unknown, unknown, unknown[]]>([
    ['nothing between equals', { a: [1, { b: 'x' }] }, { a: [1, { b: 'x' }] }, []],
    ['a changed leaf', { a: { b: 1 } }, { a: { b: 2 } }, [{ path: 'a.b', before: 1, after: 2 }]],
    ['a new field', {}, { a: 1 }, [{ path: 'a', after: 1 }]],
    ['a removed field', { a: { b: 1 } }, { a: {} }, [{ path: 'a.b', before: 1 }]],
    ['a whole new object at one path', {}, { a: { b: 1 } }, [{ path: 'a', after: { b: 1 } }]],
    ['a list item by its index', { a: [1, 2] }, { a: [1, 3] }, [{ path: 'a.1', before: 2, after: 3 }]],
    ['a longer list', { a: [1] }, { a: [1, 2] }, [{ path: 'a.1', after: 2 }]],
    ['a list that becomes an object', { a: [] }, { a: {} }, [{ path: 'a', before: [], after: {} }]],
    ['null is a value', { a: null }, { a: {} }, [{ path: 'a', before: null, after: {} }]],
    ['undefined is no field', { a: undefined }, {}, []],
    [
      'fields in the order they have',
      { a: 1, b: 1 },
      { c: 2, b: 2, a: 2 },
      [
        { path: 'a', before: 1, after: 2 },
        { path: 'b', before: 1, after: 2 },
        { path: 'c', after: 2 },
      ],
    ],
  ])('tell %s', (_, before, after, expected) => {
    expect(changes(before, after)).toEqual(expected);
  });
});

describe('mergePatch', () => {
  test.each<[string, Record<string, unknown>, Record<string, unknown>, unknown]>([
    ['of equals is empty', { a: { b: [1] } }, { a: { b: [1] } }, {}],
    ['removes by null', { a: 1, b: { c: 2 } }, { b: {} }, { a: null, b: { c: null } }],
    ['replaces lists whole', { a: [1, 2] }, { a: [1, 3] }, { a: [1, 3] }],
    ['touches only what differs', { a: { b: 1, c: { d: 2 } } }, { a: { b: 1, c: { d: 3 } } }, { a: { c: { d: 3 } } }],
    ['turns a scalar into an object', { a: 1 }, { a: { b: 1 } }, { a: { b: 1 } }],
    ['makes an empty object', {}, { a: {} }, { a: {} }],
  ])('%s', (_, before, after, patch) => {
    expect(mergePatch(before, after)).toEqual(patch);
  });

  test('applied to before by RFC 7386 it gives after', () => {
    fc.assert(
      fc.property(json, json, (before, after) => {
        expect(applied(before, mergePatch(before, after))).toEqual(after);
      }),
    );
  });

  test('is empty exactly where there are no changes', () => {
    fc.assert(
      fc.property(json, json, (before, after) => {
        expect(Object.keys(mergePatch(before, after)).length === 0).toBe(changes(before, after).length === 0);
      }),
    );
  });
});

describe('presentable', () => {
  test.each([
    'spec.template.spec.emqxContainer.env.0.value',
    'template.spec.emqxContainer.emqxConfig.management',
    'template.spec.emqxContainer.bootstrapAPIKeys.0.key',
    'license.data',
    'template.spec.emqxContainer.args.0',
    'template.spec.volumes.0.secret.name',
    'template.metadata.annotations.myPassword',
    'a.accessToken',
  ])('hides both sides of %s', (path) => {
    expect(presentable({ path, before: 's3cr3t', after: 't0ps3cr3t' })).toEqual({
      path,
      before: '(hidden)',
      after: '(hidden)',
    });
  });

  test('names the settings of a configuration as text that differ, without their values', () => {
    const before = 'dashboard.default_password = s3cr3t\nmqtt.max_packet_size = 1MB';
    const after = 'mqtt.max_packet_size = 1MB\ndashboard { default_password = t0ps3cr3t }\na = 1';
    expect(presentable({ path: 'config.data', before, after })).toEqual({
      path: 'config.data: dashboard.default_password, a',
      before: '(hidden)',
      after: '(hidden)',
    });
  });

  test('keeps an absent side absent', () => {
    expect(presentable({ path: 'license', after: { data: 'x' } })).toEqual({ path: 'license', after: '(hidden)' });
  });

  test.each(['template.spec.emqxContainer.image.version', 'replicas', 'template.spec.environment'])(
    'shows %s',
    (path) => {
      expect(presentable({ path, before: 1, after: 2 })).toEqual({ path, before: 1, after: 2 });
    },
  );

  test('hides the confidential fields inside of a value that is shown', () => {
    const sidecar = { name: 'exporter', env: [{ name: 'EMQX_PASSWORD', value: 's3cr3t' }], args: ['--key=s3cr3t'] };
    const [change] = changes({ extraContainers: [] }, { extraContainers: [sidecar] });
    expect(presentable(change!)).toEqual({
      path: 'extraContainers.0',
      after: { name: 'exporter', env: '(hidden)', args: '(hidden)' },
    });
  });
});

/** JSON objects without null: Kubernetes stores none, and a merge patch cannot write one. */
const { json } = fc.letrec<{ json: Record<string, unknown>; value: unknown }>((tie) => ({
  json: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), tie('value'), { maxKeys: 4, noNullPrototype: true }),
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(0, 1, 'x', '', true, false),
    tie('json'),
    fc.array(tie('value'), { maxLength: 3 }),
  ),
}));

/** RFC 7386, section 2, word for word. */
function applied(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = applied(result[name], value);
  }
  return result;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
