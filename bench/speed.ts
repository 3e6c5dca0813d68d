import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { mixedFleet } from '../src/simulator/clients/client-group';
import { play } from '../src/simulator/scenario';
import { tutorialUpgrade } from './tutorial';

const CLIENTS = 100_000;
const CAP = 1_000;

/** Bytes in use on the heap, garbage collected. */
function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

/** An upgrade of 100,000 clients, in virtual time: how much faster than real time, and what a client costs. */
export async function speed(print: (line: string) => void): Promise<string[]> {
  const before = heapUsed();
  let after: number | undefined;
  let measuringMs = 0;
  const started = performance.now();
  const { simulatedMs, clients, upgrade } = await play({
    ...tutorialUpgrade(CAP, 5),
    seed: 1,
    driver: 'pilot',
    service: 'emqx-ee-mqtt',
    fleet: mixedFleet(CLIENTS, 1_000),
    connectPerSecond: 5_000,
    progress: () => {
      if (after !== undefined) return;
      const from = performance.now();
      after = heapUsed();
      measuringMs = performance.now() - from;
    },
  });
  const wallMs = performance.now() - started - measuringMs;
  const ratio = simulatedMs / wallMs;
  const bound = upgrade.evacuateMs / upgrade.lowerBoundMs;
  print(`\nAn upgrade of ${CLIENTS.toLocaleString('en')} clients at ${CAP}/s in virtual time`);
  print(
    `simulated ${(simulatedMs / 1000).toFixed(0)} s in ${(wallMs / 1000).toFixed(2)} s: ${ratio.toFixed(0)} × real time`,
  );
  print(`memory: ${Math.round(((after ?? before) - before) / CLIENTS)} bytes per connected client`);
  print(
    `evacuation ${(upgrade.evacuateMs / 1000).toFixed(1)} s, ${bound.toFixed(3)} × its lower bound; peak ${clients.peakDisconnectsPerSecond}/s; disconnects per client ${clients.disconnectsPerClient.mean} (max ${clients.disconnectsPerClient.max})`,
  );
  const misses: string[] = [];
  if (ratio < 100) misses.push(`the simulator runs ${ratio.toFixed(0)} × real time, less than 100 ×`);
  if (bound > 1.1) misses.push(`the evacuation of ${CLIENTS} clients takes ${bound.toFixed(3)} × its lower bound`);
  if (clients.peakDisconnectsPerSecond > 1.05 * CAP) misses.push('the peak is above 1.05 × the cap');
  return misses;
}
