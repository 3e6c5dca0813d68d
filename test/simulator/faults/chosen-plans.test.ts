import { CHOSEN_NAMES, chosenPlans } from '../../../src/simulator/faults/chosen-plans';
import { playFaults } from '../../../src/simulator/faults/play';
import { noticed } from './_noticed';

describe('faults that belong together', () => {
  test.each(CHOSEN_NAMES)('%s', async (name) => {
    for (const plan of [...chosenPlans(name, 4), ...chosenPlans(name, 5)])
      expect(noticed(await playFaults(plan))).toEqual([]);
  });
});
