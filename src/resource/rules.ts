import semver from 'semver';
import { INT32_MAX, MAX_NAME_LENGTH } from './constants';
import type { Violation } from './problem';

/**
 * What a value must be beyond its type, in a manifest or in the properties of a construct. A rule accepts
 * any input, also undefined, and never converts.
 */
export type Rule = (value: unknown) => Violation | undefined;

const OLDEST_VERSION = '4.4.14';

/** A whole number in a range. For a number outside of it `why` gives the reason; other values have the wrong type. */
export function wholeNumber(
  from: number,
  to: number,
  bound: string,
  fix: string,
  why: (value: number | undefined) => string,
): Rule {
  return (value) => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= from && value <= to) return undefined;
    if (value !== undefined && typeof value !== 'number') {
      const unquoted = typeof value === 'string' ? 'write a number without quotes' : 'write a number';
      return { bound, reason: 'this is not a number, and values are never converted', fix: `${unquoted}: ${fix}` };
    }
    const whole = value === undefined || Number.isInteger(value);
    return { bound, reason: whole ? why(value) : 'the API server refuses fractions', fix };
  };
}

/** The rule of a property that may be left out. */
export function optional(rule: Rule): Rule {
  return (value) => (value === undefined ? undefined : rule(value));
}

export function tooLargeFor32Bits(value: number | undefined): string | undefined {
  return value !== undefined && value > INT32_MAX ? 'the API server keeps it in 32 bits' : undefined;
}

function rate(what: string): Rule {
  return wholeNumber(
    1,
    INT32_MAX,
    'a whole number of at least 1',
    `set how many ${what} a node may evict per second, for example 10`,
    (value) =>
      tooLargeFor32Bits(value) ??
      (value
        ? 'a node that loses none is never drained, and the API server refuses it'
        : 'the operator sends a missing rate as 0, EMQX refuses 0, and the upgrade hangs without an error'),
  );
}

/** Connections a node ends per second. */
export const connectionEvictionRate = rate('connections');

/** Sessions a node hands over per second. */
export const sessionEvictionRate = rate('sessions');

/** 2³² ms in whole seconds: EMQX's rebalance plugin crashes on larger timers, and stays down even after a restart. */
const MAX_WAIT_TAKEOVER = 4_294_967;

/** Seconds a client has to come back before its session is moved. */
export const waitTakeover = wholeNumber(
  1,
  MAX_WAIT_TAKEOVER,
  `a whole number of seconds from 1 to ${MAX_WAIT_TAKEOVER}`,
  'set how long a client may take to come back before its session is moved, for example 5',
  (value) => {
    if (value && value > 0) return "larger waits crash EMQX's evacuation plugin, for good";
    return value ? 'a wait cannot be negative' : 'the operator omits 0, and EMQX then waits for 60 s, its own default';
  },
);

/** Seconds between "all new nodes are ready" and the first evacuation; absent is 0. */
export const initialDelay = optional(
  wholeNumber(
    0,
    INT32_MAX,
    `a whole number of seconds from 0 to ${INT32_MAX}`,
    'set 0 to continue at once, or the seconds to wait, for example 60',
    (value) => tooLargeFor32Bits(value) ?? 'it is how long to wait once the new nodes are ready',
  ),
);

/** Number of EMQX nodes; absent is 3. */
export const replicas = optional(
  wholeNumber(
    1,
    INT32_MAX,
    'a whole number of at least 1',
    'set the number of EMQX nodes, for example 3',
    (value) => tooLargeFor32Bits(value) ?? 'without a node nothing can take the connections over',
  ),
);

/** Version of EMQX Enterprise, which is the image's tag without prefix and suffix. */
export const emqxVersion: Rule = (value) => {
  const bound = `a version from ${OLDEST_VERSION} up to, but not including, 5.0.0`;
  if (typeof value !== 'string' || value === '') {
    const fix = `set the version in quotes, for example "${OLDEST_VERSION}"`;
    const reason = 'the image tag is built from it, and the operator refuses a cluster without one';
    return { bound, reason, fix };
  }
  if (value === 'latest') {
    const reason = 'a tag that moves can neither be planned nor rolled back, and the operator refuses it';
    return { bound, reason, fix: `name the version that "latest" stands for, for example "${OLDEST_VERSION}"` };
  }
  // semver itself would also accept " v4.4.14", which makes another tag.
  const version = semver.parse(value);
  if (version?.version !== value) {
    const [, affixed] = /(\d+\.\d+\.\d+)/.exec(value) ?? [];
    const reason = 'this is not a semantic version (three numbers, nothing before them)';
    return affixed
      ? { bound, reason, fix: `write "${affixed}"; what else the tag holds goes into prefix and suffix` }
      : { bound, reason, fix: `write all three numbers, like "${OLDEST_VERSION}"` };
  }
  if (version.major >= 5) {
    const reason = 'EMQX 5 is described by another custom resource (kind EMQX), which this one cannot hold';
    return { bound, reason, fix: 'choose a 4.4 version' };
  }
  if (version.compare(OLDEST_VERSION) < 0) {
    const reason = 'older versions, and pre-releases of this one, are refused by the operator';
    return { bound, reason, fix: `choose ${OLDEST_VERSION} or later` };
  }
  return undefined;
};

/**
 * Name of a cluster.
 *
 * @param longest how many characters it may have
 */
export function clusterNameUpTo(longest: number): Rule {
  return (value) => {
    if (typeof value === 'string' && /^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(value) && value.length <= longest) {
      return undefined;
    }
    const tooLong = typeof value === 'string' && value.length > longest;
    return {
      bound: `a DNS label of 1 to ${longest} characters: a-z, 0-9 and '-', a letter first, no '-' last`,
      reason: tooLong
        ? `the name of a stateful set and of its revision add ${63 - longest} characters, and a label value holds 63`
        : 'the host names of the nodes and the names of the Services are built from it',
      fix: tooLong ? 'choose a shorter name' : 'choose a name like "emqx-ee"',
    };
  };
}

/** Name of an EmqxEnterprise. */
export const clusterName = clusterNameUpTo(MAX_NAME_LENGTH);

/** A port on every Kubernetes node; absent lets Kubernetes choose. */
export const nodePort = optional(
  wholeNumber(
    30_000,
    32_767,
    'a whole number from 30000 to 32767',
    'choose a free port of the range',
    () => 'Kubernetes assigns node ports in this range only',
  ),
);

/** Why a node port that is requested twice is refused. */
export const nodePortTwice: Violation = {
  bound: 'given once',
  reason: 'a node port belongs to one port of one Service',
  fix: 'choose another port for one of them',
};
