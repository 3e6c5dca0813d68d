import * as z from 'zod';
import { INCIDENT_KINDS, type Incident } from './incident';
import type { NodeShare } from './pacing';

/** Which way the upgrade goes: driven by this engine while the operator is held, or by the operator alone. */
export type Driver = 'pilot' | 'operator';

/**
 * The phases of an upgrade, in their order. A run only moves forward through them.
 *
 * The pilot goes through claim to retire and on to release; one that is aborted, from where it is through revert, back, return
 * and clear to release. The operator driver goes through claim, apply, native and done.
 */
export const PHASES = [
  'claim',
  'pin',
  'apply',
  'green',
  'switch',
  'evacuate',
  'retire',
  'revert',
  'switch-back',
  'return',
  'retire-green',
  'release',
  'native',
  'done',
] as const;
export type Phase = (typeof PHASES)[number];

/** Phases in which the operator must be held. */
export const HELD_PHASES: readonly Phase[] = [
  'green',
  'switch',
  'evacuate',
  'retire',
  'switch-back',
  'return',
  'retire-green',
];

/** The emptying of one set of nodes. */
export interface Evacuation {
  /** When the first order was given, and when every node was seen drained. */
  startedAt: number;
  drainedAt?: number;
  lowerBoundMs: number;
  /** Connections on the set that is emptied, when it began. */
  moving?: number | undefined;
  /** Devices that were connected when it began, wherever. */
  connections: number;
}

/** What a set has in all; `null` is unknown. */
export interface Fleet {
  connections: number | null;
  sessions: number | null;
  /** Subscriptions of all sessions. */
  subscriptions: number | null;
}

/** From then on, in ms since the epoch, at most so many devices were disconnected a second; 0 in a pause. */
export interface Pace {
  at: number;
  perSecond: number;
}

/** When a run ends by itself, and how. */
export interface Limits {
  /** For how long green may take to come one step nearer to ready, ms. */
  readyMs: number;
  /** For how long nothing may move elsewhere, ms; what is waited for on purpose is added. */
  stallMs: number;
  /** `stop`: the nodes stand still, and the run can be gone on with. `abort`: everything back to what was before. */
  onFailure: 'stop' | 'abort';
  /**
   * Most devices that may be away at a time: nobody else is sent away meanwhile. `none`: any number.
   * @default - what the cap sends away in the time in which devices come back, see `offlineBudget`
   */
  offlineBudget?: number | 'none';
  /** What becomes of the run when the operator was released for a moment and has removed old pods. */
  onLoss: 'continue' | 'stop';
}

/**
 * What must outlive the process that runs an upgrade, and cannot be read off the cluster. Kept in one ConfigMap beside
 * the cluster, so that whoever runs the same command next goes on. Holds no secret.
 */
export interface Journal {
  schema: 1;
  /** Identity of the run. */
  run: string;
  driver: Driver;
  phase: Phase;
  /** ms since the epoch at which each phase began. */
  began: Partial<Record<Phase, number>>;
  /** The digest is that of the template blue runs; absent where somebody else had changed it before the run began. */
  from: { version: string; set: string; revision: string; digest?: string };
  to: { version: string; set?: string; revision?: string };
  /** Digest of the wanted pod template: tells whether a later command wants the same. */
  target: string;
  /** How long to wait between the switch of the traffic and the first eviction. */
  initialDelaySeconds: number;
  /** The delay of the resource, s: what it gets back on the way back, and what it has in the end. A hold is one of them. */
  delay: { before: number; after: number };
  replicas: number;
  waitTakeoverSeconds: number;
  /** Cluster-wide caps: at most so many disconnects, and so many moved sessions, per second. */
  connectionCap: number;
  sessionCap: number;
  limits: Limits;
  /** Counts on blue when the run was claimed, and on the set that serves when it ended. */
  baseline: Fleet;
  end?: Fleet | undefined;
  /** How the caps are shared out among the nodes that are emptied: blue's, or green's on the way back. */
  shares?: NodeShare[] | undefined;
  /** The wave of nodes that evacuates now, of `shares`. @default 0 */
  wave?: number | undefined;
  /** Pods whose evacuation is to be stopped before any is started: the shares have changed. */
  restart?: string[] | undefined;
  /** Nodes were told to stop: none is started before. */
  restUntil?: number;
  /** Nobody is disconnected and no step is begun, since then; and for how long it was so before, in ms. */
  paused?: { since: number } | undefined;
  pausedMs?: number;
  /** Old pods that the operator has removed although it was to be held. */
  lostPods?: number;
  /** The latest request that had no effect. */
  refused?: { request: string; reason: string; at: number } | undefined;
  /** The run is on its way back, since then, from that phase. */
  aborted?: { at: number; phase: Phase } | undefined;
  /** When only green was seen behind every traffic Service; and on the way back only blue. */
  switchedAt?: number;
  backAt?: number;
  evacuation?: Evacuation | undefined;
  /** Devices that are connected when none of them is away, as counted then: ms since the epoch. */
  fleet?: { at: number; devices: number } | undefined;
  /** How long devices take to come back, as seen in this run, ms. */
  returnMs?: number | undefined;
  /** What went wrong and did not end the run, in the order in which it was noticed. */
  incidents?: Incident[] | undefined;
  /** The caps and pauses, in their order. */
  pace?: Pace[] | undefined;
  /** The most disconnects per second that were seen. */
  peakPerSecond?: number | undefined;
  finishedAt?: number;
}

