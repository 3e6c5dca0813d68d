import type { EmqxResource, Generation, SetKind } from '../resource';
import type { Refusal, Rehearsal, RehearsedWrite } from '../upgrade';
import { type KubeApi, KubeApiError, type ObjectRef } from './kube-api';
import { oneLine } from './one-line';

/** A write as it is sent to the API server. */
interface DryRun {
  write: RehearsedWrite;
  ref: ObjectRef;
  body: object;
  subresource?: 'scale';
}

/**
 * Sends what an upgrade writes as dry runs: the server does everything but store it, its admission policies and webhooks included.
 *
 * @returns the writes that it does not accept, and those for which that is unknown.
 */
export async function refusalsOf(
  { api, ...cluster }: { api: KubeApi; namespace: string; name: string },
  generation: Generation<EmqxResource>,
  kindOf: (set: string) => SetKind['kind'],
  writes: Rehearsal,
  signal?: AbortSignal,
): Promise<Refusal[]> {
  const answers = await Promise.all(
    dryRuns(cluster, generation, kindOf, writes).map(async ({ write, ref, body, subresource }): Promise<Refusal[]> => {
      try {
        await api.patch(ref, { type: 'merge', body }, { dryRun: true, ...(subresource && { subresource }) }, signal);
        return [];
      } catch (error) {
        if (!(error instanceof KubeApiError)) throw error;
        return [{ write, isCertain: isCertain(error), reason: oneLine(error.message) }];
      }
    }),
  );
  return answers.flat();
}

function dryRuns(
  { namespace, name }: { namespace: string; name: string },
  { apiVersion, kind, revisionLabel }: Generation<EmqxResource>,
  kindOf: (set: string) => SetKind['kind'],
  writes: Rehearsal,
): DryRun[] {
  const { services, revision = '', set, spec } = writes;
  const scaled = set === undefined ? [] : [set];
  return [
    ...services.map((service): DryRun => {
      const ref = { apiVersion: 'v1', kind: 'Service', namespace, name: service };
      return { write: 'select-traffic', ref, body: { spec: { selector: { [revisionLabel]: revision } } } };
    }),
    { write: 'patch-resource', ref: { apiVersion, kind, namespace, name }, body: { spec } },
    ...scaled.map((each): DryRun => {
      const ref = { apiVersion: 'apps/v1', kind: kindOf(each), namespace, name: each };
      return { write: 'scale-set', ref, body: { spec: { replicas: 0 } }, subresource: 'scale' };
    }),
  ];
}

/** Not where a webhook does not support dry runs, the server is busy, or another process has changed the object meanwhile. */
function isCertain({ status, code, message }: KubeApiError): boolean {
  return (code === 'Forbidden' || (code === 'Invalid' && status === 422)) && !/dry.?run/i.test(message);
}
