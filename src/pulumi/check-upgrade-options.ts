import { HIDDEN, type Problem, type Violation } from '../resource';
import { imageReference } from '../resource/image-reference';
import type { CommonInputs, UpgradeOptions } from './common-inputs';

/** Problems of the upgrade options, and of the connection settings. */
export function checkUpgradeOptions(inputs: CommonInputs): Problem[] {
  const problems: Problem[] = [];
  const check = (path: string, value: unknown, sound: (value: unknown) => boolean, violation: Violation) => {
    if (value !== undefined && !sound(value)) problems.push({ path, value, ...violation });
  };
  const { upgrade, adopt, deleteVolumes, context } = inputs;
  check('adopt', adopt, isBoolean, trueOrFalse);
  check('deleteVolumes', deleteVolumes, isBoolean, trueOrFalse);
  check('context', context, isText, name);
  // A kubeconfig that is not text may still hold secrets.
  if (inputs.kubeconfig !== undefined && !isText(inputs.kubeconfig)) {
    problems.push({ path: 'kubeconfig', value: HIDDEN, ...kubeconfig });
  }
  check('upgrade', upgrade, isObject, options);
  if (!isObject(upgrade)) return problems;
  const { driver, acceptLoss, acceptDowngrade, stormCap, pacing, offlineBudget, timeouts, onFailure } = upgrade;
  const { backPercent, sampleDevices } = upgrade;
  check('upgrade.driver', driver, (value) => value === 'pilot' || value === 'operator', aDriver);
  check('upgrade.acceptLoss', acceptLoss, isBoolean, trueOrFalse);
  check('upgrade.acceptDowngrade', acceptDowngrade, isBoolean, trueOrFalse);
  check('upgrade.stormCap', stormCap, isCount, rate);
  check('upgrade.pacing', pacing, (value) => value === 'fixed' || value === 'adaptive', aPacing);
  check('upgrade.offlineBudget', offlineBudget, (value) => value === 'none' || isCount(value), budget);
  check('upgrade.backPercent', backPercent, (value) => isCount(value) && Number(value) <= 100, percent);
  check('upgrade.sampleDevices', sampleDevices, isBoolean, trueOrFalse);
  check('upgrade.onFailure', onFailure, (value) => value === 'stop' || value === 'abort', onFailureWords);
  problems.push(...runnerProblems(upgrade));
  check('upgrade.timeouts', timeouts, isObject, options);
  if (!isObject(timeouts)) return problems;
  check('upgrade.timeouts.totalSeconds', timeouts['totalSeconds'], isCount, seconds);
  check('upgrade.timeouts.stallSeconds', timeouts['stallSeconds'], isCount, seconds);
  return problems;
}

/** Of the options that say which process drives an upgrade. */
function runnerProblems({ runner, wait, image, runnerNamespace, timeouts }: UpgradeOptions): Problem[] {
  const problems: Problem[] = [];
  const report = (path: string, value: unknown, violation: Violation | undefined) => {
    if (value !== undefined && violation) problems.push({ path: `upgrade.${path}`, value, ...violation });
  };
  report('runner', runner, runner === 'cluster' ? undefined : aRunner);
  report('wait', wait, runner === undefined ? ofARunner : isBoolean(wait) ? undefined : trueOrFalse);
  report('image', image, runner === undefined ? ofARunner : imageReference(image));
  report('runnerNamespace', runnerNamespace, runner === undefined ? ofARunner : objectName(runnerNamespace));
  const { totalSeconds } = isObject(timeouts) ? timeouts : {};
  report('timeouts.totalSeconds', totalSeconds, wait === false && runner !== undefined ? nobodyWaits : undefined);
  return problems;
}

const isBoolean = (value: unknown) => typeof value === 'boolean';
const isText = (value: unknown) => typeof value === 'string' && value !== '';
const isCount = (value: unknown) => Number.isInteger(value) && (value as number) >= 1;
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const trueOrFalse: Violation = {
  bound: 'true or false',
  reason: 'values are never converted',
  fix: 'write it without quotes',
};
const name: Violation = {
  bound: 'the name of a context',
  reason: 'it is looked up in the kubeconfig',
  fix: 'choose one of `kubectl config get-contexts`, or leave it out',
};
const kubeconfig: Violation = {
  bound: 'the text of a kubeconfig, or the path of one',
  reason: 'it is the way to the cluster',
  fix: 'give its text (of an object: `JSON.stringify(kubeconfig)`), for example from the resource that creates the Kubernetes cluster, or leave it out',
};
const options: Violation = { bound: 'an object', reason: 'it holds options', fix: 'write { … }, or leave it out' };
const aDriver: Violation = {
  bound: '"pilot" or "operator"',
  reason: 'there are these two',
  fix: 'leave it out, and each device is disconnected once',
};
const rate: Violation = {
  bound: 'a whole number of at least 1',
  reason: 'it is how many devices may be disconnected per second',
  fix: 'leave it out, and it is the connectionEvictionRate',
};
const aPacing: Violation = {
  bound: '"fixed" or "adaptive"',
  reason: 'there are these two',
  fix: 'leave it out, and devices are disconnected at stormCap',
};
const budget: Violation = {
  bound: 'a whole number of at least 1, or "none"',
  reason: 'it is how many devices may be offline at a time',
  fix: 'leave it out, and it follows from the rate',
};
const percent: Violation = {
  bound: 'a whole number from 1 to 100',
  reason: 'it is a share of the count before the upgrade',
  fix: 'leave it out, and it is 99',
};
const aRunner: Violation = {
  bound: '"cluster"',
  reason: 'a runner in the Kubernetes cluster drives upgrades then',
  fix: 'leave it out, and pulumi up does',
};
const ofARunner: Violation = {
  bound: "left out without runner: 'cluster'",
  reason: 'pulumi up drives the upgrade itself',
  fix: "leave it out, or add runner: 'cluster'",
};
const nobodyWaits: Violation = {
  bound: 'left out with wait: false',
  reason: 'no process measures it then',
  fix: 'leave it out, or leave wait out; `onFailure` and `stallSeconds` are valid with both',
};
const objectName = (value: unknown): Violation | undefined =>
  typeof value === 'string' && /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(value)
    ? undefined
    : {
        bound: 'the name of a namespace',
        reason: 'Kubernetes allows no other names',
        fix: 'correct it, or leave it out: the runner is looked for',
      };
const onFailureWords: Violation = {
  bound: '"stop" or "abort"',
  reason: 'a stalled upgrade is left as it is, or aborted',
  fix: 'leave it out, and it is left as it is',
};
const seconds: Violation = {
  bound: 'a whole number of seconds, at least 1',
  reason: 'an operation ends after it',
  fix: 'write for example 3600, or leave it out',
};
