import type { CapRun, UnfitCap } from '../../simulator/caps';
import type { Canvas } from './style';
import { bar, count, table, time, wrap } from './text';

const LEAST_BAR = 8;
const MOST_BAR = 30;

/** A table of caps, and a chart: how long the upgrade takes with each, and how many devices are offline at once. */
export function renderCaps(runs: readonly (CapRun | UnfitCap)[], { style, width }: Canvas): string[] {
  const played = runs.filter((run) => 'report' in run);
  const rows = [
    ['cap per second', ...played.map(({ capPerSecond }) => count(capPerSecond))],
    ['whole upgrade', ...played.map(({ report }) => time(report.durationMs))],
    ['evacuation', ...played.map(({ report }) => time(report.evacuateMs))],
    ['disconnects, worst second', ...played.map(({ report }) => count(report.peakDisconnectsPerSecond))],
    ['reconnects, worst second', ...played.map(({ report }) => count(report.peakReconnectsPerSecond))],
    ['devices offline, at most', ...played.map(({ mostDevicesAway }) => count(mostDevicesAway))],
    ['time offline, median', ...played.map(({ report }) => time(report.offlineMs.p50))],
    ['time offline, longest', ...played.map(({ report }) => time(report.offlineMs.max))],
    ['refused attempts to connect', ...played.map(({ report }) => count(report.refusedConnects))],
    ['sessions lost', ...played.map(({ report }) => count(report.sessionsLost))],
    ['devices not back', ...played.map(({ report }) => count(report.stillOffline))],
  ];
  const unfit = runs.flatMap((run) =>
    'report' in run ? [] : wrap(`with ${count(run.capPerSecond)} per second there is no upgrade: ${run.reason}`, width),
  );
  const notModelled = played.flatMap((run) => notModelledText(run) ?? []).flatMap((text) => wrap(text, width));
  return [
    ...(played.length > 0 ? [...table(rows), '', ...chart(played, { style, width })] : []),
    ...(notModelled.length > 0 ? ['', ...notModelled] : []),
    ...unfit,
  ];
}

/** What a real cluster would not take as the model does; undefined where nothing is known. */
export function notModelledText({ capPerSecond, notModelled }: CapRun): string | undefined {
  if (notModelled === undefined) return undefined;
  return `${count(capPerSecond)}/s: ${notModelled}; the model has no such limit`;
}

/** A line for each cap with two bars, each as part of the longest one. */
function chart(runs: readonly CapRun[], { style, width }: Canvas): string[] {
  const longest = Math.max(...runs.map(({ report }) => report.durationMs));
  const most = Math.max(...runs.map(({ mostDevicesAway }) => mostDevicesAway));
  const caps = runs.map(({ capPerSecond }) => `${count(capPerSecond)}/s`);
  const times = runs.map(({ report }) => time(report.durationMs));
  const devices = runs.map(({ mostDevicesAway }) => count(mostDevicesAway));
  const widthOf = (texts: readonly string[]) => Math.max(...texts.map((text) => text.length));
  const texts = widthOf(caps) + widthOf(times) + widthOf(devices) + 7;
  const room = Math.min(MOST_BAR, Math.max(LEAST_BAR, Math.floor((width - texts) / 2)));
  const title = `${''.padEnd(widthOf(caps))}  ${'whole upgrade'.padEnd(room + 1 + widthOf(times))}  devices offline, at most`;
  return [
    title.slice(0, width).trimEnd(),
    ...runs.map(({ report, mostDevicesAway }, index) => {
      const duration = style.blue(bar(report.durationMs, longest, room));
      const away = style.red(bar(mostDevicesAway, most, room));
      const [cap, took, count] = [caps[index]!, times[index]!, devices[index]!];
      return `${cap.padStart(widthOf(caps))}  ${duration} ${took.padEnd(widthOf(times))}  ${away} ${count}`;
    }),
  ];
}
