import { FAULT_NAMES, planOf } from '../../../src/simulator/faults/plan';
import { playFaults } from '../../../src/simulator/faults/play';
import { noticed } from './_noticed';

const GENERATIONS = [4, 5] as const;
/** Of many more by `npm run simulate:faults`. */
const SEEDS = Array.from({ length: 20 }, (_, index) => index + 1);

describe('the promises hold, and the run comes to its end', () => {
  test.each(FAULT_NAMES)('with the fault %s', async (name) => {
    for (const seed of [1, 2])
      for (const generation of GENERATIONS)
        expect(noticed(await playFaults(planOf(seed, [name], generation)))).toEqual([]);
  });

  test.each(GENERATIONS)('with the faults of 20 seeds, EMQX %d', async (generation) => {
    for (const seed of SEEDS) expect(noticed(await playFaults(planOf(seed, undefined, generation)))).toEqual([]);
  });
});
