import { type Document, parseDocument } from 'yaml';
import * as z from 'zod';
import { Checks, oncePerPath } from './checks';
import { nearest } from './nearest';
import { formatPath, HIDDEN, type Problem } from './problem';
import type { Rule } from './rules';
import { at, structuralFindings } from './structure';

/** The days of the week, as a policy names them. */
export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** Name of the runner's ConfigMap, with its policy and what was approved; and of its lease. */
export const RUNNER_NAME = 'emqx-upgrade-runner';

/** Key of the policy in it. */
export const POLICY_KEY = 'policy';

/** Keys that the runner and `approve` write into it: marks of a cluster, with its kind, namespace and name; and what it waits for. */
export const MARK_KEY = /^(approved|begun)\.(EmqxEnterprise|EMQX)\.([^.]+)\.(.+)$/;
export const WAIT_KEY = /^waits\./;

/** Times at which upgrades may begin; one that has begun is not interrupted by the end of the window. */
const WINDOW = z.strictObject({
  /** Days on which it opens. @default - every day */
  days: z.array(z.enum(DAYS)).optional(),
  /** Time of day at which it opens, as `01:00`. */
  from: z.string(),
  /** Time of day at which it closes, as `05:00`; one that is not after `from` is on the next day. `24:00` is midnight. */
  to: z.string(),
  /** IANA name of the time zone of both. @default 'UTC' */
  timeZone: z.string().optional(),
});

/** Which clusters come before all others; a cluster that is named, or has the label, is one of them. */
const ORDER = z.strictObject({
  /** Name of a label of the custom resource, and its value. */
  label: z.string().optional(),
  value: z.string().optional(),
  /** Clusters as `NAMESPACE/NAME`. */
  clusters: z.array(z.string()).optional(),
});

const POLICY = z.strictObject({
  /**
   * Which upgrades are begun: all of them, or those that were approved.
   *
   * @default 'approval'
   */
  mode: z.enum(['automatic', 'approval']).optional(),
  /** @default - upgrades begin at any time */
  window: WINDOW.optional(),
  /** Most disconnects per second in a whole cluster. @default - the eviction rate of each cluster */
  rateCap: z.int().optional(),
  /** Whether devices are disconnected at that rate, or as fast as those before them reconnect. @default 'fixed' */
  pacing: z.enum(['fixed', 'adaptive']).optional(),
  /** Most devices of a cluster that may be offline at a time, or `none`. @default - by the rate */
  offlineBudget: z.union([z.int(), z.string()]).optional(),
  /** How many of the connections, and of the subscriptions, must be back in the end, in percent: gates of the report. @default 99 */
  backPercent: z.int().optional(),
  /** Whether devices are sampled before and after, so that the report says whether those with MQTT 3.1 have become more. @default true */
  sampleDevices: z.boolean().optional(),
  /** What a run does that cannot continue. @default 'stop' */
  onFailure: z.enum(['stop', 'abort']).optional(),
  /** How many clusters of all namespaces are upgraded at a time. @default 1 */
  maxConcurrent: z.int().optional(),
  /** @default - by namespace and name */
  order: ORDER.optional(),
  /** Whether runs are resumed that others have begun and nobody drives. @default true */
  resume: z.boolean().optional(),
  /** Whether clusters at rest are held, so that a change of their template waits for an upgrade. @default 'leave' */
  hold: z.enum(['enforce', 'leave']).optional(),
});

/** When upgrades may begin. */
export interface RunnerWindow {
  readonly days: readonly (typeof DAYS)[number][];
  readonly from: string;
  readonly to: string;
  readonly timeZone: string;
}

/** Which clusters come first. */
export type RunnerOrder = z.infer<typeof ORDER>;

/** What the runner does on its own, complete. */
export interface RunnerPolicy {
  mode: 'automatic' | 'approval';
  window: RunnerWindow | undefined;
  rateCap: number | undefined;
  pacing: 'fixed' | 'adaptive';
  offlineBudget: number | 'none' | undefined;
  backPercent: number | undefined;
  sampleDevices: boolean;
  onFailure: 'stop' | 'abort';
  maxConcurrent: number;
  order: RunnerOrder | undefined;
  resume: boolean;
  hold: 'enforce' | 'leave';
}

/** A policy, or all that is wrong with it. */
export type PolicyReading = { policy: RunnerPolicy } | { problems: readonly Problem[] };

/** Keys of the ConfigMap that nobody reads. */
export function otherKeysIn(data: Readonly<Record<string, string>>): string[] {
  return Object.keys(data).filter((key) => key !== POLICY_KEY && !MARK_KEY.test(key) && !WAIT_KEY.test(key));
}

/**
 * Reads a policy, as YAML or JSON.
 *
 * @param text empty or undefined stands for the defaults: upgrades wait for an approval
 * @param otherKeys keys beside it that nobody reads: without a policy one of them is probably meant to be it
 */
export function readPolicy(text: string | undefined, otherKeys: readonly string[] = []): PolicyReading {
  if (text === undefined && otherKeys.length > 0) return { problems: otherKeys.map(misnamed) };
  const document = parseDocument(text ?? '', { schema: 'core' });
  if (document.errors.length > 0) return { problems: document.errors.map(({ message }) => unreadable(message)) };
  const input = contentOf(document);
  if (input === undefined) return { problems: [unreadable('it has too many aliases')] };
  const problems = policyProblemsOf(input);
  return problems.length > 0 ? { problems } : { policy: complete(input as z.infer<typeof POLICY>) };
}

/** Undefined where its aliases cannot be resolved. */
function contentOf(document: Document): unknown {
  try {
    return (document.toJS({ maxAliasCount: 100 }) as unknown) ?? {};
  } catch {
    return undefined;
  }
}

