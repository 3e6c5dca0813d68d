import { countsOf, disconnectBars, pointsOf, ratesOf } from '../../../src/cli/page/points';
import { elapsed, timeTicks } from '../../../src/cli/page/time-axis';
import { type ChartLine, valueAt } from '../../../src/cli/page/time-chart';
import { eventful } from './_document';

test('rates are averages over some seconds, and end where nobody observed', () => {
  const document = eventful();
  const rates = ratesOf(document, document.series!, document.series!.disconnects);
  expect(rates.find(({ at }) => at === 20_000)).toEqual({ at: 20_000, value: 60 });
  expect(rates.filter(({ value }) => value === null).map(({ at }) => at)).toEqual([50_000]);
  expect(rates.every(({ value }) => value === null || value <= 60)).toBe(true);
});

test('a time without observations has a point that is unknown', () => {
  const document = eventful();
  const points = pointsOf(document, document.series!, document.series!.blue.connections);
  expect(points.filter(({ value }) => value === null)).toEqual([{ at: 50_500, value: null }]);
});

test('what is counted now and then has no gap between two counts, and one where it was not counted for long', () => {
  const document = eventful();
  const series = { ...document.series!, steps: [0, 5, 16, 90] };
  expect(countsOf(document, series, [1, null, 3, 4]).map(({ value }) => value)).toEqual([1, 3, null, 4]);
});

test('a second with as many disconnects as the cap is not counted as one with more', () => {
  const bars = disconnectBars(eventful())!.bars;
  expect(bars.at(-1)).toMatchObject({ to: 60 });
  expect(bars.reduce((sum, { count }) => sum + count, 0)).toBe(40);
});

test.each([
  [31_600, ['0:00', '0:05', '0:10', '0:15', '0:20', '0:25', '0:30']],
  [600_000, ['0:00', '1:00', '2:00', '3:00', '4:00', '5:00', '6:00', '7:00', '8:00', '9:00', '10:00']],
  [5_400_000, ['0:00:00', '0:15:00', '0:30:00', '0:45:00', '1:00:00', '1:15:00', '1:30:00']],
  [86_400_000, ['0:00', '3:00', '6:00', '9:00', '12:00', '15:00', '18:00', '21:00', '24:00']],
  [1_000, ['0:00', '0:01']],
])('an axis of %s ms has round times', (spanMs, labels) => {
  expect(timeTicks(spanMs).map(({ label }) => label)).toEqual(labels);
});

test('elapsed time is minutes and seconds', () => {
  expect([elapsed(0), elapsed(65_400), elapsed(3_600_000 + 125_000)]).toEqual(['0:00', '1:05', '1:02:05']);
});

test('a line has no value before its first point, after its last, and in a gap; a step lasts', () => {
  const line: ChartLine = {
    name: '',
    tone: 'blue',
    points: [
      { at: 10, value: 1 },
      { at: 20, value: null },
      { at: 30, value: 3 },
    ],
  };
  expect([5, 10, 15, 25, 30, 31].map((at) => valueAt(line, at))).toEqual([null, 1, 1, null, 3, null]);
  expect(valueAt({ ...line, shape: 'step' }, 31)).toBe(3);
});
