import { Peak } from '../../src/upgrade/peak';
import { BLUE, named, observationOf, sceneAt, T0 } from './fixtures';

/** Looks at three nodes: ms since the beginning, and how many each has. */
function peakOf(looks: [ms: number, each: number, more?: object][]): number {
  const scene = sceneAt('evacuate');
  const peak = new Peak();
  for (const [ms, connections, more = {}] of looks) {
    scene.at = T0 + ms;
    for (const index of [0, 1, 2]) {
      Object.assign(named(scene.nodes, `${BLUE}-${index}`), { evacuating: true, connections, ...more });
    }
    peak.observe(observationOf(scene), BLUE);
  }
  return peak.value;
}

test('of two looks a second apart it is what went between them', () => {
  expect(
    peakOf([
      [0, 1000],
      [1_000, 960],
    ]),
  ).toBe(120);
});

test('it claims no more than one second must have had', () => {
  // Two bursts of each node may fall into 1.2 s.
  expect(
    peakOf([
      [0, 1000],
      [1_200, 934],
    ]),
  ).toBe(99);
  expect(
    peakOf([
      [0, 1000],
      [1_200, 934],
      [2_400, 900],
    ]),
  ).toBe(100);
});

test('numbers of nodes that do not evacuate are old, and those of silent ones none', () => {
  expect(
    peakOf([
      [0, 1000, { evacuating: false }],
      [1_000, 500],
    ]),
  ).toBe(0);
  expect(
    peakOf([
      [0, 1000],
      [1_000, 900, { unreachable: 'no answer' }],
      [5_000, 850, { unreachable: undefined }],
    ]),
  ).toBe(90);
});

test('when a node said it counts, not when it was looked at', () => {
  expect(
    peakOf([
      [0, 1000, { seenAt: T0 - 900 }],
      [1_000, 930, { seenAt: T0 + 1_000 }],
    ]),
  ).toBe(105);
});
