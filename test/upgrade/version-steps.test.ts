import { versionSteps } from '../../src/upgrade/version-steps';

describe('a step between two versions', () => {
  test.each<[string, string, (string | RegExp)[]]>([
    ['5.8.8', '5.8.9', []],
    ['5.8.9', '6.2.0', ['durable']],
    ['6.0.1', '6.1.0', []],
    ['6.1.0', '6.2.0', ['warning']],
    ['6.2.0', '6.3.0', ['blocker', 'warning']],
    ['6.2.0', '6.3.1', ['warning']],
    ['6.3.0', '6.3.1', []],
    ['6.2.0', '6.2.4', []],
    ['5.8.9', '6.0.0', ['blocker', 'durable']],
    ['5.7.2', '6.1.0', ['blocker', 'durable']],
    ['5.3.2', '5.9.1', ['warning']],
    ['5.3.2', '5.10.1', ['blocker']],
    ['5.4.1', '5.10.1', []],
    ['5.8.7', '5.9.0', ['blocker']],
    ['5.8.7', '5.10.0', ['blocker']],
    ['5.8.6', '5.10.0', []],
    ['5.8.7', '5.9.1', []],
    ['5.5.1', '5.6.0', ['warning']],
    ['5.0.26', '5.8.9', ['blocker']],
    ['4.4.14', '4.4.15', []],
    ['5.8.8', '4.4.15', ['blocker']],
    ['latest', '6.3.0', []],
  ])('from %s to %s', (from, to, expected) => {
    const kinds = versionSteps(from, to).map(({ status, durable }) => (durable ? 'durable' : status));
    expect(kinds).toEqual(expected);
  });

  test('says that Prometheus needs a key from 6.3 on', () => {
    expect(versionSteps('6.2.1', '6.3.1')).toEqual([
      expect.objectContaining({
        finding: expect.stringContaining('Prometheus'),
        fix: expect.stringContaining('API key'),
      }),
    ]);
  });

  test('always says what to do', () => {
    for (const { finding, fix } of versionSteps('5.0.0', '6.0.0')) expect([finding, fix].every(Boolean)).toBe(true);
  });
});
