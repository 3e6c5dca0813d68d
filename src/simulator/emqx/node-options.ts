import type { DataDir } from './evacuation';
import type { LicenseType } from './license';

/** How long things take on a node, in ms of simulated time. */
export interface NodeTimings {
  /** From the start of the process until the cluster knows the node. @default 500 */
  joinMs: number;
  /** From the start of the process until MQTT and HTTP listen. @default 1600 */
  listenMs: number;
  /**
   * From then until the evacuation applications run; clients are accepted meanwhile. Of EMQX 5 and 6 they run before anything listens.
   * @default 1000
   */
  pluginsMs: number;
  /** From SIGTERM, which closes all connections, until the other nodes no longer list it: by chance, at most. @default 500 */
  leaveMs: number;
  /** From SIGTERM until the process has ended. @default 3000 */
  shutdownMs: number;
  /** What moving one session takes. @default 2 */
  sessionMoveMs: number;
}

export interface NodeOptions {
  /** The Erlang node name, `emqx-ee@<pod>.<headless service>.<namespace>.svc.<cluster domain>`; of a replicant `emqx@<pod IP>`. */
  name: string;
  /** EMQX version, of the form 4.4.14: a node of 5 or 6 speaks API v5. */
  version: string;
  /** Of EMQX 5.0 to 5.8: the open source build, which cannot be evacuated. @default false */
  openSource?: boolean;
  /** Of EMQX 5 and 6: replicants hold no shards, and are forgotten when they stop. @default 'core' */
  role?: NodeRole;
  /** The license in its own configuration. @default 'official' */
  license?: LicenseType;
  /** Whether these Basic credentials of the management API are right: an application of 4.4, an API key of EMQX 5 and 6. */
  credentials: (id: string, secret: string) => boolean;
  /**
   * Of EMQX 5 and 6: the lines of the bootstrap file, as `id:secret`. A core reads them when it boots, and never again; all nodes
   * accept what any core has read.
   *
   * @default - `credentials` is asked at each request
   */
  apiKeys?: () => readonly string[];
  /** What is on the volume of the node. @default - an empty volume */
  dataDir?: DataDir;
  timings?: Partial<NodeTimings>;
  /** Connections that its listener for devices accepts per second, EMQX's `max_conn_rate`. @default - no limit */
  maxConnRate?: number | undefined;
}

export const DEFAULT_TIMINGS: NodeTimings = {
  joinMs: 500,
  listenMs: 1600,
  pluginsMs: 1000,
  leaveMs: 500,
  shutdownMs: 3000,
  sessionMoveMs: 2,
};

export type NodeRole = 'core' | 'replicant';
