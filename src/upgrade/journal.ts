import * as z from 'zod';
import type { Role } from '../resource';
import { type AdaptiveRate, PACINGS, type Pacing } from './adaptive-rate';
import { INCIDENT_KINDS, type Incident } from './incident';
import type { NodeShare } from './pacing';
import type { RunSeries } from './series';
import { SERIES } from './series-schema';

/** What drives the upgrade: this engine while the operator is held, or the operator alone. */
export type Driver = 'pilot' | 'operator';

/**
 * The phases of an upgrade, in order. A run only moves forward through them.
 *
 * The pilot goes through claim to retire and on to release; one that is aborted goes from its phase through revert, switch-back, return
 * and retire-green to release. The operator driver goes through claim, apply, native and done.
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

/** The evacuation of one set of nodes. */
export interface Evacuation {
  /** When the first order was given, and when every node was seen drained. */
  startedAt: number;
  drainedAt?: number;
  lowerBoundMs: number;
  /** Connections on the set that is evacuated, when it began. */
  moving?: number | undefined;
  /** Sessions of offline devices on it then. @default - not known */
  offline?: number | undefined;
  /** Devices that were connected when it began, on either set. */
  connections: number;
  /** The most that each node had of the caps. Nodes that finish first have none of `shares` once these are dealt anew. */
  shares?: NodeShare[] | undefined;
}

/** The sets of one role that an upgrade replaces. */
export interface Stage {
  role: Role;
  /** Number of new nodes. */
  replicas: number;
  /** Number of old nodes. @default - `replicas` */
  oldReplicas?: number;
  from: { set: string; revision: string };
  /** Absent until the new nodes exist. */
  to?: { set: string; revision: string };
  /** Of its nodes, once it has ended, and how the caps were shared. */
  evacuation?: Evacuation;
  shares?: NodeShare[];
}

/** Totals of a set; `null` is unknown. */
export interface Fleet {
  connections: number | null;
  sessions: number | null;
  /** Subscriptions of all sessions. */
  subscriptions: number | null;
}

/** How many devices a sample had, how many of them were of one kind, and how many of all connected devices that makes. */
export interface Counted {
  connections: number;
  sampled: number;
  found: number;
  estimate: number;
}

/** From `at`, in ms since the epoch, at most this many devices were disconnected per second; 0 in a pause. */
export interface Pace {
  at: number;
  perSecond: number;
}

/** Figures of the plan that a run began with; `null` is unknown. */
export interface Planned {
  /** Lower bound and expected duration of the evacuation, and of the whole upgrade, ms. */
  lowerBoundMs: number | null;
  evacuateMs: number | null;
  estimateMs: number | null;
  peakDisconnectsPerSecond: number | null;
  /** Most devices offline at a time. */
  devicesAway: number | null;
}

/** Why a run stopped. */
export interface Stop {
  at: number;
  /** Of the error. */
  code: string;
  reason: string;
  fix: string;
}

/** When a run stops by itself, and how. */
export interface Limits {
  /** For how long green may make no progress towards ready, ms. */
  readyMs: number;
  /** For how long other phases may make no progress, ms; intended waits are added. */
  stallMs: number;
  /** `stop`: the evacuations are stopped, and the run can be resumed. `abort`: everything is rolled back. */
  onFailure: 'stop' | 'abort';
  /**
   * Most devices that may be offline at a time: while there are more, no more are disconnected. `none`: any number.
   * @default - what the cap disconnects in the time that devices need to reconnect, see `offlineBudget`
   */
  offlineBudget?: number | 'none';
  /** What the run does when the operator was released for a moment and has removed old pods. */
  onLoss: 'continue' | 'stop';
}

/**
 * What must outlive the process that runs an upgrade, and cannot be read from the cluster. Kept in one ConfigMap beside
 * the cluster, so that the same command resumes the run later. Holds no secret.
 */
