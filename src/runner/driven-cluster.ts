import { type EmqxTransport, managementPorts, type Prober } from '../emqx';
import { Cluster, type KubeApi } from '../kubernetes';
import { type EmqxResource, generationOf } from '../resource';
import {
  type Clock,
  type Incident,
  isOpen,
  type Journal,
  type JournalVersion,
  type ProgressEvent,
  type UpgradeContext,
} from '../upgrade';
import type { ClusterRef } from './sighting';

/** The way to the API server, and to the nodes of the clusters. */
export interface RunnerLink {
  api: KubeApi;
  clock: Clock;
  /** @param port of the management API in the pods */
  transport(port: number): EmqxTransport;
  /** @default - listeners are not probed */
  prober?: Prober;
}

/** A cluster with what is written to the journal of its run. */
export class DrivenCluster extends Cluster {
  private told = new Set<string>();
  /** As it was read or written last. */
  private journal: Journal | undefined;
  /** Whether something was written to a journal since the engine was last given this cluster, also if the answer was lost. */
  hasDriven = false;

  constructor(
    private readonly link: RunnerLink,
    private readonly which: ClusterRef,
    isGone: (holder: string) => boolean,
    private readonly incident: (run: string, incident: Incident) => void,
  ) {
    super({ api: link.api, clock: link.clock, ...which, isGone });
  }

  /** For one run of the engine. */
  context(resource: EmqxResource, holder: string, report: (event: ProgressEvent) => void): UpgradeContext {
    this.hasDriven = false;
    const { clock, prober } = this.link;
    const { kind, namespace } = this.which;
    const ports = managementPorts(kind, this, {
      transport: this.link.transport(generationOf(resource).managementPortOf(resource)),
      prober,
      namespace,
    });
    return { clock, cluster: this, ...ports, progress: { report }, holder };
  }

  /** The run that was open when its journal was read or written last. */
  get openRun(): Journal | undefined {
    return isOpen(this.journal) ? this.journal : undefined;
  }

  /** The incidents of a journal were reported before. */
  knows(journal: Journal | undefined): void {
    this.journal = journal;
    this.told = new Set(journal?.incidents?.map((each) => markOf(journal, each)));
  }

  override async writeJournal(journal: Journal, over?: JournalVersion, signal?: AbortSignal): Promise<string> {
    this.hasDriven = true;
    const version = await super.writeJournal(journal, over, signal);
    this.journal = journal;
    for (const incident of journal.incidents ?? []) {
      const mark = markOf(journal, incident);
      if (this.told.has(mark)) continue;
      this.told.add(mark);
      this.incident(journal.run, incident);
    }
    return version;
  }
}

function markOf({ run }: Journal, { kind, at }: Incident): string {
  return `${run} ${kind} ${at}`;
}
