import fc from 'fast-check';
import { parseJournal } from '../../src/upgrade/journal';
import { type Reading, type RunSeries, withReadings } from '../../src/upgrade/series';
import { journal, T0 } from './fixtures';

const NOTHING: Omit<Reading, 'at'> = {
  blue: { connections: null, sessions: null },
  green: { connections: null, sessions: null },
  away: null,
  disconnects: null,
  disconnectsPerSecond: null,
  reconnects: null,
  reconnectsPerSecond: null,
  nodes: new Map(),
};
const reading = (ms: number, more: Partial<Reading> = {}): Reading => ({ ...NOTHING, at: T0 + ms, ...more });
const on = (connections: number | null) => ({ connections, sessions: connections });
const bytes = (series: RunSeries | undefined) => Buffer.byteLength(JSON.stringify(series));

describe('the series of a run', () => {
  test('has the last counts, the sums and the peaks of each step', () => {
    const series = withReadings(undefined, [
      reading(0, { blue: on(300), away: 0 }),
      reading(400, { blue: on(290), away: 10, disconnects: 10, disconnectsPerSecond: 10 }),
      reading(900, { blue: on(285), away: 5, disconnects: 5, disconnectsPerSecond: 8 }),
      reading(1_100, { blue: on(280), away: 5, disconnects: 5 }),
    ]);
    expect(series).toMatchObject({
      from: T0,
      stepMs: 1_000,
      steps: [0, 1],
      blue: { connections: [285, 280] },
      away: [10, 5],
      disconnects: [15, 5],
      disconnectsPerSecond: [10, null],
    });
  });

  test('keeps what is unknown apart from zero, and a gap in which nobody observed', () => {
    const first = withReadings(undefined, [reading(0, { blue: on(3) }), reading(1_000)]);
    const series = withReadings(first, [reading(60_000, { blue: on(0), nodes: new Map([['a', 0]]) })]);
    expect(series).toMatchObject({
      steps: [0, 1, 60],
      blue: { connections: [3, null, 0] },
      nodes: [{ pod: 'a', connections: [null, null, 0] }],
    });
  });

  test('of a long run has longer steps, and the same peaks and sums', () => {
    const readings = Array.from({ length: 7_200 }, (_, second) =>
      reading(second * 1_000, {
        blue: on(second),
        away: second === 4_321 ? 77 : 3,
        disconnects: 2,
        disconnectsPerSecond: second === 17 ? 99 : 2,
      }),
    );
    // In pieces, as they are written.
    let series: RunSeries | undefined;
    for (let at = 0; at < readings.length; at += 250) series = withReadings(series, readings.slice(at, at + 250));
    const { stepMs, steps, away, disconnects, disconnectsPerSecond, blue } = series!;
    expect({ stepMs, steps: steps.length, last: blue.connections.at(-1) }).toEqual({
      stepMs: 16_000,
      steps: 450,
      last: 7_199,
    });
    expect([Math.max(...(away as number[])), Math.max(...(disconnectsPerSecond as number[]))]).toEqual([77, 99]);
    expect((disconnects as number[]).reduce((a, b) => a + b)).toBe(14_400);
  });

  test.each([
    ['an hour, 3 nodes', 3_600, 1_000, 3],
    ['a day, 40 nodes', 86_400, 10_000, 40],
    ['a week, 200 nodes', 604_800, 60_000, 200],
    ['an hour, 4,000 nodes with long names', 3_600, 60_000, 4_000],
  ])('stays under 200 KB: %s', (_run, seconds, everyMs, nodes) => {
    const many = 9_999_999;
    const pods = Array.from({ length: nodes }, (_, index) => [`${'emqx-'.repeat(10)}${index}`, many] as const);
    const all = { away: many, disconnects: many, disconnectsPerSecond: many, reconnects: many };
    const readings = Array.from({ length: (seconds * 1_000) / everyMs }, (_, index) =>
      reading(index * everyMs, { blue: on(many), green: on(many), ...all, nodes: new Map(pods) }),
    );
    const series = withReadings(undefined, readings);
    expect(bytes(series)).toBeLessThan(200_000);
    expect(series!.steps.length).toBeGreaterThan(15);
  });

  test('never gets larger, and never loses a peak, whatever is observed', () => {
    const value = fc.option(fc.nat(10_000_000), { nil: null });
    const load = fc.record({ connections: value, sessions: value });
    const one = fc.record({
      blue: load,
      green: load,
      away: value,
      disconnects: value,
      disconnectsPerSecond: value,
      reconnects: value,
      reconnectsPerSecond: value,
      nodes: fc.dictionary(fc.constantFrom('a', 'b', 'c'), value).map((nodes) => new Map(Object.entries(nodes))),
    });
    const parts = fc.array(fc.array(fc.tuple(fc.nat(100_000), one), { minLength: 1, maxLength: 80 }), {
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(parts, (written) => {
        let at = 0;
        let series: RunSeries | undefined;
        const readings = written.map((part) =>
          part.map(([wait, rest]) => {
            at += wait;
            return reading(at, rest);
          }),
        );
        for (const part of readings) series = withReadings(series, part);
        expect(bytes(series)).toBeLessThan(200_000);
        const peak = (values: readonly (number | null)[]) => Math.max(-1, ...values.map((each) => each ?? -1));
        expect(peak(series!.away)).toBe(peak(readings.flat().map(({ away }) => away)));
        // What was written is read again.
        expect(parseJournal(JSON.stringify(journal({ series })))?.series).toEqual(series);
      }),
      { numRuns: 50 },
    );
  });

  test.each([
    ['a column without a value', { away: [] }],
    ['a negative count', { away: [-1, 0] }],
    ['steps that go back', { steps: [1, 0] }],
    ['something else', { blue: 'x' }],
  ])('that somebody has spoiled is dropped, and the journal is read: %s', (_what, change) => {
    const series = withReadings(undefined, [reading(0), reading(1_000)])!;
    const read = parseJournal(JSON.stringify({ ...journal(), series: { ...series, ...change } }));
    expect(read).toMatchObject({ run: 'run-1' });
    expect(read?.series).toBeUndefined();
  });
});
