import type { Step } from '../../src/upgrade/step';
import { BLUE, DRAINED, decided, GREEN, named, podNames, type Scene } from './fixtures';

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
        raise: step.note.raise?.map((pod) => pod.at(-1)),
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
      { shares: ['1@50', '2@50'], raise: ['1', '2'] },
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
      { shares: ['0@49', '1@50', '2@1'], raise: ['0', '1'] },
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
      { shares: ['1@2', '2@3'], raise: ['2'] },
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
        [66, 0],
        [66, 0],
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

describe('nodes that get more of the cap are stopped after their burst and started a second later', () => {
  /** Node 0 has ended, and what the others are to get is noted: at 50 per second, with their places 483 and 817 ms after each second. */
  const raised = (change: (scene: Scene) => void = () => {}) =>
    decided(
      'evacuate',
      evicting(
        [
          [0, 0],
          [200, 0],
          [200, 0],
        ],
        (scene) => {
          const rate = { connectionsPerSecond: 50, sessionsPerSecond: 50 };
          const [, one, two] = scene.journal.shares!;
          scene.journal.shares = [
            { ...one!, ...rate, offsetMs: 483 },
            { ...two!, ...rate, offsetMs: 817 },
          ];
          scene.journal.raise = [`${BLUE}-1`, `${BLUE}-2`];
          change(scene);
        },
      ),
    );
  const stand = (scene: Scene, index: number) => Object.assign(node(scene, index), { evacuating: false });
  const orders = (step: Step) =>
    step.kind === 'wait'
      ? step.actions.flatMap((action) =>
          action.do === 'start-evacuation' || action.do === 'stop-evacuation'
            ? `${action.do.split('-')[0]} ${action.pod.at(-1)} after ${action.afterMs}`
            : [],
        )
      : step;
  const stopped = (scene: Scene, ...ago: number[]) => {
    scene.stoppedAt = new Map(ago.map((ms, index) => [`${BLUE}-${index + 1}`, scene.at - ms]));
  };

  test.each<[string, (scene: Scene) => void, unknown]>([
    ['each is stopped just after its place in the second', () => {}, ['stop 1 after 433', 'stop 2 after 767']],
    [
      'each starts again when a second has passed since',
      (scene) => {
        for (const index of [1, 2]) stand(scene, index);
        stopped(scene, 700, 100);
      },
      ['start 1 after 350', 'start 2 after 950'],
    ],
    [
      'which is waited for anew where another process has stopped it',
      (scene) => {
        for (const index of [1, 2]) stand(scene, index);
      },
      ['start 1 after 1200', 'start 2 after 1200'],
    ],
    [
      'one that has started again is not stopped again',
      (scene) => {
        stand(scene, 2);
        stopped(scene, 1_300, 1_060);
      },
      ['start 2 after 0'],
    ],
    [
      'when all have started it is over',
      (scene) => stopped(scene, 1_300, 1_300),
      { kind: 'note', note: { raise: undefined } },
    ],
    [
      'nothing is started while green cannot take devices; the others are stopped',
      (scene) => {
        named(scene.pods, `${GREEN}-0`).ready = false;
        Object.assign(scene.journal, { switchedAt: undefined, restUntil: scene.at + 1 });
        stand(scene, 1);
        stopped(scene, 1_300);
      },
      ['stop 2 after undefined'],
    ],
  ])('%s', (_, change, expected) => {
    expect(orders(raised(change))).toEqual(expected);
  });
});
