import type { EmqxCondition, EmqxStatus } from '../../../resource';
import type { Condition } from './emqx';

export function conditionOf(status: EmqxStatus, type: EmqxCondition): Condition | undefined {
  return status.conditions?.find((condition) => condition.type === type);
}

export function isTrue(status: EmqxStatus, type: EmqxCondition): boolean {
  return conditionOf(status, type)?.status === 'True';
}

/** The one that decides what comes next. */
export function lastTrueCondition(status: EmqxStatus): Condition | undefined {
  return status.conditions?.find((condition) => condition.status === 'True');
}

/** Sets a condition to true as of now (ms), whatever it was, and moves it to the front. */
export function setCondition(
  status: EmqxStatus,
  now: number,
  type: EmqxCondition,
  reason: string,
  message: string,
): void {
  const lastTransitionTime = new Date(now).toISOString();
  const others = (status.conditions ?? []).filter((condition) => condition.type !== type);
  status.conditions = [{ type, status: 'True', lastTransitionTime, reason, message }, ...others];
}

export function removeConditions(status: EmqxStatus, ...types: readonly string[]): void {
  status.conditions = (status.conditions ?? []).filter(({ type }) => !types.includes(type));
}
