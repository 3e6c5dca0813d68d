import { withVersion } from '../src/resource';
import { type ProgressEvent, runUpgrade } from '../src/upgrade';
import { AtRest, type AtRestOptions } from './at-rest';
import type { Asked } from './counted';
import { cpuMs } from './cpu';

const HOUR_MS = 3_600_000;

/** Of EMQX 4.4 and 5: an evacuation of three minutes. */
const SIZE = { nodes: 6, clients: 9_000, cap: 50 };

/** Most requests a minute while nothing but the evacuation goes on: to the API server, and to the management API of a node. */
export const COST_BOUNDS = {
  writes: 12,
  /** EMQX 5 and 6 have one kind of set more. */
  reads: { 4: 20, 5: 24 },
  /** One answer of EMQX 5 and 6 does not say both how far an evacuation is and how many devices are connected. */
  perNode: { 4: 60, 5: 120 },
} as const;

/** An evacuation: what it asks of the API server and of the nodes, and what comes of it. */
export interface EvacuationCost {
  /** How long it takes, ms, and as a multiple of its lower bound. */
  ms: number;
  ratio: number;
  /** Requests a minute. */
  rate: Asked;
  /** The most disconnects in a second, and of one device. */
  peakDisconnects: number;
  disconnectsPerClient: number;
  /** Of the process, with all that is simulated: ms of CPU per second. */
  cpuMs: number;
}

/** Plays an upgrade, and counts in its evacuation: where there are replicants, in theirs. */
export function evacuationCost(options: AtRestOptions): Promise<EvacuationCost> {
  const at = new AtRest(options);
  const { clock } = at.world;
  return at.inVirtualTime(HOUR_MS, async () => {
    const began = { at: 0, cpuMs: 0 };
    let cost: Pick<EvacuationCost, 'ms' | 'rate' | 'cpuMs'> | undefined;
    const report = (event: ProgressEvent) => {
      if (event.kind !== 'phase') return;
      if (event.phase === 'evacuate' && began.at === 0) {
        at.reset();
        Object.assign(began, { at: clock.now(), cpuMs: cpuMs() });
      } else if (event.phase === 'retire' && !cost) {
        const ms = clock.now() - began.at;
        cost = { ms, rate: at.counted.rate(ms), cpuMs: (cpuMs() - began.cpuMs) / (ms / 1_000) };
      }
    };
    const context = { ...at.context(), progress: { report } };
    const { ratio } = await runUpgrade(context, { desired: withVersion(at.cluster, at.versionAfter(1)) });
    if (!cost || ratio === null) throw new Error('there was no evacuation');
    const { peakDisconnectsPerSecond, disconnectsPerClient } = at.ledger.report();
    return {
      ...cost,
      ratio,
      peakDisconnects: peakDisconnectsPerSecond,
      disconnectsPerClient: disconnectsPerClient.max,
    };
  });
}

/** What evacuations of six nodes ask, in virtual time. */
export function upgradeCost(generation: 4 | 5): Promise<EvacuationCost> {
  return evacuationCost({ generation, ...SIZE });
}

/** Prints the cost; returns what is out of bounds. */
export async function cost(print: (line: string) => void): Promise<string[]> {
  const misses: string[] = [];
  for (const generation of [4, 5] as const) {
    const { ms, rate } = await upgradeCost(generation);
    const rows = [
      ['writes to the API server', rate.writes, COST_BOUNDS.writes],
      ['reads of the API server', rate.reads, COST_BOUNDS.reads[generation]],
      ['requests to the busiest node', rate.busiestNode, COST_BOUNDS.perNode[generation]],
    ] as const;
    const minutes = `${(ms / 60_000).toFixed(1)} min of virtual time`;
    print(`\nrequests a minute, evacuation of ${SIZE.nodes} nodes of EMQX ${generation}, ${minutes}`);
    for (const [label, value, bound] of rows) {
      print(`  ${label.padEnd(32)} ${value.toFixed(1).padStart(6)}  (bound ${bound})`);
      if (value > bound) misses.push(`EMQX ${generation}, ${label}: ${value.toFixed(1)} a minute`);
    }
  }
  return misses;
}
