import { CONTROLLERS } from './pace-controllers';
import { type Paced, paced } from './pace-plant';

const SEEDS = [1, 2, 3, 4, 5];
const CAPACITY = 1_000;
const SECONDS = 200;
/** The nodes become half as fast in the meantime. */
const SLOW = [100, 160] as const;

/** What the ways of pacing come to on nodes that accept 1,000 devices per second in all, on the same seeds. */
export function pacing(print: (line: string) => void): string[] {
  const misses: string[] = [];
  print(
    `\nPacing: three nodes that take ${CAPACITY} devices/s, ${SECONDS} s of them (means of seeds ${SEEDS.join(', ')})`,
  );
  print('  too many  cap   way             used  device-seconds  refused  peak  s above  at half  back in');
  for (const closes of [false, true]) {
    for (const part of [0.9, 4]) {
      for (const [name, controllerOf] of Object.entries(CONTROLLERS)) {
        const cap = part * CAPACITY;
        const plant = { devices: CAPACITY * SECONDS, closes, wait: [1, 1.25] } as const;
        const runs = SEEDS.map((seed) => paced({ ...plant, seed, capacity: [[0, CAPACITY]] }, cap, controllerOf(cap)));
        const [from, to] = SLOW;
        const slowed = SEEDS.map((seed) =>
          paced(
            {
              ...plant,
              seed,
              capacity: [
                [0, CAPACITY],
                [from, CAPACITY / 2],
                [to, CAPACITY],
              ],
            },
            cap,
            controllerOf(cap),
          ),
        );
        const mean = (of: (run: Paced) => number, among = runs) =>
          among.reduce((sum, run) => sum + of(run), 0) / among.length;
        const atHalf = mean(({ rates }) => rates[from + 10]! / Math.max(...rates.slice(from - 10, from)), slowed);
        const best = 0.9 * Math.min(1, part) * 0.95;
        const back = mean(({ rates }) => rates.findIndex((rate, at) => at >= to && rate >= best) - to, slowed);
        const cells = [
          (closes ? 'closed' : 'wait').padEnd(8),
          `× ${part}`.padEnd(5),
          name.padEnd(13),
          mean(({ used }) => used)
            .toFixed(3)
            .padStart(6),
          (mean(({ deviceSeconds }) => deviceSeconds) / plant.devices).toFixed(2).padStart(14),
          mean(({ refusedPerDevice }) => refusedPerDevice)
            .toFixed(3)
            .padStart(8),
          mean(({ peak }) => peak)
            .toFixed(2)
            .padStart(5),
          mean(({ secondsAbove }) => secondsAbove)
            .toFixed(0)
            .padStart(8),
          atHalf.toFixed(2).padStart(8),
          back.toFixed(0).padStart(8),
        ];
        print(`  ${cells.join('  ')}`);
        if (name === 'returns' && mean(({ used }) => used) < 0.85)
          misses.push(`pacing: of a cap × ${part} too little is used`);
      }
    }
  }
  return misses;
}
