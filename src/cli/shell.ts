import type { EmqxTransport, Prober } from '../emqx';
import type { KubeApi } from '../kubernetes';
import type { Clock } from '../upgrade';
import type { Style } from './render/style';
import type { Terminal } from './screen';

/** Where a command writes to. */
export interface Output extends Terminal {
  /** Whether a person looks at it while it is written. */
  isTTY?: boolean;
}

/** How to reach the cluster, as on the command line. */
export interface LinkFlags {
  kubeconfig?: string;
  context?: string;
  emqxUrl?: string;
  requestTimeout?: string;
  /** The user that is impersonated. */
  as?: string;
  asGroup?: string[];
  asUid?: string;
}

/** The connection to one Kubernetes cluster, and to the EMQX nodes in it. */
export interface Link {
  api: KubeApi;
  /** Of the kubeconfig's context. */
  namespace: string;
  /** Reaches the nodes' management API. @param port of it in the pods; without effect where each node has a URL */
  transport(port: number): EmqxTransport;
  /** Probes the nodes' listeners for devices. @default - they are not probed */
  prober?: Prober;
  clock: Clock;
  close(): void;
}

/** What surrounds a command. */
export interface Shell {
  /** What the user types to call the program. */
  name: string;
  /** The command as it was typed, without the name of the program. */
  words: readonly string[];
  out: Output;
  err: Output;
  style: Style;
  /** Asks the user for a line; undefined without a terminal. Rejects when the signal aborts. */
  ask: ((question: string, signal: AbortSignal) => Promise<string>) | undefined;
  link(flags: LinkFlags): Promise<Link>;
  /** The script of a thread that plays a simulation. @default - simulations are played in this thread */
  simulationThread?: string;
  /** Calls back each time the process is asked to end, as by Ctrl-C, until the returned function is called. */
  onInterrupt(listener: () => void): () => void;
  /** Ends the process at once, whatever is under way. */
  exit(code: number): void;
}
