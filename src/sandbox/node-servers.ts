/** Something that serves one node. */
export interface NodeServer {
  start(): Promise<void>;
  stop(): Promise<void>;
}

interface Served<N, S> {
  node: N;
  server: S;
}

/** One server for each running node, found by the name of the node's pod. */
export class NodeServers<N, S extends NodeServer> {
  private readonly served = new Map<string, Served<N, S>>();
  private readonly stopping = new Set<Promise<void>>();
  private isOpen = false;

  /**
   * @param nodes whose ports listen now, by the name of their pod.
   * @param serverOf makes the server of a node.
   * @param changed is called when a server has started or is being stopped.
   */
  constructor(
    private readonly nodes: () => Iterable<readonly [podName: string, node: N]>,
    private readonly serverOf: (node: N) => S,
    private readonly changed: () => void = () => undefined,
  ) {}

  /** Resolves when all nodes are served. */
  async open(): Promise<void> {
    this.isOpen = true;
    await Promise.all(this.serveNew());
  }

  /** The nodes have changed: starts and stops servers accordingly. Has no effect while it is not open. */
  refresh(): void {
    if (!this.isOpen) return;
    const now = new Map(this.nodes());
    for (const [pod, { node, server }] of this.served) {
      if (now.get(pod) === node) continue;
      this.served.delete(pod);
      this.end(server);
      this.changed();
    }
    // A node without a server refuses connections, as its callers see.
    for (const started of this.serveNew()) started.catch(() => undefined);
  }

  /** The server of the node in a pod; undefined when there is none. */
  of(podName: string): S | undefined {
    return this.served.get(podName)?.server;
  }

  /** Stops all servers; resolves when they have stopped. */
  async close(): Promise<void> {
    this.isOpen = false;
    for (const { server } of this.served.values()) this.end(server);
    this.served.clear();
    await Promise.all(this.stopping);
  }

  private serveNew(): Promise<void>[] {
    const starting: Promise<void>[] = [];
    for (const [pod, node] of this.nodes()) {
      if (this.served.has(pod)) continue;
      const server = this.serverOf(node);
      this.served.set(pod, { node, server });
      starting.push(server.start().then(this.changed));
    }
    return starting;
  }

  private end(server: S): void {
    const stopped = server.stop().finally(() => this.stopping.delete(stopped));
    this.stopping.add(stopped);
  }
}
