import type { EmqxTransport } from '../src/emqx';
import { InMemoryKubeApi } from '../src/simulator/kubernetes/in-memory-api';
import type { World } from '../src/simulator/world';

const WRITES: ReadonlySet<string> = new Set(['create', 'patch', 'scale', 'delete']);

/** What was asked of an API server and of the nodes. */
export interface Asked {
  /** Requests to the API server; a watch counts when it opens. */
  writes: number;
  reads: number;
  /** Of its answers, as JSON; not of what watches report. */
  bytes: number;
  /** Requests to the management API of all nodes, and of the one that was asked most. */
  nodes: number;
  busiestNode: number;
}

/** The ways to a world's API server and nodes, with everything counted that is asked of them. */
export class Counted {
  readonly api: InMemoryKubeApi;
  /** What reaches the nodes. */
  readonly transport: EmqxTransport;
  private count = nothing();

  constructor(world: World) {
    this.api = new InMemoryKubeApi(world.clock, world.kubernetes.store, {
      intercept: async ({ verb }, perform) => {
        if (WRITES.has(verb)) this.count.writes++;
        else this.count.reads++;
        const answer = await perform();
        if (answer !== undefined) this.count.bytes += JSON.stringify(answer).length;
        return answer;
      },
    });
    this.transport = {
      exchange: (pod, request, signal) => {
        this.count.perNode.set(pod.name, (this.count.perNode.get(pod.name) ?? 0) + 1);
        return world.transport.exchange(pod, request, signal);
      },
    };
  }

  /** What was asked since the last `reset`. */
  get asked(): Asked {
    const { perNode, ...rest } = this.count;
    const counts = [...perNode.values()];
    return { ...rest, nodes: counts.reduce((sum, count) => sum + count, 0), busiestNode: Math.max(0, ...counts) };
  }

  /** The same by the minute, of a time. */
  rate(ms: number): Asked {
    const rate = (count: number) => (count / ms) * 60_000;
    const { writes, reads, bytes, nodes, busiestNode } = this.asked;
    return {
      writes: rate(writes),
      reads: rate(reads),
      bytes: rate(bytes),
      nodes: rate(nodes),
      busiestNode: rate(busiestNode),
    };
  }

  /** What is counted begins at zero. */
  reset(): void {
    this.count = nothing();
  }
}

function nothing() {
  return { writes: 0, reads: 0, bytes: 0, perNode: new Map<string, number>() };
}
