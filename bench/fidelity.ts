import { mixedFleet } from '../src/simulator/clients/client-group';
import { play } from '../src/simulator/scenario';
import { type Column, LEFT_OUT, MEASURED } from './measured';
import { tutorialUpgrade } from './tutorial';

const SEED = 1;
/** From the start of a pod until it listens, as in the measured runs. */
const BOOT_MS = 8_000;

type Name = keyof typeof MEASURED;

/** The measured pilot began to evict as soon as green was ready; the operator waited the tutorial's 5 s. */
const INITIAL_DELAY_S: Record<Name, number> = { stock: 5, 'as-designed': 5, pilot: 0 };

async function simulated(name: Name): Promise<Column & { alignedSeconds: number[] }> {
  const pilot = name === 'pilot';
  const { upgrade, clients, ledger } = await play({
    ...tutorialUpgrade(100, INITIAL_DELAY_S[name]),
    seed: SEED,
    driver: pilot ? 'pilot' : 'operator',
    operator: name === 'as-designed' ? 'as-designed' : 'stock',
    service: pilot ? 'emqx-ee-mqtt' : 'emqx-ee',
    fleet: mixedFleet(3000, 300),
    timings: { listenMs: BOOT_MS },
  });
  const afterPatch = upgrade.phases.filter(({ phase }) => !['claim', 'pin', 'apply'].includes(phase));
  return {
    title: MEASURED[name].title,
    durationS: afterPatch.filter(({ phase }) => phase !== 'release').reduce((sum, { ms }) => sum + ms, 0) / 1000,
    meanDisconnects: clients.disconnectsPerClient.mean,
    maxDisconnects: clients.disconnectsPerClient.max,
    sessionsKept: clients.sessionsKept,
    refusedConnects: clients.refusedConnects,
    peakDisconnects1s: clients.slidingDisconnects.in1s,
    offlineP50Ms: clients.offlineMs.p50,
    leastConnected: clients.leastConnected,
    alignedSeconds: ledger.disconnects.perBucket(1000, clients.secondsOrigin - ledger.begunAt),
  };
}

const ROWS: { key: Exclude<keyof Column, 'title'>; label: string; digits: number }[] = [
  { key: 'durationS', label: 'patch → at rest, s', digits: 1 },
  { key: 'meanDisconnects', label: 'disconnects per client, mean', digits: 3 },
  { key: 'maxDisconnects', label: 'disconnects per client, max', digits: 0 },
  { key: 'sessionsKept', label: 'persistent sessions kept, of 300', digits: 0 },
  { key: 'refusedConnects', label: 'refused connects', digits: 0 },
  { key: 'peakDisconnects1s', label: 'disconnects, worst second', digits: 0 },
  { key: 'offlineP50Ms', label: 'offline, median ms', digits: 0 },
  { key: 'leastConnected', label: 'clients up, least of 3,000', digits: 0 },
];

/** Prints measured and simulated side by side; returns what is out of bounds. */
export async function fidelity(print: (line: string) => void): Promise<string[]> {
  print(`\nThe tutorial's load, measured on real parts and simulated (seed ${SEED})`);
  const misses: string[] = [];
  const names = Object.keys(MEASURED) as Name[];
  const models = await Promise.all(names.map(simulated));
  print(`${''.padEnd(34)}${names.map((name) => MEASURED[name].title.padStart(26)).join('')}`);
  print(`${''.padEnd(34)}${names.map(() => 'measured  simulated'.padStart(26)).join('')}`);
  for (const { key, label, digits } of ROWS) {
    const cells = names.map((name, index) => {
      const pair = `${MEASURED[name][key].toFixed(digits)}  ${models[index]![key].toFixed(digits).padStart(9)}`;
      return pair.padStart(26);
    });
    print(`${label.padEnd(34)}${cells.join('')}`);
  }
  names.forEach((name, index) => {
    for (const key of ['durationS', 'meanDisconnects'] as const) {
      const ratio = models[index]![key] / MEASURED[name][key];
      if (Math.abs(ratio - 1) > 0.15) misses.push(`${name}: ${key} is ${ratio.toFixed(2)} × the measured one`);
    }
    if (models[index]!.sessionsKept !== MEASURED[name].sessionsKept) misses.push(`${name}: sessionsKept differs`);
  });
  const seconds = models[names.indexOf('pilot')]!.alignedSeconds.filter((count) => count > 0);
  print(`pilot, disconnects per aligned second: ${seconds.join(' ')}`);
  if (seconds.some((count) => count > 100)) misses.push('pilot: an aligned second is above the cap');
  print('Left out of the model:');
  for (const line of LEFT_OUT) print(`- ${line}`);
  return misses;
}
