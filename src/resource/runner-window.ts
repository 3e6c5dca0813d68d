import { DAYS, type RunnerWindow } from './runner-policy';

type Day = (typeof DAYS)[number];

/**
 * Whether a window is open: by the clock on the wall of its time zone, so that it moves with daylight saving time.
 *
 * @param at ms since the epoch
 */
export function isOpenAt({ days, from, to, timeZone }: RunnerWindow, at: number): boolean {
  const { day, time } = wallTime(timeZone, at);
  const yesterday = DAYS[(DAYS.indexOf(day) + 6) % 7]!;
  if (from < to) return days.includes(day) && time >= from && time < to;
  return (days.includes(day) && time >= from) || (days.includes(yesterday) && time < to);
}

/** A window in words. */
export function windowText({ days, from, to, timeZone }: RunnerWindow): string {
  return `${days.length === DAYS.length ? 'daily' : days.join(', ')} ${from} to ${to} ${timeZone}`;
}

function wallTime(timeZone: string, at: number): { day: Day; time: string } {
  const parts = new Map(
    wallClock(timeZone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
  return {
    day: parts.get('weekday')!.toLowerCase() as Day,
    time: `${parts.get('hour')}:${parts.get('minute')}`,
  };
}

const clocks = new Map<string, Intl.DateTimeFormat>();

function wallClock(timeZone: string): Intl.DateTimeFormat {
  const known = clocks.get(timeZone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  clocks.set(timeZone, made);
  return made;
}