const count = z.number().nonnegative();
const when = z.number();

const FLEET = z.object({
  connections: count.nullable(),
  sessions: count.nullable(),
  subscriptions: count.nullable().default(null),
});

/** Anybody who may write the ConfigMap can write into it what he likes. */
const PAGE = z.looseObject({
  schema: z.literal(1),
  run: z.string(),
  driver: z.enum(['pilot', 'operator']),
  phase: z.enum(PHASES),
  began: z.partialRecord(z.enum(PHASES), when),
  from: z.object({ version: z.string(), set: z.string(), revision: z.string(), digest: z.string().optional() }),
  to: z.object({ version: z.string(), set: z.string().optional(), revision: z.string().optional() }),
  target: z.string(),
  initialDelaySeconds: count,
  delay: z.object({ before: count, after: count }),
  replicas: count,
  waitTakeoverSeconds: count,
  connectionCap: count,
  sessionCap: count,
  limits: z.object({
    readyMs: count,
    stallMs: count,
    onFailure: z.enum(['stop', 'abort']),
    offlineBudget: z.union([count, z.literal('none')]).optional(),
    onLoss: z.enum(['continue', 'stop']),
  }),
  baseline: FLEET,
  end: FLEET.optional(),
  shares: z
    .array(
      z.object({
        pod: z.string(),
        connectionsPerSecond: count,
        sessionsPerSecond: count,
        wave: count,
        offsetMs: count,
      }),
    )
    .optional(),
  wave: count.optional(),
  restart: z.array(z.string()).optional(),
  restUntil: when.optional(),
  paused: z.object({ since: when }).optional(),
  pausedMs: count.optional(),
  lostPods: count.optional(),
  refused: z.object({ request: z.string(), reason: z.string(), at: when }).optional(),
  aborted: z.object({ at: when, phase: z.enum(PHASES) }).optional(),
  switchedAt: when.optional(),
  backAt: when.optional(),
  evacuation: z
    .object({
      startedAt: when,
      drainedAt: when.optional(),
      lowerBoundMs: count,
      connections: count,
      moving: count.optional(),
    })
    .optional(),
  fleet: z.object({ at: when, devices: count }).optional(),
  returnMs: count.optional(),
  incidents: z
    .array(
      z.object({
        kind: z.enum(INCIDENT_KINDS),
        at: when,
        endedAt: when.optional(),
        subjects: z.array(z.string()),
        what: z.string(),
        devicesAway: count.optional(),
        sessionsLost: count.optional(),
      }),
    )
    .optional(),
  pace: z.array(z.object({ at: when, perSecond: count })).optional(),
  peakPerSecond: count.optional(),
  finishedAt: when.optional(),
});

/** The journal as it was written; undefined when it is none, or of a form this version does not know. */
export function parseJournal(text: string): Journal | undefined {
  try {
    return PAGE.safeParse(JSON.parse(text)).data as Journal | undefined;
  } catch {
    return undefined;
  }
}

/** Whether a run was begun and has not come to its end. */
export function isOpen(journal: Journal | undefined): journal is Journal {
  return journal !== undefined && journal.phase !== 'done';
}
