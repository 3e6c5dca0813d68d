import { cost } from './cost';
import { evacuation } from './evacuation';
import { fidelity } from './fidelity';
import { runner } from './runner';
import { speed } from './speed';
import { start } from './start';
import { synth } from './synth';

/** Speed as ratios within one run, and the simulator held against what was measured. Exit code 1 when out of bounds. */
async function main(): Promise<void> {
  const print = (line: string) => console.log(line);
  const misses = [
    ...(await fidelity(print)),
    ...(await cost(print)),
    ...(await evacuation(print)),
    ...(await speed(print)),
    ...synth(print),
    ...(await start(print)),
    ...(await runner(print)),
  ];
  for (const miss of misses) print(`✗ ${miss}`);
  print(misses.length === 0 ? '\nall within bounds' : `\n${misses.length} out of bounds`);
  process.exitCode = misses.length === 0 ? 0 : 1;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
