import { createHash } from 'node:crypto';
import type { ClusterSeries } from './_metrics';

interface Query {
  readonly expr: string;
  /** Name of a line; `{{label}}` stands for a label's value. */
  readonly legend: string;
}

export interface Panel {
  readonly title: string;
  readonly description: string;
  readonly unit: 'short' | 'ops' | 'percentunit' | 's';
  readonly queries: readonly Query[];
  /** In columns, of 24. */
  readonly width: 12 | 24;
}

const HEIGHT = 9;
const COLUMNS = 24;

/**
 * The Grafana dashboard of one cluster: its first panel shows connections move from the old nodes to the new ones.
 *
 * @see Grafana, "Dashboard JSON model"
 */
export function dashboardOf(
  { name, namespace }: { name: string; namespace: string },
  series: ClusterSeries,
  isUpgraded: boolean,
): object {
  const panels = [...panelsOf(series), ...(isUpgraded ? runPanelsOf(series) : [])];
  return grafanaDashboard(`${namespace}/${name}`, `EMQX ${namespace}/${name}`, panels);
}

/** @param id of what it shows; never of another dashboard */
export function grafanaDashboard(id: string, title: string, panels: readonly Panel[]): object {
  return {
    // Grafana allows 40 characters; the cluster's own name may be longer.
    uid: `emqx-${createHash('sha256').update(id).digest('hex').slice(0, 16)}`,
    title,
    tags: ['emqx', 'blue-green'],
    schemaVersion: 39,
    editable: true,
    refresh: '5s',
    time: { from: 'now-30m', to: 'now' },
    timezone: 'browser',
    templating: {
      list: [{ name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus', hide: 0 }],
    },
    panels: placed(panels),
  };
}

function panelsOf({ nodes, sets, setLabel, metrics }: ClusterSeries): Panel[] {
  const by = (label: string, metric: string) => `sum by (${label}) (${metric}${nodes})`;
  const rateBySet = (metric: string) => `sum by (${setLabel}) (rate(${metric}${nodes}[$__rate_interval]))`;
  const ofSet = `{{${setLabel}}}`;
  return [
    {
      title: 'Connections per node, old and new set',
      description: 'Each node, and all of them together. The session of an offline device counts as a connection.',
      unit: 'short',
      queries: [
        { expr: by(`${setLabel}, pod`, metrics.connections), legend: '{{pod}}' },
        { expr: `sum(${metrics.connections}${nodes})`, legend: 'all' },
      ],
      width: 24,
    },
    {
      title: 'Connections per set',
      description: 'During an evacuation one line falls as the other rises.',
      unit: 'short',
      queries: [{ expr: by(setLabel, metrics.connections), legend: ofSet }],
      width: 12,
    },
    {
      title: 'Sessions per set',
      description: 'Sessions of connected and of offline devices.',
      unit: 'short',
      queries: [{ expr: by(setLabel, metrics.sessions), legend: ofSet }],
      width: 12,
    },
    {
      title: 'Disconnects per second',
      description: 'During an evacuation: the rate at which the old nodes disconnect devices.',
      unit: 'ops',
      queries: [{ expr: rateBySet(metrics.disconnected), legend: ofSet }],
      width: 12,
    },
    {
      title: 'Connects per second',
      description: 'Devices that came in, and sessions that were taken over from another node.',
      unit: 'ops',
      queries: [
        { expr: rateBySet(metrics.connected), legend: ofSet },
        { expr: `sum(rate(${metrics.takenOver}${nodes}[$__rate_interval]))`, legend: 'sessions taken over' },
      ],
      width: 12,
    },
    {
      title: 'Refused connects per second',
      description: 'Without those refused for a wrong password.',
      unit: 'ops',
      queries: [{ expr: `${rateBySet(metrics.refused)} - ${rateBySet(metrics.unauthorized)}`, legend: ofSet }],
      width: 12,
    },
    {
      title: 'Nodes',
      description: 'Desired and ready pods of each set, and nodes that EMQX itself counts.',
      unit: 'short',
      queries: [
        ...sets.flatMap(({ label, replicas, ready }) => [
          { expr: replicas, legend: `{{${label}}} wanted` },
          { expr: ready, legend: `{{${label}}} ready` },
        ]),
        { expr: `max(${metrics.nodes}${nodes})`, legend: 'in the EMQX cluster' },
      ],
      width: 12,
    },
  ];
}

/** What a runner says of the cluster; without one they stay empty. */
function runPanelsOf({ ofRunner }: ClusterSeries): Panel[] {
  return [
    {
      title: 'Runner: devices of the upgrade',
      description: 'Devices when the evacuation began, those still to be moved, and those that are offline.',
      unit: 'short',
      queries: [
        { expr: `max(${ofRunner('devices')})`, legend: 'when it began' },
        { expr: `max(${ofRunner('remaining')})`, legend: 'still to be moved' },
        { expr: `max(${ofRunner('offline')})`, legend: 'offline' },
      ],
      width: 12,
    },
    {
      title: 'Runner: disconnects per second, and the maximum',
      description: 'Connections that leave the evacuated nodes, and the cap of the run.',
      unit: 'ops',
      queries: [
        { expr: `sum(rate(${ofRunner('disconnects')}[$__rate_interval]))`, legend: 'disconnects' },
        { expr: `max(${ofRunner('cap')})`, legend: 'maximum' },
      ],
      width: 12,
    },
    {
      title: 'Runner: what the cluster waits for',
      description: 'The reason why no upgrade runs although one may be expected, the phase of its run, and incidents.',
      unit: 'short',
      queries: [
        { expr: `max by (reason) (${ofRunner('waits')})`, legend: '{{reason}}' },
        { expr: `max by (phase) (${ofRunner('phase')})`, legend: 'phase {{phase}}' },
        {
          expr: `sum by (incident) (increase(${ofRunner('incidents')}[$__rate_interval]))`,
          legend: 'incident {{incident}}',
        },
      ],
      width: 12,
    },
    {
      title: 'Runner: time until the old nodes are empty',
      description: 'As estimated from the present rate.',
      unit: 's',
      queries: [{ expr: `max(${ofRunner('left')})`, legend: 'left' }],
      width: 12,
    },
  ];
}

/** Row by row, from the left. */
function placed(panels: readonly Panel[]): object[] {
  const datasource = { type: 'prometheus', uid: '$datasource' };
  let [x, y] = [0, 0];
  return panels.map(({ title, description, unit, queries, width }, index) => {
    if (x + width > COLUMNS) [x, y] = [0, y + HEIGHT];
    const gridPos = { x, y, w: width, h: HEIGHT };
    x += width;
    return {
      id: index + 1,
      type: 'timeseries',
      title,
      description,
      datasource,
      gridPos,
      fieldConfig: {
        defaults: { unit, min: 0, custom: { drawStyle: 'line', lineWidth: 2, fillOpacity: 0, showPoints: 'never' } },
        overrides: [],
      },
      options: {
        legend: { displayMode: 'table', placement: 'right', calcs: ['lastNotNull', 'max'], showLegend: true },
        tooltip: { mode: 'multi', sort: 'desc' },
      },
      targets: queries.map(({ expr, legend }, query) => ({
        refId: String.fromCharCode('A'.charCodeAt(0) + query),
        datasource,
        expr,
        legendFormat: legend,
        range: true,
      })),
    };
  });
}
