import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { mixedFleet } from '../src/simulator/clients/client-group';
import type { play } from '../src/simulator/scenario';
import { cpuMs } from './cpu';
import { emqx5Upgrade } from './emqx5';
import { tutorialUpgrade } from './tutorial';

/** What is simulated. */
export interface Size {
  generation: 4 | 5;
  clients: number;
  cap: number;
}

/** What it took. */
export interface Took {
  /** Virtual time of the whole simulation, and of its evacuation beside the bound of that. */
  simulatedMs: number;
  evacuateMs: number;
  lowerBoundMs: number;
  /** User and system, of this process and all its threads. */
  cpuMs: number;
  /** Once all clients are connected: what the heap and the arrays outside of it have grown by, garbage collected. */
  bytesPerClient: number;
  /** The most memory that the process had. */
  peakMegabytes: number;
  peakDisconnects: number;
  disconnectsPerClient: { mean: number; max: number };
}

/** The simulator of a work tree. */
export interface Simulator {
  play: typeof play;
  mixedFleet: typeof mixedFleet;
}

const NODES = 5;

export const SEED = 1;

/** Bytes in use, garbage collected. */
function bytesUsed(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** More would be a measure of the nodes: EMQX moves sessions one after the other, and each node does it by itself. */
const MOST_OFFLINE = 10_000;

/** An upgrade by the pilot of five nodes, of clients with clean sessions and a hundredth as many offline devices, at most 10,000. */
export async function simulateOnce({ play, mixedFleet }: Simulator, size: Size): Promise<Took> {
  const { generation, clients, cap } = size;
  const base = generation === 5 ? emqx5Upgrade(cap, NODES) : { ...tutorialUpgrade(cap, 5), service: 'emqx-ee-mqtt' };
  if (base.cluster.kind !== 'EMQX') {
    for (const resource of [base.cluster, base.desired]) Object.assign(resource.spec, { replicas: NODES });
  }
  const before = bytesUsed();
  let [bytes, measuringMs] = [0, 0];
  const began = cpuMs();
  const result = await play({
    ...base,
    seed: SEED,
    driver: 'pilot',
    fleet: mixedFleet(clients, Math.min(clients / 100, MOST_OFFLINE)),
    connectPerSecond: clients / 20,
    planned: () => {
      const from = cpuMs();
      bytes = bytesUsed() - before;
      measuringMs = cpuMs() - from;
    },
  });
  const { upgrade, clients: seen } = result;
  return {
    simulatedMs: result.simulatedMs,
    evacuateMs: upgrade.evacuateMs,
    lowerBoundMs: upgrade.lowerBoundMs,
    cpuMs: cpuMs() - began - measuringMs,
    bytesPerClient: bytes / clients,
    peakMegabytes: process.resourceUsage().maxRSS / 1_024,
    peakDisconnects: seen.peakDisconnectsPerSecond,
    disconnectsPerClient: seen.disconnectsPerClient,
  };
}
