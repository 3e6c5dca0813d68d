/** The runner: upgrades clusters from inside Kubernetes, as its policy says. */
export { approvalText } from './approval';
export { serve } from './http-server';
export { mark, recordsRef } from './records';
export { Runner, type RunnerOptions } from './runner';
export { type RunnerStatus, runnerStatusOf } from './runner-status';
export { type Sinks, sinksTo } from './sinks';
export type { Told } from './told';
