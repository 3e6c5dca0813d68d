import type { EmqxRequest } from '../../emqx/transport';
import type { ApiCall } from '../kubernetes/in-memory-api';

/** One request of an engine's process, as a fault sees it. */
export interface EngineCall {
  /** Holder name of the process. */
  process: string;
  to: 'kubernetes' | 'emqx';
  verb: string;
  /** `Kind/name`, or the pod. */
  target: string;
  /** Whether it has an effect. */
  writes: boolean;
  /** Counts the writes of all processes, from 0; only of those that write. */
  write: number | undefined;
}

const READS = ['get', 'list', 'watch'];

export function kubernetesCall(process: string, { verb, kind, name = '', dryRun }: ApiCall): Omit<EngineCall, 'write'> {
  const writes = !READS.includes(verb) && !dryRun && kind !== 'SelfSubjectAccessReview';
  return { process, to: 'kubernetes', verb, target: `${kind}/${name}`, writes };
}

export function emqxCall(process: string, pod: string, request: EmqxRequest): Omit<EngineCall, 'write'> {
  const { method, path } = request;
  const verb = path.endsWith('/evacuation/start') ? 'start' : path.endsWith('/evacuation/stop') ? 'stop' : method;
  return { process, to: 'emqx', verb, target: pod, writes: method !== 'GET' };
}

export function callText({ process, to, verb, target }: EngineCall): string {
  return `${process}: ${to} ${verb} ${target}`;
}

/** When a fault meets a call. */
export type Moment = 'before' | 'after';

/**
 * Stands between the processes and their ports. Throwing `before` a call means that it had no effect, `after` it that only the
 * answer was lost; a promise delays it.
 */
export type Meet = (call: EngineCall, moment: Moment) => Promise<void> | void;
