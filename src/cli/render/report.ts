import type { Comparison, RefusedRun } from '../../simulator/comparison';
import type { RunReport, Wills } from '../../simulator/run-report';
import { lossLines } from './losses';
import type { Canvas, Style } from './style';
import { bar, count, safe, time, wrap } from './text';

type Paint = (text: string) => string;
type Cell = { text: string; paint?: Paint };
/** @param isShown whether a report has something to say in it. @default - each has */
type Row = { label: string; of: (report: RunReport) => Cell; isShown?: (report: RunReport) => boolean };

/** Widest bar, and the width that the number needs beside it. */
const BAR = 12;
const NUMBER = 10;
const ABSENT: Cell = { text: '–' };

/** The report of a run; for comparison with others in further columns, or with the reasons why there are none. */
export function renderReport(report: RunReport, others: readonly Comparison[], { style, width }: Canvas): string {
  const reports = [report, ...others];
  const histograms = reports.map((one) => (one.outcome === 'cannot' ? [] : one.disconnectsPerClient.histogram));
  const longest = Math.max(...histograms.map(({ length }) => length));
  const label = Math.max(...figures(style).map((row) => row.label.length)) + 2;
  const room = Math.min(30, Math.floor((width - label) / reports.length));
  const barWidth = Math.max(1, Math.min(BAR, room - NUMBER));
  const shown = figures(style).filter(({ isShown = () => true }) =>
    reports.some((one) => one.outcome !== 'cannot' && isShown(one)),
  );
  const rows = [...shown, ...Array.from({ length: longest }, (_, times) => histogramRow(times, barWidth))];
  const contenders = reports.filter((one) => one.outcome !== 'cannot').map((one) => ({ by: name(one), report: one }));
  const wills = willLines(contenders);
  const line = (name: string, cells: readonly Cell[]) =>
    `${name.padEnd(label)}${cells.map(({ text, paint = plain }) => paint(text) + ' '.repeat(Math.max(1, room - text.length))).join('')}`.trimEnd();
  const head = reports.map((one): Cell => ({ text: name(one), paint: style.bold }));
  return [
    line('', head),
    ...rows.map((row) =>
      line(
        row.label,
        reports.map((one) => (one.outcome === 'cannot' ? refused(row, one) : row.of(one))),
      ),
    ),
    ...others.flatMap((one) =>
      one.outcome === 'cannot' ? ['', ...wrap(safe(`${CANNOT[one.driver]} cannot: ${one.reason}`), width)] : [],
    ),
    ...wills.flatMap((text) => ['', ...wrap(text, width)]),
    ...lossLines(contenders, { style, width }),
  ].join('\n');
}

const plain: Paint = (text) => text;

function refused({ label }: Row, { outcome }: RefusedRun): Cell {
  return label === 'outcome' ? { text: outcome } : ABSENT;
}

const CANNOT = { operator: 'The operator alone', rolling: 'A rolling restart' } as const;
const NAMES = { pilot: 'pilot', operator: 'operator alone', rolling: 'rolling restart' } as const;

function name({ driver }: Comparison): string {
  return NAMES[driver];
}

function figures(style: Style): Row[] {
  const none = (value: number): Cell => ({ text: count(value), paint: value > 0 ? style.red : style.green });
  return [
    { label: 'outcome', of: ({ outcome }) => ({ text: outcome }) },
    { label: 'duration', of: ({ durationMs }) => ({ text: time(durationMs) }) },
    { label: 'evacuation', of: ({ evacuateMs }) => (evacuateMs > 0 ? { text: time(evacuateMs) } : ABSENT) },
    { label: '  lower bound', of: lowerBound },
    {
      label: 'peak disconnects/s',
      of: ({ peakDisconnectsPerSecond: peak, capPerSecond: cap }) => ({
        text: `${count(peak)}, cap ${count(cap)}`,
        paint: peak > cap ? style.red : style.green,
      }),
    },
    { label: 'peak reconnects/s', of: ({ peakReconnectsPerSecond: peak }) => ({ text: count(peak) }) },
    { label: 'refused connects', of: ({ refusedConnects }) => none(refusedConnects) },
    { label: 'sessions moved', of: ({ sessionsMoved }) => ({ text: count(sessionsMoved) }) },
    { label: 'sessions lost', of: ({ sessionsLost }) => none(sessionsLost) },
    {
      label: 'wills published',
      of: ({ wills }) => (wills ? { text: willText(wills) } : ABSENT),
      isShown: ({ wills }) => wills !== undefined,
    },
    { label: 'connected, but deaf', of: ({ deaf }) => none(deaf), isShown: ({ deaf }) => deaf > 0 },
    { label: 'never back', of: (report) => none(neverBack(report)), isShown: (report) => neverBack(report) > 0 },
    { label: 'still offline', of: (report) => none(retrying(report)), isShown: (report) => retrying(report) > 0 },
    { label: 'clients', of: ({ clients }) => ({ text: count(clients) }) },
    {
      label: 'disconnects per client',
      of: ({ disconnectsPerClient: { mean, max } }) => ({
        text: `${mean.toFixed(3)}, at most ${max}`,
        paint: max > 1 ? style.red : style.green,
      }),
    },
  ];
}

/** How many wills were published, as far as that is known. */
export function willText({ published, unknown }: Wills): string {
  if (unknown === 0) return count(published);
  return published === 0 ? 'unknown' : `${count(published)}, or more`;
}

/** Why it is not known, for whom. */
export function willLines(reports: readonly { by: string; report: RunReport }[]): string[] {
  return reports.flatMap(({ by, report: { wills } }) =>
    wills && wills.unknown > 0
      ? [
          `${by}: ${count(wills.unknown)} times a node ended with the connection of a device that has a will. Whether EMQX publishes it then was not measured.`,
        ]
      : [],
  );
}

/** Devices that never try to connect again. */
export function neverBack({ lost }: RunReport): number {
  return lost.reduce((sum, { count: devices }) => sum + devices, 0);
}

/** Devices that are not back yet, and try to be. */
export function retrying(report: RunReport): number {
  return report.stillOffline - neverBack(report);
}

function lowerBound({ evacuateMs, lowerBoundMs }: RunReport): Cell {
  if (evacuateMs === 0 || lowerBoundMs === 0) return ABSENT;
  return { text: `${time(lowerBoundMs)} (× ${(evacuateMs / lowerBoundMs).toFixed(3)})` };
}

function histogramRow(times: number, barWidth: number): Row {
  return {
    label: times === 1 ? '  once' : `  ${times} times`,
    of: ({ clients, disconnectsPerClient }) => {
      const many = disconnectsPerClient.histogram[times] ?? 0;
      return { text: `${bar(many, clients, barWidth)} ${count(many)}` };
    },
  };
}
