import { remainingTimeMs } from '../../src/upgrade/remaining-time';
import { BLUE, DRAINED, named, observationOf, type Scene, sceneAt } from './fixtures';

const node = (scene: Scene, index: number) => named(scene.nodes, `${BLUE}-${index}`);

/** Of three nodes at 34, 33 and 33 per second, with a wait of 5 s, that evict; nothing is left on those without a load. */
function remaining(
  loads: readonly [connections: number, offline: number][],
  change: (scene: Scene) => void = () => {},
) {
  const scene = sceneAt('evacuate');
  for (const index of [0, 1, 2]) {
    const [connections, offline] = loads[index] ?? [0, 0];
    Object.assign(node(scene, index), DRAINED, { connections, sessions: connections + offline });
  }
  change(scene);
  return remainingTimeMs(observationOf(scene), scene.journal);
}

const unchanged = () => {};
const noneOffline = (scene: Scene) => Object.assign(scene.journal.evacuation!, { offline: 0 });

describe('the remaining time is', () => {
  test.each<[string, number, [number, number][], (scene: Scene) => void]>([
    [
      'that of the slowest node',
      31_000,
      [
        [1_000, 0],
        [1_000, 0],
        [1_000, 0],
      ],
      unchanged,
    ],
    [
      'that of all nodes together where one has much more: it gets more of the cap when others end',
      14_000,
      [
        [100, 0],
        [100, 0],
        [1_000, 0],
      ],
      unchanged,
    ],
    [
      'wave after wave, where the next one waits for the cap',
      69_000,
      [
        [34, 0],
        [990, 0],
        [1_287, 0],
      ],
      (scene) => {
        scene.journal.shares![2]!.wave = 1;
      },
    ],
    [
      'with the wait and the sessions of offline devices',
      10_000 + 5_000 + 4_000,
      [
        [340, 0],
        [330, 100],
        [330, 0],
      ],
      unchanged,
    ],
    [
      'without them while the sessions are of devices that were just disconnected',
      10_000,
      [
        [340, 0],
        [330, 40],
        [330, 0],
      ],
      noneOffline,
    ],
    [
      'with them where more have gone offline meanwhile',
      10_000 + 5_000 + 4_000,
      [
        [340, 0],
        [330, 100],
        [330, 0],
      ],
      noneOffline,
    ],
    [
      'with them when those that could return have done so',
      2_000 + 1_000,
      [[0, 20]],
      (scene) => {
        noneOffline(scene);
        Object.assign(node(scene, 0), { emptySince: scene.at - 3_000 });
      },
    ],
    ['nothing when every node is drained', 0, [], unchanged],
  ])('%s', (_, expected, loads, change) => {
    expect(remaining(loads, change)).toBe(expected);
  });
});