/** Only the first line: what follows quotes the text. */
function unreadable(message: string): Problem {
  const [reason = ''] = message.split('\n');
  const fix = 'write for example mode: automatic, with one key in each line';
  return { path: POLICY_KEY, value: HIDDEN, bound: 'YAML or JSON', reason: reason.replace(/:$/, ''), fix };
}

/** A key of the ConfigMap with another name. */
function misnamed(key: string): Problem {
  return {
    path: formatPath(['data', key]),
    value: HIDDEN,
    bound: `named ${POLICY_KEY}`,
    reason: 'no other key is read as the policy, and without one the defaults would apply',
    fix: nearest(key, [POLICY_KEY]) ? `did you mean '${POLICY_KEY}'?` : `rename it to ${POLICY_KEY}, or remove it`,
  };
}

/** All that is wrong with a policy of unknown origin. */
export function policyProblemsOf(input: unknown): Problem[] {
  const checks = new Checks(input);
  if (at(input, ['window']) !== undefined) {
    checks.check(['window', 'from'], timeOfDay('00:00', '23:59'));
    checks.check(['window', 'to'], timeOfDay('00:00', '24:00'));
    checks.check(['window', 'timeZone'], timeZone);
    checks.check(['window', 'days'], notEmpty);
    checks.check(['window'], sometime);
  }
  checks.check(['rateCap'], from(1, 1_000_000, 'it is a number of disconnects per second'));
  checks.check(['maxConcurrent'], from(1, 1_000, 'it is a number of clusters'));
  checks.check(['offlineBudget'], budget);
  checks.check(['backPercent'], from(1, 100, 'it is a share of the count before the upgrade'));
  checks.check(['order'], someOrder);
  checks.check(['order', 'clusters'], clusterNames);
  const isSecret = () => false;
  const findings = structuralFindings(POLICY, input, isSecret, { authority: 'the policy' });
  return oncePerPath([...checks.findings, ...findings]).map((problem) =>
    problem.path === formatPath([])
      ? { ...problem, path: POLICY_KEY, fix: 'write keys with values, such as mode: automatic' }
      : problem,
  );
}

function complete(given: z.infer<typeof POLICY>): RunnerPolicy {
  const { mode = 'approval', onFailure = 'stop', maxConcurrent = 1, resume = true, hold = 'leave' } = given;
  const { window, rateCap, pacing = 'fixed', order, backPercent, sampleDevices = true } = given;
  return {
    mode,
    window: window && { days: [...DAYS], timeZone: 'UTC', ...window },
    rateCap,
    pacing,
    offlineBudget: given.offlineBudget as number | 'none' | undefined,
    backPercent,
    sampleDevices,
    onFailure,
    maxConcurrent,
    order,
    resume,
    hold,
  };
}

function timeOfDay(first: string, last: string): Rule {
  const violation = {
    bound: `a time of day in quotes, from "${first}" to "${last}"`,
    reason: 'a window has a beginning and an end',
    fix: 'write hours and minutes with two digits each, as "01:00"',
  };
  return (value) => (typeof value === 'string' && isTime(value) && value <= last ? undefined : violation);
}

function isTime(text: string): boolean {
  return /^([01]\d|2[0-3]):[0-5]\d$/.test(text) || text === '24:00';
}

/** Whether this system knows a time zone. */
function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

const timeZone: Rule = (value) =>
  value === undefined || (typeof value === 'string' && isTimeZone(value))
    ? undefined
    : {
        bound: 'an IANA time zone',
        reason: 'no other name is known to this system',
        fix: 'write for example Europe/Berlin, or leave it out for UTC',
      };

const notEmpty: Rule = (value) =>
  Array.isArray(value) && value.length === 0
    ? { bound: 'one day or more', reason: 'the window would never open', fix: 'leave it out for every day' }
    : undefined;

const sometime: Rule = (value) => {
  const { from: opens, to } = (value ?? {}) as { from?: unknown; to?: unknown };
  if (opens === undefined || opens !== to) return undefined;
  return {
    bound: 'a window with two different times',
    reason: 'it is not clear whether it is open always or never',
    fix: 'for whole days write from: "00:00" and to: "24:00"',
  };
};

function from(least: number, most: number, reason: string): Rule {
  const violation = { bound: `a whole number from ${least} to ${most}`, reason, fix: 'write one, or leave it out' };
  return (value) =>
    value === undefined || (Number.isInteger(value) && (value as number) >= least && (value as number) <= most)
      ? undefined
      : violation;
}

const budget: Rule = (value) =>
  value === 'none' || from(1, 1e9, '')(value) === undefined
    ? undefined
    : {
        bound: 'a whole number of devices from 1, or none',
        reason: 'while more are offline, no more are disconnected',
        fix: 'write none for no limit, or leave it out for one by the rate',
      };

const someOrder: Rule = (value) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { label, value: wanted, clusters } = value as Record<string, unknown>;
  const isPair = (label === undefined) === (wanted === undefined);
  if (isPair && (label !== undefined || clusters !== undefined)) return undefined;
  return {
    bound: 'a label with its value, a list of clusters, or both',
    reason: 'they say which clusters come first',
    fix: 'write label and value, or clusters, or leave the order out',
  };
};

const clusterNames: Rule = (value) =>
  Array.isArray(value) && value.some((name) => !/^[-a-z0-9]+\/[-.a-z0-9]+$/.test(String(name)))
    ? {
        bound: 'a list of NAMESPACE/NAME',
        reason: 'names alone are ambiguous between namespaces',
        fix: 'write for example mqtt/emqx-canary',
      }
    : undefined;
