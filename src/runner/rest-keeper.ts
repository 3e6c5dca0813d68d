import { createHash } from 'node:crypto';
import { generationOf } from '../resource';
import { type ClusterPort, type ClusterView, haveSameSets, liveDigestOf, type Rest, restOf } from '../upgrade';

/** Without the proof of a journal a spec is taken for what runs after so long without a change, ms. */
const SETTLED_MS = 60_000;

/** A Secret may have 1 MiB, and a run stores another spec there. */
const MOST_CHARACTERS = 256 * 1024;

/** What is known of a cluster. */
interface Known {
  /** Of the spec and the sets. */
  mark: string;
  since: number;
  /** When the operator had reconciled the cluster then. */
  reconciledAt: number | undefined;
  isKept: boolean;
}

/**
 * Keeps what clusters at rest run, so that an upgrade to a template that somebody else has written can be aborted: nothing in Kubernetes
 * says what the old nodes were made of in the words of the custom resource.
 *
 * It is the Secret in which every upgrade stores the earlier spec, because a spec may hold passwords; of each cluster it is one spec.
 * What is kept for a set is never replaced by another template: a set has only one, and a status that is out of date may show a new one as
 * being at rest.
 */
export class RestKeeper {
  private readonly known = new Map<string, Known>();

  /**
   * To be called when a cluster was seen at rest with the version it asks for.
   *
   * @param key which cluster it is
   * @param now ms
   * @returns after how long it is to be seen again, ms
   */
  async observe(
    key: string,
    cluster: ClusterPort,
    view: ClusterView,
    now: number,
    signal: AbortSignal,
  ): Promise<number> {
    const rest = restOf(view);
    const text = JSON.stringify(rest);
    const mark = createHash('sha256').update(text).digest('hex').slice(0, 16);
    const { reconciledAt } = generationOf(view.resource).reportOf(view.resource);
    let known = this.known.get(key);
    const isNew = known?.mark !== mark;
    if (!known || isNew) {
      known = { mark, since: now, reconciledAt, isKept: text.length > MOST_CHARACTERS };
      this.known.set(key, known);
    }
    if (known.isKept) return Number.POSITIVE_INFINITY;
    const isProven = isOutcome(view);
    const isReconciled = reconciledAt === undefined || reconciledAt !== known.reconciledAt;
    const isSettled = isProven || (now - known.since >= SETTLED_MS && isReconciled);
    if (!isNew && !isSettled) return SETTLED_MS;
    const kept = await cluster.keptRest(signal);
    known.isKept = kept !== undefined && JSON.stringify(kept) === text;
    if (known.isKept) return Number.POSITIVE_INFINITY;
    const contradicts = kept !== undefined && haveSameSets(kept, rest) && digestIn(view, kept) !== digestIn(view, rest);
    if (!isSettled || (contradicts && !isProven)) return SETTLED_MS;
    await cluster.keepRest(rest, signal);
    known.isKept = true;
    return Number.POSITIVE_INFINITY;
  }

  forget(key: string): void {
    this.known.delete(key);
  }
}

/** Whether a run has led to exactly this. */
function isOutcome(view: ClusterView): boolean {
  const { journal, resource } = view;
  if (journal?.phase !== 'done') return false;
  const { from, to, target, aborted } = journal;
  const [set, digest] = aborted ? [from.set, from.digest] : [to.set, target];
  return digest === liveDigestOf(resource) && set !== undefined && Object.values(restOf(view).sets).includes(set);
}

function digestIn({ resource }: ClusterView, { spec }: Rest): string {
  return liveDigestOf({ ...resource, spec } as typeof resource);
}
