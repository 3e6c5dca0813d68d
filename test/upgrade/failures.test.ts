import { SimulatedClock } from '../../src/simulator/clock';
import { Failures } from '../../src/upgrade/failures';
import { PortError } from '../../src/upgrade/ports';

type Code = ConstructorParameters<typeof PortError>[0];

/** How long is waited after each of these failures in a row, in seconds, rounded up: without the jitter. */
function waits(codes: readonly Code[]): number[] {
  const failures = new Failures(new SimulatedClock(), 'test', () => undefined);
  return codes.map((code) => {
    failures.add(new PortError(code, code));
    return failures.waitMs === 250 ? 0.25 : Math.ceil(failures.waitMs / 1_000);
  });
}

describe('the wait after failures in a row', () => {
  test.each<[string, Code[], number[]]>([
    ['is doubled by each that is not answered', ['unavailable', 'unavailable', 'unavailable'], [1, 2, 4]],
    ['is short after a conflict: another process has written', ['conflict'], [0.25]],
    ['is doubled by conflicts that come again at once', ['conflict', 'conflict', 'conflict'], [0.25, 2, 4]],
    [
      'is not prolonged by conflicts in between: the server answers',
      ['unavailable', 'conflict', 'unavailable', 'conflict', 'unavailable'],
      [1, 0.25, 1, 0.25, 1],
    ],
  ])('%s', (_, codes, seconds) => expect(waits(codes)).toEqual(seconds));
});
