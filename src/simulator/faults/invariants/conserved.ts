import type { KubeObject } from '../../../kubernetes';
import { generationOf } from '../../../resource';
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
 * it removes is counted with what was on it, from the release until the end of the pass after which it is held again. So is the core that
 * an abort has asked for, where a person then writes a template that the operator takes for the wanted one, with the cores of before:
 * operator 2.2 removes that core in its next pass, held or not, before anybody could empty it. Nodes that run nowhere, which an abort under
 * operator 2.3 asks for, have never held anything.
 */
export function conserved({ facts, health, causes, isProcess, fail }: Bench): Invariant {
  let releasedAt: number | undefined;
  /** Replica sets of which a released operator has removed pods. */
  const shrunk = new Set<string>();
  let heldAgainAt = Number.NEGATIVE_INFINITY;
  /** Who has given the resource the image that it has. */
  let imageBy: string | undefined;
  /** Whether a set loses only the core that an abort has asked for, because a person asks for the cores of before. */
  const isAskedFor = ({ kind }: KubeObject, after: number) =>
    kind === 'StatefulSet' &&
    imageBy === 'user' &&
    after === facts.size.replicas &&
    after === generationOf(facts.resource).replicasOf(facts.resource, 'core');
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
    } else if (releasedAt !== undefined || facts.now - heldAgainAt < PASS_MS || isAskedFor(change.object, after)) {
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
      if (object.kind === facts.resource?.kind && imageOf(object) !== imageOf(change.previous)) imageBy = author;
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

function imageOf(object: KubeObject | undefined): unknown {
  return (object as { spec?: { image?: string } } | undefined)?.spec?.image;
}
