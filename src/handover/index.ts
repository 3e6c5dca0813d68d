/** Runs that are handed over to a process inside the cluster: a runner, or a Job. */
export { driveUndriven } from './drive-undriven';
export { findHost, type RunHost } from './find-host';
export { runnerLeasesIn, runnerNamespaceOf } from './find-runner';
export { handOver } from './hand-over';
export { isUnderWay } from './under-way';
