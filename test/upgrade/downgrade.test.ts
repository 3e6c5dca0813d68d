import { downgradeOf, goBackAdvice } from '../../src/upgrade/downgrade';

test.each([
  ['4.4.14', '4.4.15'],
  ['4.4.14', '4.4.14'],
  ['4.4.14', '5.0.0'],
  ['4.4.14', 'latest'],
  ['latest', '4.4.14'],
])('from %s to %s is no downgrade', (running, wanted) => {
  expect(downgradeOf(running, wanted)).toBeUndefined();
});

test.each([
  ['4.4.15', '4.4.9', true],
  ['4.4.15-ubuntu', '4.4.14', true],
  ['4.4.0', '4.3.22', false],
  ['5.0.0', '4.4.15', false],
])('from %s to %s is one; within the minor line: %s', (running, wanted, isWithinLine) => {
  expect(downgradeOf(running, wanted)).toMatchObject({
    finding: `version ${wanted} is older than ${running}`,
    isWithinLine,
    fix: expect.stringMatching(isWithinLine ? /--accept-downgrade/ : /a version that is not older/),
  });
});

test('the way back is what an upgrade then takes', () => {
  const advice = (from: string, to: string) => goBackAdvice({ from: { version: from }, to: { version: to } });
  expect(advice('4.4.14', '4.4.15')).toBe(
    'to go back, run an upgrade to version 4.4.14, with --accept-downgrade (Pulumi: upgrade.acceptDowngrade): it is a downgrade',
  );
  expect(advice('4.4.15', '4.4.14')).toBe('to go back, run an upgrade to version 4.4.15');
  expect(advice('4.4.15', '5.0.0')).toBe(
    'going back to version 4.4.15 is not possible: it belongs to another minor line',
  );
});
