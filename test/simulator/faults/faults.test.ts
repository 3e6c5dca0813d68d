import { FAULT_NAMES, planOf } from '../../../src/simulator/faults/plan';
import { playFaults } from '../../../src/simulator/faults/play';
import { noticed } from './_noticed';

const SEEDS = Array.from({ length: 50 }, (_, index) => index + 1);

describe('the promises hold, and the run comes to its end', () => {
  test.each(FAULT_NAMES)('with the fault %s', async (name) => {
    for (const seed of [1, 2]) expect(noticed(await playFaults(planOf(seed, [name])))).toEqual([]);
  });

  test('with the faults of 50 seeds', async () => {
    for (const seed of SEEDS) expect(noticed(await playFaults(planOf(seed)))).toEqual([]);
  });
});
