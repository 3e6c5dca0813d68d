import { timeCharts, type Way, wayCharts, wayName } from '../src/cli/page/charts';
import type { ReportDocument } from '../src/cli/page/document';
import { renderPicture } from '../src/cli/page/picture';
import type { TimeChart } from '../src/cli/page/time-chart';
import { count, time } from '../src/cli/render/text';

/** Where the pictures of the documents are. */
export const PICTURES = 'docs/images';
/** The command whose upgrade they show: all its ways. */
export const SIMULATED = ['simulate', '--compare', 'operator,rolling', '-o', 'json'];

/** The pictures of the documents by the names of their files: every way of the simulated upgrade is in them. */
export function picturesOf(document: ReportDocument): Map<string, string> {
  const { devices, comparisons } = document;
  const ways = [...(devices ? [devices] : []), ...comparisons].flatMap((report): Way[] =>
    report.outcome === 'cannot' ? [] : [{ name: wayName(report), report }],
  );
  const charts = timeCharts(document);
  return new Map([
    [
      'ways.svg',
      renderPicture(
        'Devices that are connected during the same upgrade',
        wayCharts(ways).map((chart, index) => ({ chart: named(chart), caption: captionOf(ways[index]!), height: 120 })),
      ),
    ],
    [
      'upgrade.svg',
      renderPicture(
        'An upgrade: devices move from the old nodes to the new ones',
        charts.slice(0, 2).map((chart) => ({ chart, caption: chart.unit, height: 150 })),
      ),
    ],
  ]);
}

/** Their one line needs no name. */
function named(chart: TimeChart): TimeChart {
  return { ...chart, lines: chart.lines.map((line) => ({ ...line, nameAt: 'peak' as const, name: '' })) };
}

function captionOf({ report }: Way): string {
  const { disconnectsPerClient, peakDisconnectsPerSecond, sessionsLost, durationMs } = report;
  return [
    `${disconnectsPerClient.mean.toFixed(2)} disconnects per device, at most ${disconnectsPerClient.max}`,
    `${count(peakDisconnectsPerSecond)} in the worst second`,
    `${count(sessionsLost)} sessions lost`,
    `it took ${time(durationMs)}`,
  ].join('  ·  ');
}
