import { renderFaults } from '../../../src/cli/render/faults';
import { DEFAULT_SIZE } from '../../../src/simulator/faults/stage-objects';
import { plain } from './fixtures';

test('what a seed has decided is told: the cluster, and each fault with its moment and what it does', () => {
  const faults = [
    { fault: 'two-engines-begin', phase: 'claim', afterMs: 40 },
    { fault: 'request-abort', phase: 'evacuate', afterMs: 5_120 },
  ] as const;
  const text = renderFaults({ seed: 3, size: DEFAULT_SIZE, faults }, { style: plain, width: 72 });
  expect(`\n${text}\n`).toBe(`
Seed 3, in virtual time: 2 nodes, 36 clients, 4 offline devices, at most 4 disconnects/s
  * two-engines-begin, 40 ms after the process has begun
    another process runs the same command at the same moment; one of the
    two is rejected
  * request-abort, 5.1 s after the run has reached evacuate
    someone aborts the run
`);
});
