import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../../kubernetes';
import { REST_KEY } from '../../../kubernetes/companions';
import { type EmqxResource, generationOf, isHeld } from '../../../resource';
import { mergePatch } from '../../kubernetes/merge-patch';
import type { StoreChange } from '../../kubernetes/object-store';
import type { EngineCall } from '../engine-call';
import { callText } from '../engine-call';
import { journalIn, liveHolderOf } from '../facts';
import type { Bench, Invariant } from '../invariant';

/**
 * Milliseconds within which a process notices that its lease was taken by force, once a watch could report it. A lease that
 * anyone may overwrite while it is held is no fence: it stops only the processes that respect it.
 */
const THEFT_MS = 1_500;

/** One owner: a process without the lease, or whose lease has expired, writes and orders nothing; and no process writes a set of another cluster. */
export function oneOwner({ facts, isProcess, watchLagMs, fail }: Bench): Invariant {
  let noticedAt = Number.NEGATIVE_INFINITY;
  const owns = (process: string, what: string) => {
    const holder = facts.leaseHolder;
    if (holder === 'thief' && facts.now < noticedAt) return;
    if (holder !== process) fail('one owner', `${what} by ${process}, while ${holder ?? 'no process'} holds the lease`);
  };
  return {
    stored(change: StoreChange, author) {
      if (change.object.kind === 'Lease' && author === 'user') noticedAt = facts.now + watchLagMs() + THEFT_MS;
      if (!isProcess(author)) return;
      if (facts.isSetOfAnother(change.object))
        fail(
          'one owner',
          `${author} writes the ${change.object.kind} ${change.object.metadata.name} of another cluster`,
        );
      if (change.object.kind === 'Lease') {
        const before = liveHolderOf(change.previous, facts.now);
        const after = liveHolderOf(change.object, facts.now);
        if (before && before !== 'thief' && before !== author)
          fail('one owner', `${author} takes the lease of ${before}: ${after}`);
      }
      const { object } = change;
      if (object.kind === 'Lease' || asksOnly(change) || showsOnly(change) || remembersOnly(change)) return;
      owns(author, `${change.type} ${object.kind}/${object.metadata.name}`);
    },
    ordered(call: EngineCall) {
      if (call.to === 'emqx') owns(call.process, callText(call));
    },
  };
}

/** Whether the change is only a request to the run, which anyone may send. */
function asksOnly({ object, previous }: StoreChange): boolean {
  if (object.kind !== 'ConfigMap') return false;
  return JSON.stringify(journalIn(object)) === JSON.stringify(journalIn(previous));
}

/** Whether the change only replaces a hold by another one: so a runner shows what becomes of an upgrade, and nothing acts on it. */
function showsOnly({ object, previous }: StoreChange): boolean {
  if (!isEmqx(object) || !isEmqx(previous) || !isHeld(object) || !isHeld(previous)) return false;
  const { delayPatch } = generationOf(object);
  const withoutDelay = ({ spec }: EmqxResource) => mergePatch(spec, delayPatch(0));
  return isDeepStrictEqual(withoutDelay(object), withoutDelay(previous));
}

/** Whether the change only keeps what the resource asked for at rest: no run reads it before it has the lease. */
function remembersOnly({ object, previous }: StoreChange): boolean {
  if (object.kind !== 'Secret') return false;
  const { [REST_KEY]: _rest, ...others } = dataOf(object);
  const { [REST_KEY]: _earlier, ...before } = dataOf(previous);
  return isDeepStrictEqual(others, before);
}

function dataOf(object: KubeObject | undefined): Record<string, string> {
  return (object as (KubeObject & { data?: Record<string, string> }) | undefined)?.data ?? {};
}

function isEmqx(object: KubeObject | undefined): object is KubeObject & EmqxResource {
  return object?.kind === 'EmqxEnterprise' || object?.kind === 'EMQX';
}
