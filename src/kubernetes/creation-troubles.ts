import type { Clock } from '../upgrade';
import type { NodeSet } from './core-objects';
import { isKubeError, type KubeApi, type KubeObject } from './kube-api';
import { oneLine } from './one-line';

interface Event extends KubeObject {
  message?: string;
}

/** A controller may take this long to create pods, ms; only then its events are read, and at most this often. */
const TIMEOUT_MS = 2_000;
const EVERY_MS = 3_000;

/**
 * Why the pods of a set are not created: the API server may refuse them, because of a quota, Pod Security, a LimitRange or
 * another policy. Only the events of the set's controller have its message.
 */
export class CreationTroubles {
  private readonly missing = new Map<string, { since: number; askedAt: number; reason: string | undefined }>();
  private isForbidden = false;

  constructor(
    private readonly api: KubeApi,
    private readonly clock: Clock,
  ) {}

  /**
   * The API server's message; undefined where all pods exist, or nothing is known.
   *
   * @param pods how many pods of the set exist.
   */
  async of(set: NodeSet, pods: number, signal?: AbortSignal): Promise<string | undefined> {
    const { uid = '' } = set.metadata;
    const now = this.clock.now();
    if (pods >= (set.spec.replicas ?? 1) || !set.status?.observedGeneration) {
      this.missing.delete(uid);
      return undefined;
    }
    const known = this.missing.get(uid) ?? { since: now, askedAt: Number.NEGATIVE_INFINITY, reason: undefined };
    this.missing.set(uid, known);
    if (this.isForbidden || now - known.since < TIMEOUT_MS || now - known.askedAt < EVERY_MS) return known.reason;
    known.askedAt = now;
    known.reason = await this.ask(set, signal);
    return known.reason;
  }

  private async ask({ metadata: { namespace = '', uid = '' } }: NodeSet, signal?: AbortSignal) {
    const fields = { 'involvedObject.uid': uid, reason: 'FailedCreate' };
    try {
      const { items } = await this.api.list<Event>({ apiVersion: 'v1', kind: 'Event', namespace, fields }, signal);
      // There is one for each pod; always the same one is taken, so that the reported reason does not seem to change.
      const [first] = items.flatMap(({ message }) => message ?? []).sort();
      return first && oneLine(first);
    } catch (error) {
      signal?.throwIfAborted();
      this.isForbidden = isKubeError(error, 'Forbidden');
      return undefined;
    }
  }
}
