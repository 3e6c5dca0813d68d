import { inspect } from 'node:util';
import { ApiKey } from '../../src';
import { podOf, problemsWith } from './_cluster';

describe('the ACL', () => {
  test('takes the place of the rules the operator would write', () => {
    const acl = ['{allow, {user, "dashboard"}, subscribe, ["$SYS/#"]}.', '{deny, all}.'];
    expect(podOf({ acl }).emqxContainer!.emqxACL).toEqual(acl);
    expect(podOf({}).emqxContainer!.emqxACL).toHaveLength(4);
  });

  test.each([['{allow, all}'], ['allow all.'], [''], [5]])('with a rule EMQX cannot read is refused: %s', (rule) => {
    expect(problemsWith({ acl: ['{allow, all}.', rule] })).toEqual([
      expect.stringMatching(/^'acl\[1\]' \(.*\) must be a rule in braces with a full stop behind it: /),
    ]);
  });

  test('without a rule is refused, for the operator would allow everything', () => {
    expect(problemsWith({ acl: [] })).toEqual([
      expect.stringMatching(
        /^'acl' \(missing\) must be a list of one or more rules: .* the last of them allows everything; /,
      ),
    ]);
    expect(problemsWith({ acl: '{allow, all}.' })).toEqual([
      expect.stringMatching(/^'acl' \("{allow, all}."\) must be/),
    ]);
  });
});

describe('keys of the management API', () => {
  const secret = 'do-not-print-me';

  test('stand in the custom resource, whose definition has no other place for them', () => {
    expect(podOf({ apiKeys: [ApiKey.of('console', secret)] }).emqxContainer!.bootstrapAPIKeys).toEqual([
      { key: 'console', secret },
    ]);
  });

  test('do not print their secrets', () => {
    const apiKey = ApiKey.of('console', secret);
    expect(JSON.stringify(apiKey) + inspect(apiKey, { showHidden: true })).not.toContain(secret);
  });

  test.each<[string, unknown, RegExp]>([
    [
      'a bad key',
      [ApiKey.of('do-not-print-me', secret)],
      /^'apiKeys\[0\].key' \(hidden\) must be letters, digits and '_'/,
    ],
    ['a short secret', [ApiKey.of('a', 'ab')], /^'apiKeys\[0\].secret' \(hidden\) must be text of 3 to 32 characters/],
    ['a long secret', [ApiKey.of('a', secret.repeat(3))], /^'apiKeys\[0\].secret' \(hidden\) must be text of 3 to 32/],
    [
      'a secret of two lines',
      [ApiKey.of('a', `${secret}\nb`)],
      /^'apiKeys\[0\].secret' \(hidden\) must be .* in one line/,
    ],
    ['no secret', [ApiKey.of('a', undefined as never)], /^'apiKeys\[0\].secret' \(missing\) must be text/],
    [
      'a key twice',
      [ApiKey.of('a', secret), ApiKey.of('a', secret)],
      /^'apiKeys\[1\].key' \(hidden\) must be given once/,
    ],
    [
      "the operator's own",
      [ApiKey.of('emqx_operator_controller', secret)],
      /^'apiKeys\[0\].key' \(hidden\) must be given/,
    ],
    ['a plain object', [{ key: 'a', secret }], /^'apiKeys\[0\]' \(hidden\) must be an ApiKey, in a list: /],
    ['no list', ApiKey.of('a', secret), /^'apiKeys' \(hidden\) must be an ApiKey, in a list: /],
  ])('are refused with %s, and not printed', (_what, apiKeys, message) => {
    const problems = problemsWith({ apiKeys });
    expect(problems).toEqual([expect.stringMatching(message)]);
    expect(problems.join()).not.toContain(secret);
  });
});
