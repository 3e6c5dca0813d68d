import { fromProtobuf } from '../../../src/sandbox/kubernetes-api/protobuf';

/** What kubectl 1.33 sends for `create secret generic s1 --from-literal=key=K`. */
const SECRET =
  '6b3873000a0c0a0276311206536563726574' +
  '12200a120a02733112001a0022002a003200380042001208' +
  '0a036b657912014b1a001a002200';

/** A field of a message, whose number and content are short. */
const field = (number: number, content: Buffer | string) =>
  Buffer.concat([Buffer.from([number * 8 + 2, Buffer.from(content).length]), Buffer.from(content)]);
const message = (...fields: Buffer[]) => Buffer.concat(fields);
const objectOf = (kind: string, raw: Buffer, apiVersion = 'v1') =>
  message(Buffer.from('k8s\0'), field(1, message(field(1, apiVersion), field(2, kind))), field(2, raw));

test('a Secret as kubectl sends it', () => {
  expect(JSON.parse(JSON.stringify(fromProtobuf(Buffer.from(SECRET, 'hex'))))).toEqual({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's1' },
    data: { key: Buffer.from('K').toString('base64') },
  });
});

test('labels, several keys, texts of more than one byte, and what is not known is left out', () => {
  const entry = (key: string, value: string) => message(field(1, key), field(2, value));
  const metadata = message(field(1, 'map'), field(11, entry('a', '1')), field(11, entry('b', '')), field(14, 'f'));
  const raw = message(field(1, metadata), field(2, entry('x', 'ä')), field(2, entry('y', '')), field(9, 'new'));
  const immutable = Buffer.from([4 * 8, 1]);
  expect(fromProtobuf(objectOf('ConfigMap', message(raw, immutable)))).toEqual({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'map', labels: { a: '1', b: '' }, finalizers: ['f'] },
    data: { x: 'ä', y: '' },
    immutable: true,
  });
});

test.each<[string, Buffer, RegExp]>([
  ['nothing', Buffer.of(), /protobuf/],
  ['the mark alone', Buffer.from('k8s\0'), /protobuf/],
  ['one that is cut off', Buffer.from(SECRET, 'hex').subarray(0, 40), /protobuf/],
  ['a field of fixed length', objectOf('Secret', Buffer.from([5 * 8 + 5, 0, 0, 0, 0])), /protobuf/],
  ['a kind that is read as JSON only', objectOf('Job', Buffer.of(), 'batch/v1'), /reads a Job as JSON only/],
])('%s is refused', (_, body, text) => {
  expect(() => fromProtobuf(body)).toThrow(text);
});
