import type { StoreChange } from '../../kubernetes/object-store';
import { isSet, type SetObject } from '../facts';
import type { Bench, Invariant } from '../invariant';

/** Milliseconds after which an operator that is held again has ended the pass it was in. */
const PASS_MS = 5_000;
/** Undisturbed milliseconds within which an operator that was released is held again. */
const HOLD_AGAIN_MS = 2_500;

/**
 * P3: no pod that holds a connection or a session is removed by scaling; and sessions are conserved.
 *
 * Unavoidable: an operator that is released removes old pods immediately, by its own defect, until it is held again. Each pod
 * it removes is counted with what was on it, from the release until the end of the pass after which it is held again. Nodes that run
 * nowhere, which an abort under operator 2.3 asks for, have never held anything.
 */
export function conserved({ facts, health, causes, isProcess, fail }: Bench): Invariant {
  let releasedAt: number | undefined;
  /** Replica sets of which a released operator has removed pods. */
  const shrunk = new Set<string>();
  let heldAgainAt = Number.NEGATIVE_INFINITY;
  const follow = () => {
    const { journal } = facts;
    const open = journal !== undefined && !['done', 'release', 'claim', 'pin', 'apply'].includes(journal.phase);
    if (open && !facts.isHeld) releasedAt ??= health.tick();
    else {
      if (releasedAt !== undefined) heldAgainAt = facts.now;
      releasedAt = undefined;
    }
    const since = releasedAt === undefined ? 0 : health.tick() - releasedAt;
    if (since > HOLD_AGAIN_MS) fail('P3', `the operator has been released for ${since} ms`);
  };
  const scaled = (change: StoreChange, author: string | undefined) => {
    const before = (change.previous as SetObject).spec.replicas ?? 0;
    const after = (change.object as SetObject).spec.replicas ?? 0;
    if (after >= before || author === 'user' || facts.isIdle(change.object as SetObject)) return;
    const set = change.object.metadata.name;
    // Which pods a replica set loses is seen when they are deleted.
    const isOrdered = change.object.kind === 'StatefulSet';
    const pods = isOrdered
      ? Array.from({ length: before - after }, (_, index) => `${set}-${after + index}`)
      : facts.podsOf(set).map(({ metadata }) => metadata.name);
    if (isProcess(author)) {
      for (const pod of pods) mayGo(pod, author);
    } else if (releasedAt !== undefined || facts.now - heldAgainAt < PASS_MS) {
      if (!isOrdered) shrunk.add(set);
      else for (const pod of pods) causes.released.add(pod);
    } else fail('P3', `the operator removes ${pods.join(', ')} although it is held`);
  };
  const mayGo = (pod: string, author: string) => {
    const sessions = facts.nodeIn(pod)?.sessions;
    const held = (sessions?.live.size ?? 0) + (sessions?.evictable.size ?? 0);
    if (held > 0) fail('P3', `${author} removes ${pod} with ${held} connections and sessions`);
  };
  const removed = ({ object }: StoreChange, author: string | undefined) => {
    const set = object.metadata.ownerReferences?.find(({ controller }) => controller)?.name ?? '';
    const isGoing = object.metadata.deletionTimestamp !== undefined;
    if (isGoing && author === undefined && shrunk.has(set)) causes.released.add(object.metadata.name);
  };
  return {
    stored(change, author) {
      const { object, type } = change;
      if (isSet(object) && type === 'MODIFIED') scaled(change, author);
      if (isSet(object) && type === 'DELETED' && isProcess(author)) {
        for (const { metadata } of facts.podsOf(object.metadata.name)) mayGo(metadata.name, author);
      }
      if (object.kind === 'Pod' && shrunk.size > 0) removed(change, author);
      follow();
    },
    sessionLost(client, node, why) {
      const pod = facts.podOf(node);
      if (why === 'node-ended' && (causes.crashing === pod || causes.released.has(pod))) causes.lost.add(client);
      else fail('P3', `the session of ${client} is lost with ${pod} (${why})`);
    },
  };
}
