import type { KubeObject } from '../../kubernetes/kube-api';
import { customResourceDefinitions } from '../../resource/crd';
import type { PrinterColumn } from '../../resource/crd/custom-resource-definition';
import type { Pod, PodTemplate, ReplicaSet, Service, StatefulSet } from '../../simulator/kubernetes/core-types';
import { age } from './age';
import type { ApiResource } from './api-resource';
import { firstAt } from './json-path';

/** A column of what `kubectl get` prints. */
export interface Column {
  name: string;
  /** @default 'string' */
  type?: string;
  /** Only with `-o wide`. @default false */
  wide?: boolean;
  /** @param now milliseconds since the epoch. */
  cell(object: KubeObject, now: number): string | number;
}

/** The columns of a resource: those of kubectl for the kinds that matter here, else name and age. */
export function columnsOf({ kind }: ApiResource): readonly Column[] {
  if (kind === 'Event') return EVENT_COLUMNS;
  return [NAME, ...(COLUMNS[kind] ?? customColumns(kind) ?? [AGE])];
}

const NAME: Column = { name: 'Name', cell: ({ metadata }) => metadata.name };
const AGE: Column = { name: 'Age', cell: ({ metadata }, now) => since(metadata.creationTimestamp, now) };

const COLUMNS: Readonly<Record<string, readonly Column[]>> = {
  Pod: [
    column<Pod>('Ready', ({ spec, status }) => {
      const ready = (status?.containerStatuses ?? []).filter((container) => container.ready).length;
      return `${ready}/${spec.containers.length}`;
    }),
    column<Pod>('Status', podStatus),
    column<Pod>('Restarts', ({ status }) =>
      (status?.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0),
    ),
    AGE,
    { ...column<Pod>('IP', ({ status }) => status?.podIP ?? NONE), wide: true },
    { ...column<Pod>('Node', ({ spec }) => spec.nodeName ?? NONE), wide: true },
    { ...column<Pod>('Readiness Gates', readinessGates), wide: true },
  ],
  Service: [
    column<Service>('Type', ({ spec }) => spec.type ?? ''),
    column<Service>('Cluster-IP', ({ spec }) => spec.clusterIP ?? NONE),
    column<Service>('External-IP', ({ spec }) => (spec.type === 'LoadBalancer' ? '<pending>' : NONE)),
    column<Service>('Port(s)', servicePorts),
    AGE,
    { ...column<Service>('Selector', ({ spec }) => pairs(spec.selector)), wide: true },
  ],
  ReplicaSet: [
    column<ReplicaSet>('Desired', ({ spec }) => spec.replicas ?? 1),
    column<ReplicaSet>('Current', ({ status }) => status?.replicas ?? 0),
    column<ReplicaSet>('Ready', ({ status }) => status?.readyReplicas ?? 0),
    AGE,
    { ...column<ReplicaSet>('Images', ({ spec }) => images(spec.template)), wide: true },
  ],
  StatefulSet: [
    column<StatefulSet>('Ready', ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec.replicas ?? 1}`),
    AGE,
    { ...column<StatefulSet>('Images', ({ spec }) => images(spec.template)), wide: true },
  ],
};

const EVENT_COLUMNS: readonly Column[] = [
  column<EventObject>('Last Seen', ({ lastTimestamp }, now) => since(lastTimestamp, now)),
  column<EventObject>('Type', ({ type }) => type ?? ''),
  column<EventObject>('Reason', ({ reason }) => reason ?? ''),
  column<EventObject>(
    'Object',
    ({ involvedObject }) => `${involvedObject?.kind?.toLowerCase()}/${involvedObject?.name}`,
  ),
  column<EventObject>('Message', ({ message }) => message ?? ''),
  { ...NAME, wide: true },
];

interface EventObject extends KubeObject {
  type?: string;
  reason?: string;
  message?: string;
  lastTimestamp?: string;
  involvedObject?: { kind?: string; name?: string };
}

const NONE = '<none>';

function column<T extends KubeObject>(name: string, cell: (object: T, now: number) => string | number): Column {
  return { name, cell: (object, now) => cell(object as T, now) };
}

/** The columns that a custom resource definition asks for. */
function customColumns(kind: string): Column[] | undefined {
  const definition = customResourceDefinitions().find(({ spec }) => spec.names.kind === kind);
  return definition?.spec.versions.at(-1)?.additionalPrinterColumns?.map(customColumn);
}

function customColumn({ name, type, jsonPath }: PrinterColumn): Column {
  return {
    name,
    type,
    cell: (object, now) => {
      const value = firstAt(object, jsonPath);
      if (type === 'date') return since(value as string | undefined, now);
      return value === undefined ? '' : String(value);
    },
  };
}

function podStatus({ metadata, spec, status }: Pod): string {
  if (metadata.deletionTimestamp) return 'Terminating';
  if (status?.phase === 'Pending' && spec.nodeName) return 'ContainerCreating';
  return status?.phase === 'Succeeded' ? 'Completed' : (status?.phase ?? 'Unknown');
}

function readinessGates({ spec, status }: Pod): string {
  const gates = spec.readinessGates ?? [];
  if (gates.length === 0) return NONE;
  const open = gates.filter(({ conditionType }) =>
    status?.conditions?.some((condition) => condition.type === conditionType && condition.status === 'True'),
  );
  return `${open.length}/${gates.length}`;
}

function servicePorts({ spec: { ports = [] } }: Service): string {
  const texts = ports.map(({ port, nodePort, protocol }) => `${port}${nodePort ? `:${nodePort}` : ''}/${protocol}`);
  return texts.join(',') || NONE;
}

function images({ spec }: PodTemplate): string {
  return spec.containers.map(({ image }) => image).join(',');
}

function pairs(labels: Record<string, string> = {}): string {
  const texts = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return texts.join(',') || NONE;
}

/** @param time RFC 3339. */
function since(time: string | undefined, now: number): string {
  return time === undefined ? '<unknown>' : age(now - Date.parse(time));
}
