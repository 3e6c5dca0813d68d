import { canonicalRuns, crashPoints, playCrash } from '../../../src/simulator/faults/crash-points';
import { noticed } from './_noticed';

/** All of them are played by `npm run simulate:faults -- --crash-points`. */
const EACH_NTH = 13;

describe('a process that dies at one of its writes, or loses the answer', () => {
  test.each([...canonicalRuns(4), ...canonicalRuns(5)])(
    'leaves a run ($outcome, EMQX $size.generation, $size.replicants replicants) that the next process brings to its end, with all promises kept',
    async (run) => {
      const points = await crashPoints(run);
      expect(points.length).toBeGreaterThan(60);
      for (const point of points.filter((_, index) => index % EACH_NTH === 0)) {
        expect({ point, noticed: noticed(await playCrash(point)) }).toEqual({ point, noticed: [] });
      }
    },
  );
});
