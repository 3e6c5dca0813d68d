import { FAULT_NAMES, FAULTS, planOf } from '../../../src/simulator/faults/plan';
import { playFaults } from '../../../src/simulator/faults/play';

describe('a seed', () => {
  test('decides everything: its trace is the same each time, and another seed has another one', async () => {
    const [first, again, other] = [
      await playFaults(planOf(17)),
      await playFaults(planOf(17)),
      await playFaults(planOf(18)),
    ];
    expect(again.trace).toEqual(first.trace);
    expect(again.digest).toBe(first.digest);
    expect(other.digest).not.toBe(first.digest);
    expect(first.trace.length).toBeGreaterThan(100);
  });

  test('chooses any of the faults, and phases in which they can happen', () => {
    const planned = Array.from({ length: 600 }, (_, seed) => planOf(seed).faults).flat();
    expect(new Set(planned.map(({ fault }) => fault))).toEqual(new Set(FAULT_NAMES));
    for (const { fault, phase, afterMs } of planned) {
      expect(FAULTS[fault].phases ?? [phase]).toContain(phase);
      expect(afterMs).toBeGreaterThanOrEqual(0);
    }
  });
});
