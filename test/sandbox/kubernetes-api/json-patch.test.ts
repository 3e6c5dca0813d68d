import { jsonPatch } from '../../../src/sandbox/kubernetes-api/json-patch';

const before = () => ({ spec: { replicas: 3, list: ['a', 'b'], 'odd/key~': 1 } as Record<string, unknown> });

test.each([
  ['add a member', [{ op: 'add', path: '/spec/x', value: { y: 1 } }], { replicas: 3, list: ['a', 'b'], x: { y: 1 } }],
  ['replace one', [{ op: 'replace', path: '/spec/replicas', value: 5 }], { replicas: 5, list: ['a', 'b'] }],
  ['remove one', [{ op: 'remove', path: '/spec/replicas' }], { list: ['a', 'b'] }],
  ['insert into a list', [{ op: 'add', path: '/spec/list/1', value: 'x' }], { replicas: 3, list: ['a', 'x', 'b'] }],
  ['append to a list', [{ op: 'add', path: '/spec/list/-', value: 'x' }], { replicas: 3, list: ['a', 'b', 'x'] }],
  ['replace an item', [{ op: 'replace', path: '/spec/list/0', value: 'x' }], { replicas: 3, list: ['x', 'b'] }],
  ['remove an item', [{ op: 'remove', path: '/spec/list/0' }], { replicas: 3, list: ['b'] }],
  ['move', [{ op: 'move', from: '/spec/list/0', path: '/spec/first' }], { replicas: 3, list: ['b'], first: 'a' }],
  ['copy', [{ op: 'copy', from: '/spec/list', path: '/spec/all' }], { replicas: 3, list: ['a', 'b'], all: ['a', 'b'] }],
  ['test what holds', [{ op: 'test', path: '/spec/list', value: ['a', 'b'] }], { replicas: 3, list: ['a', 'b'] }],
])('%s', (_, patch, after) => {
  expect(jsonPatch(before(), patch)).toEqual({ spec: { 'odd/key~': 1, ...after } });
});

test('a name is escaped', () => {
  const patched = jsonPatch(before(), [{ op: 'remove', path: '/spec/odd~1key~0' }]);
  expect(patched).toEqual({ spec: { replicas: 3, list: ['a', 'b'] } });
});

test.each([
  ['test what does not hold', [{ op: 'test', path: '/spec/replicas', value: 4 }], 422],
  ['replace what is not there', [{ op: 'replace', path: '/spec/x', value: 4 }], 422],
  ['remove what is not there', [{ op: 'remove', path: '/spec/x/y' }], 422],
  ['go behind the end of a list', [{ op: 'add', path: '/spec/list/3', value: 'x' }], 422],
  ['replace everything', [{ op: 'replace', path: '', value: {} }], 422],
  ['do what is unknown', [{ op: 'sort', path: '/spec' }], 400],
  ['be no list', { spec: {} }, 400],
])('to %s is refused', (_, patch, code) => {
  expect(() => jsonPatch(before(), patch)).toThrow(expect.objectContaining({ code }));
});