export interface Journal {
  schema: 1;
  /** Identity of the run. */
  run: string;
  /**
   * Set where the resource was changed in the middle of an upgrade, and all old sets are replaced: the run that this one took the place of;
   * empty where none was open.
   *
   * @default - it replaces one set of each role
   */
  supersedes?: string;
  driver: Driver;
  phase: Phase;
  /** ms since the epoch at which each phase began. */
  began: Partial<Record<Phase, number>>;
  /** The digest is that of the template blue runs; absent where the template was changed before the run began. */
  from: { version: string; set: string; revision: string; digest?: string };
  to: { version: string; set?: string; revision?: string };
  /** Of the nodes that are moved now. @default 'core' */
  role?: Role;
  /** What is moved after that, and what was moved before. @default - nothing: there is one role */
  later?: readonly Stage[];
  past?: readonly Stage[];
  /** Digest of the wanted pod template: shows whether a later command wants the same. */
  target: string;
  /** How long to wait between the switch of the traffic and the first eviction. */
  initialDelaySeconds: number;
  /** The delay of the resource, s: what an abort restores, and what it has in the end. Either may be a hold. */
  delay: { before: number; after: number };
  /** Number of new nodes. */
  replicas: number;
  /** Number of old nodes. @default - `replicas` */
  oldReplicas?: number | undefined;
  waitTakeoverSeconds: number;
  /** Cluster-wide caps: at most this many disconnects, and this many moved sessions, per second. */
  connectionCap: number;
  sessionCap: number;
  /** @default 'fixed' */
  pacing?: Pacing | undefined;
  /** The rate of the evacuation under way, where it follows the devices. */
  adaptive?: AdaptiveRate | undefined;
  limits: Limits;
  /** How many of the connections and subscriptions must be back in the end, in percent; see `Gate`. @default 99 */
  backPercent?: number | undefined;
  /** Counts on blue when the run was claimed, and on the set that serves when it ended. */
  baseline: Fleet;
  end?: Fleet | undefined;
  /** Devices with MQTT 3.1 when the run was claimed, and when it ended. @default - devices were not sampled */
  mqtt31?: { before: Counted; after?: Counted | undefined } | undefined;
  /** How the caps are shared among the nodes that are evacuated: blue's, or green's in an abort. */
  shares?: NodeShare[] | undefined;
  /** The wave of `shares` whose nodes evacuate now. @default 0 */
  wave?: number | undefined;
  /** Pods whose evacuation is to be stopped before any is started: the shares have changed. */
  restart?: string[] | undefined;
  /** Pods that have got more of the cap: each is stopped just after a burst, and started again a second later. */
  raise?: string[] | undefined;
  /** Nodes were ordered to stop: none is started before then. */
  restUntil?: number;
  /** Paused since then: no device is disconnected and no step is started; and the length of earlier pauses, ms. */
  paused?: { since: number } | undefined;
  pausedMs?: number;
  /** Old pods that the operator has removed although it should have been held. */
  lostPods?: number;
  /** The latest request that had no effect. */
  refused?: { request: string; reason: string; at: number } | undefined;
  /** Why the process that drove it stopped, and what to do; removed when the run continues. */
  stopped?: Stop | undefined;
  /** The run was aborted then, in that phase, when so many devices had been moved; absent where no device had, or it is not known. */
  aborted?: { at: number; phase: Phase; moved?: number | undefined } | undefined;
  /** When an abort last had to restore the old template once more, because the new one was applied again. */
  revertedAgainAt?: number | undefined;
  /** Since when the operator has reported all new nodes as ready, where it may still build others. */
  greenAt?: number | undefined;
  /** When only green was seen behind every traffic Service; and in an abort only blue. */
  switchedAt?: number | undefined;
  backAt?: number | undefined;
  /** The traffic Services when the run began: they stay its own, also where a cluster of the other kind of the same name appears. */
  services?: readonly string[];
  /** Traffic Services that route to the new nodes whether they are ready or not, because this run wants it so. */
  covered?: readonly string[];
  evacuation?: Evacuation | undefined;
  /** Devices that are connected when none is offline, as counted then: ms since the epoch. */
  fleet?: { at: number; devices: number } | undefined;
  /** How long devices take to reconnect, as seen in this run, ms. */
  returnMs?: number | undefined;
  /** What went wrong and did not end the run, in the order in which it was noticed. */
  incidents?: Incident[] | undefined;
  /** The caps and pauses, in their order. */
  pace?: Pace[] | undefined;
  /** The most disconnects per second that were seen. */
  peakPerSecond?: number | undefined;
  /** What was planned. */
  planned?: Planned | undefined;
  /** The processes that drove the run, in their order: holders of its lease. */
  drivers?: readonly string[] | undefined;
  /** What was observed over time, for charts. */
  series?: RunSeries | undefined;
  finishedAt?: number;
}

const count = z.number().nonnegative();
const when = z.number();

