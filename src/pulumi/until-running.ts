import type { ClusterView, PodView } from '../upgrade';
import type { CommonInputs } from './common-inputs';
import { type ClusterLink, POLL_MS } from './link';
import type { Operation } from './operation';
import { isRunning, letsDevicesIn, progressOf, stepsDone } from './running';

/** A wait without progress ends after this time, s: a node that pulls its image takes minutes. */
const STALL_SECONDS = 600;

/** Without progress for so long, ms, the cluster is read less often. */
const SLOW_AFTER_MS = 60_000;
const SLOW_POLL_MS = 5_000;

/** Without progress for so long, ms, the events of a node are asked for the reason; and then at most this often. */
const ASK_MS = 20_000;

/**
 * Waits until the cluster matches its resource, is at rest, and devices can connect. Says what it waits for.
 *
 * @throws Error when nothing progresses any more, or when the cluster is removed
 */
export async function untilRunning(
  link: ClusterLink,
  { upgrade }: CommonInputs,
  operation: Operation,
): Promise<ClusterView> {
  const { clock } = link;
  const { signal } = operation;
  const seconds = upgrade?.timeouts?.totalSeconds;
  if (seconds !== undefined) operation.limit(seconds);
  const reason = new WaitingReason(link);
  let reached = -1;
  let since = clock.now();
  for (;;) {
    const view = await link.view(signal);
    if (!view) throw new Error(`${link.id} was removed`);
    if (isRunning(view) && letsDevicesIn(view)) {
      operation.holds = undefined;
      return view;
    }
    if (stepsDone(view) > reached) [reached, since] = [stepsDone(view), clock.now()];
    const silentMs = clock.now() - since;
    const text = progressOf(view, await reason.of(view, silentMs, signal));
    if (seconds === undefined && silentMs >= STALL_SECONDS * 1000) {
      operation.holds = undefined;
      throw new Error(`${text}; no progress for ${STALL_SECONDS} s. ${adviceFor(view, link)}`);
    }
    operation.holds = text;
    operation.show(text);
    await clock.sleep(silentMs < SLOW_AFTER_MS ? POLL_MS : SLOW_POLL_MS, signal);
  }
}

function adviceFor({ pods }: ClusterView, link: ClusterLink): string {
  const [namespace] = link.id.split('/');
  const pod = pods.find(({ ready }) => !ready)?.name;
  const logs =
    pod === undefined ? '' : `\`kubectl -n ${namespace} describe pod ${pod}\` and \`logs ${pod} -c emqx\` show more; `;
  return `${logs}\`pulumi up\` continues to wait`;
}

/** Why a cluster that is waited for does not run yet, in the words of Kubernetes. */
class WaitingReason {
  private askedAt = Number.NEGATIVE_INFINITY;
  private known: string | undefined;

  constructor(private readonly link: ClusterLink) {}

  /** @param silentMs how long nothing has progressed */
  async of({ sets, pods }: ClusterView, silentMs: number, signal: AbortSignal): Promise<string | undefined> {
    const uncreated = sets.find(({ creationTrouble }) => creationTrouble !== undefined);
    if (uncreated) return `${uncreated.name}: ${uncreated.creationTrouble}`;
    const troubled = pods.find(({ trouble }) => trouble !== undefined);
    if (troubled) return `${troubled.name}: ${troubled.trouble}`;
    const pod = pods.find(({ ready, terminating }) => !ready && !terminating);
    if (!pod) return undefined;
    const now = this.link.clock.now();
    if (silentMs < ASK_MS) return undefined;
    if (now - this.askedAt >= ASK_MS) {
      this.askedAt = now;
      this.known = await this.ask(pod, signal);
    }
    return this.known;
  }

  private async ask(pod: PodView, signal: AbortSignal): Promise<string | undefined> {
    const warning = pod.uid === undefined ? undefined : await this.link.lastWarning(pod.uid, signal);
    if (warning !== undefined) return `${pod.name}: ${warning}`;
    if (!pod.containersReady) return `${pod.name}: a container is not ready`;
    return pod.onServing ? undefined : `${pod.name}: the operator does not let it serve yet`;
  }
}
