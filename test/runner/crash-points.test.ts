import { drivenByRunners, runnersRuns } from '../../scripts/driven-by-runners';
import { crashPoints, playCrash } from '../../src/simulator/faults/crash-points';
import { noticed } from '../simulator/faults/_noticed';

/** All of them are played by `npm run simulate:faults -- --crash-points`. */
const EACH_NTH = 29;

describe('a runner that dies at one of its writes, or loses the answer', () => {
  test.each([...runnersRuns(4), ...runnersRuns(5)])(
    'leaves an upgrade (EMQX $size.generation, $size.replicants replicants) that the one in reserve brings to its end, with all promises kept',
    async (run) => {
      const points = await crashPoints(run, drivenByRunners);
      expect(points.length).toBeGreaterThan(60);
      for (const point of points.filter((_, index) => index % EACH_NTH === 0)) {
        expect({ point, noticed: noticed(await playCrash(point, drivenByRunners)) }).toEqual({ point, noticed: [] });
      }
    },
  );
});