const FLEET = z.object({
  connections: count.nullable(),
  sessions: count.nullable(),
  subscriptions: count.nullable().default(null),
});

const COUNTED = z.object({ connections: count, sampled: count, found: count, estimate: count });

const SHARES = z
  .array(
    z.object({
      pod: z.string(),
      connectionsPerSecond: count,
      sessionsPerSecond: count,
      wave: count,
      offsetMs: count,
    }),
  )
  .optional();

const EVACUATION = z.object({
  startedAt: when,
  drainedAt: when.optional(),
  lowerBoundMs: count,
  moving: count.optional(),
  offline: count.optional(),
  connections: count,
  shares: SHARES,
});

const SET = z.object({ set: z.string(), revision: z.string() });
const ROLE = z.enum(['core', 'replicant']);
const STAGES = z
  .array(
    z.object({
      role: ROLE,
      replicas: count,
      oldReplicas: count.optional(),
      from: SET,
      to: SET.optional(),
      evacuation: EVACUATION.optional(),
      shares: SHARES,
    }),
  )
  .optional();

/** Every user that may write the ConfigMap can write anything into it. */
const PAGE = z.looseObject({
  schema: z.literal(1),
  run: z.string(),
  supersedes: z.string().optional(),
  driver: z.enum(['pilot', 'operator']),
  phase: z.enum(PHASES),
  began: z.partialRecord(z.enum(PHASES), when),
  from: z.object({ version: z.string(), set: z.string(), revision: z.string(), digest: z.string().optional() }),
  to: z.object({ version: z.string(), set: z.string().optional(), revision: z.string().optional() }),
  role: ROLE.optional(),
  later: STAGES,
  past: STAGES,
  target: z.string(),
  initialDelaySeconds: count,
  delay: z.object({ before: count, after: count }),
  replicas: count,
  oldReplicas: count.optional(),
  waitTakeoverSeconds: count,
  connectionCap: count,
  sessionCap: count,
  pacing: z.enum(PACINGS).optional(),
  adaptive: z
    .object({
      perSecond: count,
      at: when,
      limit: z.object({ perSecond: count, at: when }).optional(),
      kept: count.optional(),
      raises: count,
      haltedAt: when.optional(),
      isSilent: z.boolean().optional(),
    })
    .optional(),
  limits: z.object({
    readyMs: count,
    stallMs: count,
    onFailure: z.enum(['stop', 'abort']),
    offlineBudget: z.union([count, z.literal('none')]).optional(),
    onLoss: z.enum(['continue', 'stop']),
  }),
  backPercent: count.optional(),
  baseline: FLEET,
  end: FLEET.optional(),
  mqtt31: z.object({ before: COUNTED, after: COUNTED.optional() }).optional(),
  shares: SHARES,
  wave: count.optional(),
  restart: z.array(z.string()).optional(),
  raise: z.array(z.string()).optional(),
  restUntil: when.optional(),
  paused: z.object({ since: when }).optional(),
  pausedMs: count.optional(),
  lostPods: count.optional(),
  refused: z.object({ request: z.string(), reason: z.string(), at: when }).optional(),
  stopped: z.object({ at: when, code: z.string(), reason: z.string(), fix: z.string() }).optional(),
  aborted: z.object({ at: when, phase: z.enum(PHASES), moved: count.optional() }).optional(),
  revertedAgainAt: when.optional(),
  greenAt: when.optional(),
  switchedAt: when.optional(),
  backAt: when.optional(),
  services: z.array(z.string()).readonly().optional(),
  covered: z.array(z.string()).readonly().optional(),
  evacuation: EVACUATION.optional(),
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
  planned: z
    .object({
      lowerBoundMs: count.nullable(),
      evacuateMs: count.nullable(),
      estimateMs: count.nullable(),
      peakDisconnectsPerSecond: count.nullable(),
      devicesAway: count.nullable(),
    })
    .optional(),
  drivers: z.array(z.string()).readonly().optional(),
  series: SERIES,
  finishedAt: when.optional(),
});

/** The journal as it was written; undefined when it is not a journal, or has a format this version does not know. */
export function parseJournal(text: string): Journal | undefined {
  try {
    return PAGE.safeParse(JSON.parse(text)).data as Journal | undefined;
  } catch {
    return undefined;
  }
}

/** Whether a run was started and has not ended. */
export function isOpen(journal: Journal | undefined): journal is Journal {
  return journal !== undefined && journal.phase !== 'done';
}
