import { type ChartPoint, renderChart } from '../../../src/cli/render/chart';
import { T0 } from '../../upgrade/fixtures';
import { marked, plain } from './fixtures';

const point = (seconds: number, blue: number | null, green?: number): ChartPoint => ({
  at: T0 + seconds * 1_000,
  blue,
  green,
});
const chart = (points: ChartPoint[], width = 40, height = 9, style = plain) =>
  `\n${renderChart(points, { style, width, height }).join('\n')}\n`;

/** 3,000 clients at 100 per second, each back after a second. */
const UPGRADE = Array.from({ length: 41 }, (_, second) => {
  const moved = Math.min(3_000, Math.max(0, second - 8) * 100);
  return point(second, 3_000 - moved, second < 5 ? undefined : Math.max(0, moved - 100));
});

describe('the chart', () => {
  test('shows blue falling and green rising', () => {
    expect(chart([...UPGRADE, point(41, 0, 3_000)])).toBe(`
connections: blue 0, green 3,000
3,000 ┤⠉⠉⠉⠉⠉⠉⠢⣀               ⡠⠔⠒⠊ green
      ┤        ⠑⠢⣀         ⣀⠔⠉
      ┤           ⠑⠤⡀   ⣀⠔⠊
1,500 ┤             ⠈⢑⠤⡊
      ┤           ⢀⠤⠊⠁ ⠈⠑⢄⡀
      ┤        ⢀⡠⠊⠁       ⠈⠒⢄⡀
    0 ┤   ⢀⣀⣀⡠⠒⠁             ⠈⠢⢄⣀⣀ blue
       0 s                    41 s
`);
  });

  test('leaves a gap where it is unknown how many there are', () => {
    const points = [point(0, 5), point(3, 5), point(4, null), point(6, null), point(7, 5), point(10, 5)];
    expect(chart(points, 30, 5)).toBe(`
blue 5, green none yet
5 ┤⠉⠉⠉⠉⠉⠉⠁       ⠈⠉⠉⠉⠉⠉⠉ blue
  ┤
0 ┤
   0 s              10 s
`);
    expect(chart([point(0, null)], 30, 5)).toContain('blue unknown, green none yet');
  });

  test('has room for ten seconds from the begin', () => {
    expect(chart([point(0, 5), point(5, 5)], 30, 5)).toBe(`
blue 5, green none yet
5 ┤⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠁           blue
  ┤
0 ┤
   0 s              10 s
`);
  });

  test('of nothing is an empty plot', () => {
    expect(chart([], 30, 4)).toBe(`
blue 0, green none yet
1 ┤
0 ┤
   0 s              10 s
`);
  });

  test('is never wider than asked nor of another height', () => {
    for (const width of [30, 60, 120]) {
      for (const height of [4, 9, 24]) {
        const lines = renderChart(UPGRADE, { style: plain, width, height });
        expect(lines).toHaveLength(height);
        for (const line of lines) expect([...line].length).toBeLessThanOrEqual(width);
      }
    }
  });

  test('paints the lines in their colours', () => {
    const text = chart([point(0, 10, 0), point(10, 0, 10)], 30, 4, marked);
    expect(text).toContain('<blue>blue 0</>, <green>green 10</>');
    expect(text).toContain('<blue>⠉</>');
    expect(text).toContain('<green>⣀</>');
  });
});
