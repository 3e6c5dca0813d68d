import { bootstrapKey } from '../../../src/emqx';

const SECRET = 'x'.repeat(64);

describe('the bootstrap API key', () => {
  test.each<[string, string, { id: string; secret: string }]>([
    ['alone', `emqx-operator-controller:${SECRET}`, { id: 'emqx-operator-controller', secret: SECRET }],
    [
      'after others',
      `mine:abc\nemqx-operator-controller:${SECRET}\n`,
      { id: 'emqx-operator-controller', secret: SECRET },
    ],
    ['of somebody else', '\r\nmine:abc\r\n', { id: 'mine', secret: 'abc' }],
    ['with a role', 'mine:abc:administrator', { id: 'mine', secret: 'abc' }],
    ['with a colon in its secret', 'mine:a:b', { id: 'mine', secret: 'a:b' }],
  ])('%s', (_, content, key) => {
    expect(bootstrapKey(content)).toEqual(key);
  });

  test.each(['', 'hunter2', ':hunter2', 'hunter2:'])('is missing in %j, which no message repeats', (content) => {
    expect(() => bootstrapKey(content)).toThrow(expect.objectContaining({ code: 'refused' }));
    expect(() => bootstrapKey(content)).not.toThrow(/hunter2/);
  });
});
