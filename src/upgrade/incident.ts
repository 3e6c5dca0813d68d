/**
 * What happened to a run.
 *
 * - `node-silent`: a node that takes devices did not answer as a broker.
 * - `devices-away`: more devices were away than may be; every node that takes them answered.
 * - `node-restarted`: the process of a node ended and was started again, with the sessions in its memory.
 * - `pod-lost`: a pod went away that nobody of this run removed.
 * - `hold-reset`: somebody released the operator, and it was held again.
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

/** Something that went wrong during a run and did not end it: when, what, and what it cost. */
export interface Incident {
  kind: IncidentKind;
  /** When it was noticed, ms since the epoch. */
  at: number;
  /** When it was seen to be over, ms since the epoch; absent while it lasts. */
  endedAt?: number | undefined;
  /** The pods or the object it is about. */
  subjects: readonly string[];
  /** What happened, one sentence without a time. */
  what: string;
  /** Most devices that were seen to be away at a time while it lasted; absent where they were not counted. */
  devicesAway?: number | undefined;
  /** Sessions that were lost with it, as far as seen. */
  sessionsLost?: number | undefined;
}

/** No run keeps more than that: the journal is one ConfigMap. The first ones are kept. */
const MOST = 50;

/** The incident of this kind that lasts. */
export function openIncident(incidents: readonly Incident[] | undefined, kind: IncidentKind): Incident | undefined {
  return incidents?.find((incident) => incident.kind === kind && incident.endedAt === undefined);
}

/** With one more at the end. */
export function withIncident(incidents: readonly Incident[] | undefined, incident: Incident): Incident[] {
  return [...(incidents ?? []), incident].slice(0, MOST);
}

/** With what has become known of one of them. */
export function withChange(
  incidents: readonly Incident[] | undefined,
  incident: Incident,
  change: Partial<Incident>,
): Incident[] {
  return (incidents ?? []).map((each) => (each === incident ? { ...each, ...change } : each));
}
