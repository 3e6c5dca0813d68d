import type { Comparison } from '../../simulator/comparison';
import type { RunReport } from '../../simulator/run-report';
import type { UpgradeRecord } from '../../upgrade';

/** All that the report page shows, and `report -o json` writes: docs/report.schema.json describes it. */
export interface ReportDocument extends UpgradeRecord {
  /** Raised when a reader of the earlier format would misread a new one. */
  format: 1;
  namespace: string;
  cluster: string;
  /** A real cluster, or any that is reached by its API server; `simulate`; `demo`. */
  source: 'cluster' | 'simulation' | 'demo';
  /** What the devices saw; `null` where only they know it. */
  devices: RunReport | null;
  /** The same upgrade in other ways; empty where nothing was compared. */
  comparisons: readonly Comparison[];
}

interface Cluster {
  namespace?: string | undefined;
  name: string;
}

/** Of the last upgrade of a cluster. */
export function clusterDocument({ namespace = 'default', name }: Cluster, record: UpgradeRecord): ReportDocument {
  return { format: 1, namespace, cluster: name, source: 'cluster', ...record, devices: null, comparisons: [] };
}

/** Of a simulated upgrade, or a demo. */
export function modelDocument(
  source: 'simulation' | 'demo',
  { namespace = 'default', name }: Cluster,
  record: UpgradeRecord,
  devices: RunReport,
  comparisons: readonly Comparison[],
): ReportDocument {
  return { format: 1, namespace, cluster: name, source, ...record, devices, comparisons };
}
