import {
  awaitLease,
  type ClusterView,
  controlUpgrade,
  gateText,
  lastRecord,
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
import { ClusterRun, isDrivenElsewhere, underWayText } from './cluster-run';
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
    const left = await change(link, inputs, operation, { mayLeave: true, wasUpgrading: before.phase === 'upgrading' });
    if (left) return { outs: { ...inputs, ...seen(left, marks) } };
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
  const { driver, acceptLoss, acceptDowngrade, stormCap, pacing, offlineBudget, timeouts, onFailure } =
    inputs.upgrade ?? {};
  const { backPercent, sampleDevices = true } = inputs.upgrade ?? {};
  const stallMs = timeouts?.stallSeconds === undefined ? {} : { stallMs: timeouts.stallSeconds * 1000 };
  return {
    desired: resourceOf(inputs),
    ...(driver && { driver }),
    ...(acceptLoss !== undefined && { acceptLoss }),
    ...(acceptDowngrade !== undefined && { acceptDowngrade }),
    ...(stormCap !== undefined && { stormCap }),
    ...(pacing !== undefined && { pacing }),
    backPercent,
    sampleDevices,
    limits: { ...stallMs, ...(onFailure && { onFailure }), ...(offlineBudget !== undefined && { offlineBudget }) },
  };
}

interface ChangeOptions {
  /** Whether an upgrade may be left under way, where the properties say so. */
  mayLeave: boolean;
  /** Whether an upgrade was under way when the cluster was seen last. */
  wasUpgrading: boolean;
}

/**
 * Brings a cluster to its properties, as far as it must not run in the end.
 *
 * @returns the cluster where an upgrade is left under way
 * @throws Error when that is not possible
 */
export function change(
  link: ClusterLink,
  inputs: ClusterInputs,
  operation: Operation,
  options: ChangeOptions,
): Promise<ClusterView | undefined> {
  return new Change(link, inputs, operation, options).perform();
}

/** One way to bring a cluster to its properties. */
class Change {
  private readonly request: UpgradeRequest;
  private readonly row = new ProgressRow();
  /** Where a process in the cluster drives upgrades. */
  private readonly inCluster: ClusterRun | undefined;

  constructor(
    private readonly link: ClusterLink,
    private readonly inputs: ClusterInputs,
    private readonly operation: Operation,
    private readonly options: ChangeOptions,
  ) {
    this.request = requestOf(inputs);
    const { upgrade } = inputs;
    if (upgrade?.runner === undefined) return;
    this.inCluster = new ClusterRun(link, upgrade, operation, (event) => this.report(event));
  }

  async perform(): Promise<ClusterView | undefined> {
    const { link, operation, request } = this;
    const view = await this.viewToChange();
    this.refuseAborted(view);
    const isUpgrade = isOpen(view.journal) || activeSets(view).length > 1 || !targetOf(view, request).applied;
    if (isUpgrade) {
      const left = await this.upgrade(view);
      if (left) return left;
    }
    operation.begin();
    await link.apply(resourceOf(this.inputs), operation.signal);
    return undefined;
  }

  /** Once no other process drives a run, unless it is to drive that. */
  private async viewToChange(): Promise<ClusterView> {
    const { link, operation } = this;
    const view = this.inCluster && (await this.observe());
    if (view && isDrivenElsewhere(view, link.holder) && this.courseOf(view)) return view;
    return this.present(await viewWhenFree(link, operation));
  }

  /** What is to become of the open run; undefined where something else is wanted than it upgrades to, or comes from. */
  private courseOf(view: ClusterView): 'onward' | 'back' | undefined {
    const { journal } = view;
    if (!isOpen(journal)) return 'onward';
    const { digest } = targetOf(view, this.request);
    if (journal.aborted || digest === journal.target) return 'onward';
    return digest === journal.from.digest ? 'back' : undefined;
  }

  /** Nobody was told what came of an upgrade that was left under way: it is not begun again without a word. */
  private refuseAborted(view: ClusterView): void {
    const { journal } = view;
    if (!this.inCluster || !this.options.wasUpgrading || journal?.phase !== 'done' || !journal.aborted) return;
    const { applied, digest } = targetOf(view, this.request);
    if (applied || digest !== journal.target) return;
    throw new Error(
      `the upgrade ${journal.from.version} → ${journal.to.version} was aborted: the cluster runs ${journal.from.version} as before; after \`pulumi refresh\` the next up tries again`,
    );
  }

  /** Returns the cluster where the upgrade is left under way. */
  private async upgrade(view: ClusterView): Promise<ClusterView | undefined> {
    const { operation, inputs } = this;
    const seconds = inputs.upgrade?.timeouts?.totalSeconds;
    if (seconds !== undefined) operation.limit(seconds);
    let report = await this.drive(view, operation.signal).catch(async (error: unknown) => {
      if (!operation.hasExpired || inputs.upgrade?.onFailure !== 'abort') throw error;
      const current = await this.observe(operation.left);
      if (!isOpen(current.journal)) throw error;
      operation.warn(`${operation.signal.reason.message}: rolling back`);
      return (await this.control(operation.left)) ?? this.inCluster?.follow(operation.left);
    });
    if (report === 'left') {
      const left = await this.observe();
      if (isOpen(left.journal)) {
        operation.show(underWayText(left.journal));
        return left;
      }
      report = await lastRecord(this.context(), operation.left);
    }
    operation.holds = undefined;
    if (report?.hasLosses) operation.warn(`the upgrade is done, with losses: ${report.sessionsLost} sessions at least`);
    for (const gate of report?.gates.filter(({ verdict }) => verdict === 'not passed') ?? []) {
      operation.warn(`not all devices are as before: ${gateText(gate)}`);
    }
    const { applied } = targetOf(await this.observe(operation.left), this.request);
    if (applied) return undefined;
    if (report?.outcome === 'aborted') {
      throw new Error(`the upgrade was aborted: the cluster runs ${report.from.version} as before`);
    }
    throw new Error(
      `it was too late to roll back: the upgrade has completed${report ? `; ${goBackAdvice(report)}` : ''}`,
    );
  }

  private async drive(view: ClusterView, signal: AbortSignal): Promise<UpgradeReport | 'left' | undefined> {
    const { inCluster, request, operation } = this;
    const isWayBack = this.courseOf(view) === 'back';
    const report = isWayBack ? await this.control(signal) : undefined;
    if (!inCluster) return isWayBack ? report : runUpgrade(this.context(), request, signal);
    if (report) return report;
    if (!isWayBack && !isDrivenElsewhere(view, this.link.holder)) {
      await inCluster.handOver(request, view, targetOf(view, request).caps.connections);
    }
    const mayLeave = this.options.mayLeave && this.inputs.upgrade?.wait === false;
    if (mayLeave) operation.signal.throwIfAborted();
    return mayLeave ? 'left' : inCluster.follow(signal);
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
