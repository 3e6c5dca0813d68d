import type { Duration } from 'cdk8s';
import type { Violation } from '../resource/problem';
import type { Rule } from '../resource/rules';
import type { Findings } from './_findings';

/** A duration in seconds, with its fraction; undefined if it is not a duration. */
export function secondsOf(duration: Duration | undefined): number | undefined {
  return isDuration(duration) ? duration.toSeconds({ integral: false }) : undefined;
}

/** Checks a duration property with the rule for its seconds. */
export function checkDuration(findings: Findings, path: string, duration: unknown, rule: Rule): void {
  if (duration === undefined || isDuration(duration)) findings.check(path, secondsOf(duration), rule);
  else findings.report(path, duration, NO_DURATION);
}

const NO_DURATION: Violation = {
  bound: 'a Duration',
  reason: 'a bare number does not say its unit',
  fix: 'write for example Duration.seconds(5), of cdk8s',
};

/** By its methods, not by its class: a program may have loaded cdk8s twice. */
function isDuration(value: unknown): value is Duration {
  return typeof (value as Partial<Duration> | null)?.toSeconds === 'function';
}
