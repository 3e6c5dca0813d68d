import { Liveness } from '../../src/runner/liveness';
import { LEASE_SILENT_MS as SILENT_MS } from '../../src/upgrade/lease-silence';

const FIVE_MINUTES = 300_000;

test.each([
  ['behind', -FIVE_MINUTES],
  ['equal', 0],
  ['ahead', FIVE_MINUTES],
])('a holder lives as long as it renews, and is gone when it is silent: its clock is %s', (_, skew) => {
  const liveness = new Liveness();
  const lease = (renewedAt: number) => ({ holder: 'laptop', expiresAt: renewedAt + skew + 30_000 });
  expect(liveness.judge('a', lease(0), 0)).toBe('unknown');
  expect(liveness.judge('a', lease(0), 9_000)).toBe('unknown');
  expect(liveness.judge('a', lease(10_000), 10_000)).toBe('alive');
  expect(liveness.judge('a', lease(10_000), 10_000 + SILENT_MS - 1)).toBe('alive');
  expect(liveness.isGone('laptop')).toBe(false);
  expect(liveness.judge('a', lease(10_000), 10_000 + SILENT_MS)).toBe('gone');
  expect(liveness.isGone('laptop')).toBe(true);
  expect(liveness.judge('a', lease(60_000), 60_000)).toBe('alive');
  expect(liveness.isGone('laptop')).toBe(false);
});

test('a lease that changes hands is watched anew, and one that nobody holds has no holder', () => {
  const liveness = new Liveness();
  liveness.judge('a', { holder: 'laptop', expiresAt: 30_000 }, 0);
  expect(liveness.judge('a', { holder: 'laptop', expiresAt: 30_000 }, 60_000)).toBe('gone');
  expect(liveness.judge('a', { holder: 'runner', expiresAt: 30_000 }, 60_000)).toBe('unknown');
  expect(liveness.isGone('laptop')).toBe(false);
  expect(liveness.judge('a', undefined, 60_000)).toBeUndefined();
  expect(liveness.judge('a', { holder: 'runner', expiresAt: 30_000 }, 120_000)).toBe('unknown');
});

test('a lease that was not read for long is not silent for that reason', () => {
  const liveness = new Liveness();
  liveness.judge('a', { holder: 'laptop', expiresAt: 30_000 }, 0);
  expect(liveness.isGone('laptop')).toBe(false);
  expect(liveness.judge('a', { holder: 'laptop', expiresAt: 630_000 }, 600_000)).toBe('alive');
});
