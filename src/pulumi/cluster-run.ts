import { findHost, handOver } from '../handover';
import {
  type ClusterView,
  lastRecord,
  type ProgressEvent,
  type UpgradeReport,
  type UpgradeRequest,
  watchUpgrade,
} from '../upgrade';
import { isOpen, type Journal } from '../upgrade/journal';
import type { UpgradeOptions } from './common-inputs';
import type { ClusterLink } from './link';
import type { Operation } from './operation';

/** Upgrades that a process in the cluster drives, as `pulumi up` sees them. */
export class ClusterRun {
  constructor(
    private readonly link: ClusterLink,
    private readonly options: UpgradeOptions,
    private readonly operation: Operation,
    private readonly report: (event: ProgressEvent) => void,
  ) {}

  /** Starts the upgrade, or takes the open one that nobody drives, and hands it over. */
  async handOver(request: UpgradeRequest, view: ClusterView, capPerSecond: number): Promise<void> {
    const { link, operation, report } = this;
    const { image, runnerNamespace } = this.options;
    const { signal } = operation;
    const { api, clock, clusterRef: cluster } = link;
    operation.show('looking for what drives upgrades in the cluster');
    const run = isOpen(view.journal) ? undefined : { capPerSecond };
    const host = await findHost({ api, clock, cluster, image, runnerNamespace, run }, signal);
    const released = () => {
      operation.next = CONTINUES;
      const who = host.kind === 'runner' ? `the runner in ${host.namespace}` : `a Job with ${host.image}`;
      operation.log('info', `handed over to ${who}`);
    };
    await handOver({ api, context: link.context({ report }), cluster, host, request, released }, signal);
  }

  /** Shows the run to its end. @returns its report; undefined where there is none */
  async follow(signal: AbortSignal): Promise<UpgradeReport | undefined> {
    this.operation.next = CONTINUES;
    const context = this.link.context({ report: this.report });
    for await (const event of watchUpgrade(context, signal)) this.report(event);
    return lastRecord(context, signal);
  }
}

const CONTINUES = 'the upgrade continues in the cluster, and `pulumi up` follows it';

/** Whether another process drives the open run. */
export function isDrivenElsewhere({ journal, lease }: ClusterView, holder: string): boolean {
  return isOpen(journal) && (lease?.live ?? false) && lease?.holder !== holder;
}

/** The run in one sentence. */
export function underWayText({ from, to, phase }: Journal): string {
  return `the upgrade ${from.version} → ${to.version} is under way in the cluster, in phase ${phase}`;
}
