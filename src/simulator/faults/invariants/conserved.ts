import type { StoreChange } from '../../kubernetes/object-store';
import { podOf, type SetObject } from '../facts';
import type { Bench, Invariant } from '../invariant';

/** Milliseconds after which an operator that is held again has ended the pass it was in. */
const PASS_MS = 5_000;
/** Undisturbed milliseconds within which an operator that was released is held again. */
const HOLD_AGAIN_MS = 2_500;

/**
 * P3: no pod that holds a connection or a session is removed by scaling; and sessions are conserved.
 *
 * Unavoidable: an operator that is released removes old pods immediately, by its own defect, until it is held again. Each pod
 * it removes is counted with what was on it, from the release until the end of the pass after which it is held again.
 */
export function conserved({ facts, health, causes, isProcess, fail }: Bench): Invariant {
  let releasedAt: number | undefined;
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
    if (after >= before || author === 'user') return;
    const set = change.object.metadata.name;
    const pods = Array.from({ length: before - after }, (_, index) => `${set}-${after + index}`);
    if (isProcess(author)) {
      for (const pod of pods) {
        const sessions = facts.nodeIn(pod)?.sessions;
        const held = (sessions?.live.size ?? 0) + (sessions?.evictable.size ?? 0);
        if (held > 0) fail('P3', `${author} removes ${pod} with ${held} connections and sessions`);
      }
    } else if (releasedAt !== undefined || facts.now - heldAgainAt < PASS_MS) {
      for (const pod of pods) causes.released.add(pod);
    } else fail('P3', `the operator removes ${pods.join(', ')} although it is held`);
  };
  return {
    stored(change, author) {
      if (change.object.kind === 'StatefulSet' && change.type === 'MODIFIED') scaled(change, author);
      follow();
    },
    sessionLost(client, node, why) {
      const pod = podOf(node);
      if (why === 'node-ended' && (causes.crashing === pod || causes.released.has(pod))) causes.lost.add(client);
      else fail('P3', `the session of ${client} is lost with ${pod} (${why})`);
    },
  };
}
