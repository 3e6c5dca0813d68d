import {
  awaitLease,
  type ClusterView,
  controlUpgrade,
  leaseWaitText,
  type ProgressEvent,
  runUpgrade,
  type UpgradeReport,
  type UpgradeRequest,
  whatHolds,
} from '../upgrade';
import { goBackAdvice } from '../upgrade/downgrade';
import { foreignLease } from '../upgrade/foreign-lease';
import { isOpen } from '../upgrade/journal';
import { activeSets } from '../upgrade/observation';
import { targetOf } from '../upgrade/target';
import { type Marks, marksOf, recognise } from './identity';
import { inputsOf, type Raw, resourceOf } from './inputs';
import { ClusterLink, goneText } from './link';
import { Operation } from './operation';
import { ProgressRow } from './progress-row';
import type { ClusterInputs } from './resource-type';
import { runningText } from './running';
import { type State, seen, stateOf } from './state';
import { untilRunning } from './until-running';

/**
 * Brings a cluster to its new properties: by an upgrade where the pods change, by a plain change where they do not.
 *
 * An open upgrade is resumed; where its previous version is wanted again, it is aborted.
 *
 * @throws Error when nothing was written; UnfinishedError when something was started
 */
export async function update(raw: { olds: Raw; news: Raw }): Promise<{ outs: State }> {
  const before = stateOf(raw.olds);
  const inputs = inputsOf(raw.news);
  const link = await ClusterLink.open(inputs);
  const operation = new Operation(inputs, link.clock);
  let marks: Marks = marksOf(before);
  try {
    const { identity } = await recognise(link, before.identity, operation.signal);
    marks = { ...marks, identity };
    await change(link, inputs, operation);
    const running = await untilRunning(link, inputs, operation);
    // A creation that was interrupted is complete now, and recorded.
    if (running.creating !== undefined && marks.owner !== undefined)
      await link.cluster.writeOwner(marks.owner, undefined);
    operation.show(runningText(running));
    return { outs: { ...inputs, ...seen(running, marks) } };
  } catch (error) {
    // Until it is done the state keeps the old properties, so that a diff shows what remains to be done; but the new connection settings.
    const { kubeconfig, context, __progressRow } = inputs;
    const way = {
      ...(kubeconfig && { kubeconfig }),
      ...(context && { context }),
      ...(__progressRow && { __progressRow }),
    };
    const { kubeconfig: _, context: __, ...old } = inputsOf(before as unknown as Raw);
    const provider = raw.news['__provider'];
    throw await operation.failure(error, link, { inputs: { ...old, ...way }, marks, provider });
  } finally {
    await operation.end();
    link.close();
  }
}

/**
 * Waits for a lease whose holder may be gone, and then observes again.
 *
 * @throws Error when another process is upgrading the cluster
 */
export async function viewWhenFree(link: ClusterLink, operation: Operation): Promise<ClusterView | undefined> {
  const { signal } = operation;
  const context = link.context({ report: () => undefined });
  await awaitLease(context, (wait) => operation.show(`waiting for ${leaseWaitText(wait)}`), signal);
  const view = await link.view(signal);
  const foreign = foreignLease(view?.lease, link.holder, link.id);
  if (foreign) throw new Error(`${foreign.finding}; ${foreign.fix}`);
  return view;
}

/** The upgrade that the properties ask for. */
export function requestOf(inputs: ClusterInputs): UpgradeRequest {
  const { driver, acceptLoss, acceptDowngrade, stormCap, offlineBudget, timeouts, onFailure } = inputs.upgrade ?? {};
  const stallMs = timeouts?.stallSeconds === undefined ? {} : { stallMs: timeouts.stallSeconds * 1000 };
  return {
    desired: resourceOf(inputs),
    ...(driver && { driver }),
    ...(acceptLoss !== undefined && { acceptLoss }),
    ...(acceptDowngrade !== undefined && { acceptDowngrade }),
    ...(stormCap !== undefined && { stormCap }),
    limits: { ...stallMs, ...(onFailure && { onFailure }), ...(offlineBudget !== undefined && { offlineBudget }) },
  };
}

/** Brings a cluster to its properties, as far as it must not run in the end. @throws Error when that is not possible */
export function change(link: ClusterLink, inputs: ClusterInputs, operation: Operation): Promise<void> {
  return new Change(link, inputs, operation).perform();
}

/** One way to bring a cluster to its properties. */
class Change {
  private readonly request: UpgradeRequest;
  private readonly row = new ProgressRow();

  constructor(
    private readonly link: ClusterLink,
    private readonly inputs: ClusterInputs,
    private readonly operation: Operation,
  ) {
    this.request = requestOf(inputs);
  }

  async perform(): Promise<void> {
    const { link, operation, request } = this;
    const view = this.present(await viewWhenFree(link, operation));
    const isUpgrade = isOpen(view.journal) || activeSets(view).length > 1 || !targetOf(view, request).applied;
    if (isUpgrade) await this.upgrade(view);
    operation.begin();
    await link.apply(resourceOf(this.inputs), operation.signal);
  }

  private async upgrade(view: ClusterView): Promise<void> {
    const { operation, inputs } = this;
    const seconds = inputs.upgrade?.timeouts?.totalSeconds;
    if (seconds !== undefined) operation.limit(seconds);
    const report = await this.drive(view, operation.signal).catch(async (error: unknown) => {
      if (!operation.hasExpired || inputs.upgrade?.onFailure !== 'abort') throw error;
      const current = await this.observe(operation.left);
      if (!isOpen(current.journal)) throw error;
      operation.warn(`${operation.signal.reason.message}: rolling back`);
      return this.control(operation.left);
    });
    operation.holds = undefined;
    if (report?.hasLosses) operation.warn(`the upgrade is done, with losses: ${report.sessionsLost} sessions at least`);
    const { applied } = targetOf(await this.observe(operation.left), this.request);
    if (applied) return;
    if (report?.outcome === 'aborted') {
      throw new Error(`the upgrade was aborted: the cluster runs ${report.from.version} as before`);
    }
    throw new Error(
      `it was too late to roll back: the upgrade has completed${report ? `; ${goBackAdvice(report)}` : ''}`,
    );
  }

  private drive(view: ClusterView, signal: AbortSignal): Promise<UpgradeReport | undefined> {
    const { journal } = view;
    const { digest } = targetOf(view, this.request);
    const isWayBack =
      isOpen(journal) && !journal.aborted && digest !== journal.target && digest === journal.from.digest;
    return isWayBack ? this.control(signal) : runUpgrade(this.context(), this.request, signal);
  }

  private control(signal: AbortSignal): Promise<UpgradeReport | undefined> {
    this.operation.touched = true;
    return controlUpgrade(this.context(), { do: 'abort' }, signal);
  }

  private context() {
    return this.link.context({ report: (event) => this.report(event) });
  }

  private report(event: ProgressEvent): void {
    const { operation } = this;
    if (event.kind === 'phase') {
      operation.touched = true;
      operation.holds = `in phase ${event.phase}: ${whatHolds(event.phase)}`;
    }
    if (event.kind === 'warning') operation.warn(event.text);
    const text = this.row.after(event);
    if (text !== undefined) operation.show(text);
  }

  private async observe(signal = this.operation.signal): Promise<ClusterView> {
    return this.present(await this.link.view(signal));
  }

  private present(view: ClusterView | undefined): ClusterView {
    if (view) return view;
    throw new Error(goneText(this.inputs));
  }
}
