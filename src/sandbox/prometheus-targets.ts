import { LOOPBACK } from './listen';
import { OwnFile } from './own-file';

/** Where the metrics of a node are served. */
export interface NodeTarget {
  namespace: string;
  cluster: string;
  pod: string;
  /** Of its node; undefined for EMQX 4.4. */
  role?: string | undefined;
  /** Of its management API, on the loopback interface. */
  port: number;
}

/** A group of targets, as `file_sd_configs` of Prometheus reads them. */
interface Group {
  targets: string[];
  labels: Record<string, string>;
}

/** The nodes of a sandbox for a Prometheus on this machine: each at a port of its own, with the labels that `EmqxMonitoring` gives it. */
export class PrometheusTargets {
  private readonly file: OwnFile;

  /** @throws FileTakenError */
  constructor(path: string) {
    this.file = new OwnFile(path, leadsToSandboxes);
  }

  write(nodes: readonly NodeTarget[]): void {
    const groups = nodes.map(
      ({ namespace, cluster, pod, port, role }): Group => ({
        targets: [`${LOOPBACK}:${port}`],
        labels: { namespace, cluster, pod, instance: pod, ...setOf(pod, role), from: 'emqx' },
      }),
    );
    this.file.write(`${JSON.stringify(groups, undefined, 2)}\n`);
  }

  remove(): void {
    this.file.remove();
  }
}

/** The pod of a stateful set ends with its number, that of a replica set with five random characters. */
function setOf(pod: string, role: string | undefined): Record<string, string> {
  const set = pod.replace(/-[^-]+$/, '');
  return role === undefined ? { statefulset: set } : { role, set };
}

function leadsToSandboxes(text: string): boolean {
  const groups = JSON.parse(text) as Group[];
  return groups.every(
    ({ targets, labels }) => labels.from === 'emqx' && targets.every((target) => target.startsWith(`${LOOPBACK}:`)),
  );
}
