import { performance } from 'node:perf_hooks';
import { mixedFleet } from '../src/simulator/clients/client-group';
import { play } from '../src/simulator/scenario';
import { tutorialUpgrade } from './tutorial';

const CLIENTS = 100_000;
const CAP = 1_000;

/** An upgrade of 100,000 clients, in virtual time: how much faster than real time, and what a client costs. */
export async function speed(print: (line: string) => void): Promise<string[]> {
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const started = performance.now();
  let peak = before;
  const { simulatedMs, clients, upgrade } = await play({
    ...tutorialUpgrade(CAP, 5),
    seed: 1,
    driver: 'pilot',
    service: 'emqx-ee-mqtt',
    fleet: mixedFleet(CLIENTS, 1_000),
    connectPerSecond: 5_000,
    progress: () => {
      peak = Math.max(peak, process.memoryUsage().heapUsed);
    },
  });
  const wallMs = performance.now() - started;
  const ratio = simulatedMs / wallMs;
  const bound = upgrade.evacuateMs / upgrade.lowerBoundMs;
  print(`\nAn upgrade of ${CLIENTS.toLocaleString('en')} clients at ${CAP}/s in virtual time`);
  print(
    `simulated ${(simulatedMs / 1000).toFixed(0)} s in ${(wallMs / 1000).toFixed(2)} s: ${ratio.toFixed(0)} × real time`,
  );
  print(
    `memory: at most ${Math.round((peak - before) / CLIENTS)} bytes per client above the start (heap, garbage included)`,
  );
  print(
    `evacuation ${(upgrade.evacuateMs / 1000).toFixed(1)} s, ${bound.toFixed(3)} × its lower bound; peak ${clients.peakDisconnectsPerSecond}/s; disconnects per client ${clients.disconnectsPerClient.mean} (max ${clients.disconnectsPerClient.max})`,
  );
  const misses: string[] = [];
  if (ratio < 100) misses.push(`the simulator runs ${ratio.toFixed(0)} × real time, less than 100 ×`);
  if (bound > 1.1) misses.push(`the evacuation of ${CLIENTS} clients takes ${bound.toFixed(3)} × its lower bound`);
  if (clients.peakDisconnectsPerSecond > 1.05 * CAP) misses.push('the peak is above 1.05 × the cap');
  return misses;
}
