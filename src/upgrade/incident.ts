/**
 * The kind of an incident.
 *
 * - `node-silent`: a node that takes devices did not answer as a broker.
 * - `devices-away`: more devices were offline than allowed; every node that takes them answered.
 * - `node-restarted`: the process of a node was restarted, and the sessions in its memory were lost.
 * - `pod-lost`: a pod disappeared that this run did not remove.
 * - `hold-reset`: the operator was released, and then held again.
 * - `api-away`: the API server did not answer.
 */
export const INCIDENT_KINDS = [
  'node-silent',
  'devices-away',
  'node-restarted',
  'pod-lost',
  'hold-reset',
  'api-away',
] as const;
export type IncidentKind = (typeof INCIDENT_KINDS)[number];

/** Something that went wrong during a run without ending it: when, what, and its cost. */
export interface Incident {
  kind: IncidentKind;
  /** When it was noticed, ms since the epoch. */
  at: number;
  /** When it was over, ms since the epoch; absent while it lasts. */
  endedAt?: number | undefined;
  /** The pods or the object it is about. */
  subjects: readonly string[];
  /** What happened, one sentence without a time. */
  what: string;
  /** Most devices that were offline at a time while it lasted; absent where they were not counted. */
  devicesAway?: number | undefined;
  /** Sessions that were lost with it, as far as observed. */
  sessionsLost?: number | undefined;
}

/** A run keeps no more incidents than this, the first ones: the journal is one ConfigMap. */
const MOST = 50;

/** The incident of this kind that is not over. */
export function openIncident(incidents: readonly Incident[] | undefined, kind: IncidentKind): Incident | undefined {
  return incidents?.find((incident) => incident.kind === kind && incident.endedAt === undefined);
}

/** The list with one more at the end. */
export function withIncident(incidents: readonly Incident[] | undefined, incident: Incident): Incident[] {
  return [...(incidents ?? []), incident].slice(0, MOST);
}

/** The list with a change of one of them. */
export function withChange(
  incidents: readonly Incident[] | undefined,
  incident: Incident,
  change: Partial<Incident>,
): Incident[] {
  return (incidents ?? []).map((each) => (each === incident ? { ...each, ...change } : each));
}
