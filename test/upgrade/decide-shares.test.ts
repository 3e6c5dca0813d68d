import type { Step } from '../../src/upgrade/step';
import { BLUE, DRAINED, decided, named, podNames, type Scene } from './fixtures';

const node = (scene: Scene, index: number) => named(scene.nodes, `${BLUE}-${index}`);

/** All blue nodes evict, each with so many connections and sessions of devices that are away. */
const evicting =
  (loads: readonly [connections: number, offline: number][], change: (scene: Scene) => void = () => {}) =>
  (scene: Scene) => {
    loads.forEach(([connections, offline], index) => {
      Object.assign(node(scene, index), { evacuating: true, connections, sessions: connections + offline });
    });
    change(scene);
  };

/** `node@rate` of the shares that are dealt out, and which nodes are to be stopped for it. */
const dealt = (step: Step) =>
  step.kind === 'note' && step.note.shares
    ? {
        shares: step.note.shares.map(({ pod, connectionsPerSecond }) => `${pod.at(-1)}@${connectionsPerSecond}`),
        restart: step.note.restart?.map((pod) => pod.at(-1)),
      }
    : undefined;

describe('shares are dealt out again', () => {
  test.each<[string, [number, number][], (scene: Scene) => void, object]>([
    [
      'when a node has ended before the others',
      [
        [0, 0],
        [500, 0],
        [500, 0],
      ],
      () => {},
      { shares: ['1@50', '2@50'], restart: ['1', '2'] },
    ],
    [
      'when a node is lost, which is expected back with the least share',
      [
        [500, 0],
        [500, 0],
        [500, 0],
      ],
      (scene) => {
        scene.nodes = scene.nodes.filter(({ pod }) => pod !== `${BLUE}-2`);
      },
      { shares: ['0@50', '1@49', '2@1'], restart: ['0', '1'] },
    ],
    [
      'when whole numbers have divided unevenly, and others have ended',
      [
        [0, 0],
        [100, 0],
        [300, 0],
      ],
      (scene) => {
        scene.journal.connectionCap = 5;
        scene.journal.shares = scene.journal.shares!.map((part, index) => ({
          ...part,
          connectionsPerSecond: [2, 2, 1][index]!,
        }));
      },
      { shares: ['1@1', '2@4'], restart: ['1', '2'] },
    ],
  ])('%s', (_, loads, change, expected) => {
    expect(dealt(decided('evacuate', evicting(loads, change)))).toEqual(expected);
  });

  test.each<[string, [number, number][], (scene: Scene) => void]>([
    [
      'while every node has something for its share',
      [
        [100, 0],
        [100, 0],
        [900, 0],
      ],
      () => {},
    ],
    [
      'for less than the orders cost',
      [
        [0, 0],
        [100, 0],
        [100, 0],
      ],
      () => {},
    ],
    [
      'where a node would have to wait for takeovers once more',
      [
        [0, 0],
        [0, 250],
        [0, 250],
      ],
      (scene) => {
        scene.journal.waitTakeoverSeconds = 60;
      },
    ],
    [
      'while a node does not answer, of which nothing is known',
      [
        [0, 0],
        [500, 0],
        [500, 0],
      ],
      (scene) => Object.assign(node(scene, 2), { unreachable: 'time-out' }),
    ],
    [
      'with waves, where the next one gets what the one before leaves',
      [
        [0, 0],
        [500, 0],
        [500, 0],
      ],
      (scene) => {
        scene.journal.shares![2]!.wave = 1;
      },
    ],
  ])('not %s', (_, loads, change) => {
    expect(dealt(decided('evacuate', evicting(loads, change)))).toBeUndefined();
  });

  test('for nothing where no node would have to be stopped for it', () => {
    const standing = (scene: Scene) => {
      Object.assign(node(scene, 0), DRAINED);
      for (const index of [1, 2]) Object.assign(node(scene, index), { connections: 200, sessions: 200 });
    };
    expect(dealt(decided('evacuate', standing))).toEqual({ shares: ['1@50', '2@50'], restart: [] });
  });

  test('a drained node that was recreated gets a share of its own', () => {
    const step = decided('evacuate', (scene) => {
      evicting([
        [0, 0],
        [200, 0],
        [200, 0],
      ])(scene);
      scene.journal.shares = scene.journal.shares!.slice(1);
      Object.assign(node(scene, 0), { evacuating: false, connections: 3, sessions: 3 });
    });
    expect(dealt(step)?.shares.map((text) => text[0])).toEqual(podNames(BLUE).map((pod) => pod.at(-1)));
  });
});
