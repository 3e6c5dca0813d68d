import { DAYS } from '../../src/resource/runner-policy';
import { isOpenAt, windowText } from '../../src/resource/runner-window';

/** 2026-03-28 is a Saturday; in the night to the 29th the clocks of Berlin go forward at 01:00 UTC. */
const NIGHT = { days: ['sat'], from: '22:00', to: '04:00', timeZone: 'Europe/Berlin' } as const;
const MORNING = { days: ['mon', 'sat'], from: '01:00', to: '05:30', timeZone: 'UTC' } as const;
const WHOLE = { days: ['sun'], from: '00:00', to: '24:00', timeZone: 'Asia/Tokyo' } as const;

test.each([
  [MORNING, '2026-03-28T00:59:59Z', false],
  [MORNING, '2026-03-28T01:00:00Z', true],
  [MORNING, '2026-03-28T05:29:59Z', true],
  [MORNING, '2026-03-28T05:30:00Z', false],
  [MORNING, '2026-03-29T02:00:00Z', false],
  [MORNING, '2026-03-30T02:00:00Z', true],
  // Overnight it belongs to the day on which it opens; before the change of clocks Berlin is one hour ahead, after it two.
  [NIGHT, '2026-03-28T20:59:59Z', false],
  [NIGHT, '2026-03-28T21:00:00Z', true],
  [NIGHT, '2026-03-29T01:59:59Z', true],
  [NIGHT, '2026-03-29T02:00:00Z', false],
  [NIGHT, '2026-03-29T20:30:00Z', false],
  [NIGHT, '2026-03-28T00:00:00Z', false],
  [WHOLE, '2026-03-28T14:59:59Z', false],
  [WHOLE, '2026-03-28T15:00:00Z', true],
  [WHOLE, '2026-03-29T14:59:59Z', true],
  [WHOLE, '2026-03-29T15:00:00Z', false],
])('%j at %s: open is %s', (window, at, expected) => {
  expect(isOpenAt(window, Date.parse(at))).toBe(expected);
});

test('a window in words', () => {
  expect(windowText(NIGHT)).toBe('sat 22:00 to 04:00 Europe/Berlin');
  expect(windowText({ ...NIGHT, days: DAYS })).toBe('daily 22:00 to 04:00 Europe/Berlin');
});
