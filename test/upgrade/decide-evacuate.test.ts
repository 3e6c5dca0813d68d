import type { Action, Step } from '../../src/upgrade/step';
import {
  BLUE,
  DRAINED,
  decided,
  EMPTY,
  GREEN,
  GREEN_REVISION,
  named,
  nodeName,
  podNames,
  restingStatus,
  type Scene,
  set,
  T0,
} from './fixtures';

const blueNode = (scene: Scene, index: number) => named(scene.nodes, `${BLUE}-${index}`);
const greenNode = (scene: Scene, index: number) => named(scene.nodes, `${GREEN}-${index}`);

const actionsOf = (step: Step): Action[] => (step.kind === 'wait' ? step.actions : []);
/** `pod@rate+delay` of each node that is to be evacuated. */
const started = (step: Step): string[] =>
  actionsOf(step).flatMap((action) =>
    action.do === 'start-evacuation'
      ? [`${action.pod.slice(BLUE.length + 1)}@${action.order.connectionsPerSecond}+${action.afterMs}`]
      : [],
  );

describe('evacuate', () => {
  test('first notes the shares, so that whoever goes on gives the same orders', () => {
    const step = decided('evacuate', (scene) => {
      delete scene.journal.shares;
      delete scene.journal.evacuation;
      blueNode(scene, 0).connections = 2000;
      blueNode(scene, 0).sessions = 2000;
    });
    expect(step).toEqual({
      kind: 'note',
      note: {
        evacuation: { startedAt: T0, lowerBoundMs: 46_000, moving: 4_000, offline: 100, connections: 4_000 },
        fleet: { at: T0, devices: 4_000 },
        shares: [
          { pod: `${BLUE}-0`, connectionsPerSecond: 50, sessionsPerSecond: 1, wave: 0, offsetMs: 667 },
          { pod: `${BLUE}-1`, connectionsPerSecond: 25, sessionsPerSecond: 50, wave: 0, offsetMs: 333 },
          { pod: `${BLUE}-2`, connectionsPerSecond: 25, sessionsPerSecond: 49, wave: 0, offsetMs: 0 },
        ],
      },
    });
  });

  test.each<[string, (scene: Scene) => void]>([
    ['does not answer', (scene) => Object.assign(blueNode(scene, 1), { unreachable: 'time-out' })],
    ['is absent', (scene) => scene.nodes.splice(1, 1)],
  ])('shares nothing out while a blue node %s', (_, change) => {
    const step = decided('evacuate', (scene) => {
      delete scene.journal.shares;
      delete scene.journal.evacuation;
      change(scene);
    });
    expect(step).toMatchObject({ kind: 'wait', waitingFor: 'every blue node to answer', actions: [] });
  });

  test('stops first what somebody else has begun at another rate', () => {
    const step = decided('evacuate', (scene) => {
      delete scene.journal.shares;
      blueNode(scene, 1).evacuating = true;
      Object.assign(blueNode(scene, 2), DRAINED);
    });
    expect(step).toMatchObject({ kind: 'note', note: { restart: [`${BLUE}-1`] } });
  });

  test('orders all blue nodes at once, each at its share and its place in the second', () => {
    const step = decided('evacuate');
    expect(started(step)).toEqual(['0@34+0', '1@33+333', '2@33+667']);
    expect(actionsOf(step)[1]).toEqual({
      do: 'start-evacuation',
      pod: `${BLUE}-1`,
      node: nodeName(`${BLUE}-1`),
      order: {
        connectionsPerSecond: 33,
        sessionsPerSecond: 33,
        waitTakeoverSeconds: 5,
        migrateTo: podNames(GREEN).map(nodeName),
      },
      afterMs: 333,
    });
  });

  test.each([
    [0, ['0@34+0', '1@33+333', '2@33+667']],
    [80, ['0@34+0', '1@33+253', '2@33+587']],
    [84, ['0@34+916', '1@33+249', '2@33+583']],
    [7_400, ['0@34+600', '1@33+0', '2@33+267']],
  ])('%d ms after the begin the places in the second are still kept', (late, orders) => {
    expect(
      started(
        decided('evacuate', (scene) => {
          scene.at += late;
          scene.heartbeatAt = scene.at;
        }),
      ),
    ).toEqual(orders);
  });

  test('orders no node that evacuates already, or does not answer', () => {
    const step = decided('evacuate', (scene) => {
      blueNode(scene, 0).evacuating = true;
      blueNode(scene, 1).unreachable = 'time-out';
    });
    expect(started(step)).toEqual(['2@33+667']);
  });

  test('orders a node again that lost its evacuation with its pod', () => {
    const step = decided('evacuate', (scene) => {
      for (const index of [0, 1, 2]) Object.assign(blueNode(scene, index), DRAINED);
      Object.assign(blueNode(scene, 1), { ...EMPTY, evacuating: false });
    });
    expect(started(step)).toEqual(['1@33+333']);
  });

  test.each<[string, (scene: Scene) => void]>([
    [
      'a green pod is not ready',
      (scene) => {
        named(scene.pods, `${GREEN}-1`).ready = false;
      },
    ],
    [
      'the green set counts fewer ready pods',
      (scene) => {
        named(scene.sets, GREEN).readyReplicas = 2;
      },
    ],
    [
      'a green pod is on its way out',
      (scene) => {
        named(scene.pods, `${GREEN}-1`).terminating = true;
      },
    ],
    ['a green pod is absent', (scene) => scene.pods.pop()],
    ['a green pod is not behind the Service', (scene) => scene.traffic[0]!.pods.pop()],
    [
      'the Service that the run began with is gone',
      (scene) => {
        scene.journal.services = ['emqx-mqtt'];
        scene.traffic = [];
      },
    ],
    ['a blue pod is behind the Service', (scene) => scene.traffic[0]!.pods.push(`${BLUE}-0`)],
    [
      'one of two Services still leads to blue',
      (scene) =>
        scene.traffic.push({ service: 'emqx-ws', byOperator: false, revision: GREEN_REVISION, pods: podNames(BLUE) }),
    ],
    [
      'a green node does not answer',
      (scene) => {
        greenNode(scene, 2).unreachable = 'time-out';
      },
    ],
    [
      'a green node is not joined with the others',
      (scene) => {
        greenNode(scene, 2).members = [nodeName(`${GREEN}-2`)];
      },
    ],
    ['a green node is absent', (scene) => scene.nodes.pop()],
  ])('orders nothing while %s', (_, change) => {
    expect(started(decided('evacuate', change))).toEqual([]);
    expect(
      started(
        decided('retire', (scene) => {
          Object.assign(blueNode(scene, 0), { connections: 5, sessions: 5, evacuating: false });
          change(scene);
        }),
      ),
    ).toEqual([]);
  });

  describe('in waves', () => {
    const inWaves = (change: (scene: Scene) => void) =>
      decided('evacuate', (scene) => {
        scene.journal.shares = podNames(BLUE).map((pod, index) => ({
          pod,
          connectionsPerSecond: 1,
          sessionsPerSecond: 1,
          wave: index === 2 ? 1 : 0,
          offsetMs: index === 1 ? 500 : 0,
        }));
        change(scene);
      });
    const waves = (change: (scene: Scene) => void) => started(inWaves(change));

    test('the second wave waits for the first', () => {
      expect(waves(() => {})).toEqual(['0@1+0', '1@1+500']);
      expect(waves((scene) => Object.assign(blueNode(scene, 0), DRAINED))).toEqual(['1@1+500']);
    });

    test('the second wave starts when the first is drained, and a second has passed', () => {
      const drained = (scene: Scene) => {
        for (const index of [0, 1]) Object.assign(blueNode(scene, index), DRAINED);
      };
      const step = inWaves(drained);
      expect(step).toEqual({ kind: 'note', note: { wave: 1, restUntil: T0 + 1_200 } });
      const noted = (scene: Scene, more: object = {}) => {
        drained(scene);
        Object.assign(scene.journal, { wave: 1, ...more });
      };
      expect(waves((scene) => noted(scene, { restUntil: T0 + 1 }))).toEqual([]);
      expect(waves((scene) => noted(scene, { restUntil: T0 }))).toEqual(['2@1+0']);
    });

    test('a pod that is gone for good holds no later wave up', () => {
      const step = inWaves((scene) => {
        Object.assign(scene.journal, { lostPods: 1 });
        scene.sets[0]!.replicas = 2;
        scene.pods = scene.pods.filter((pod) => pod.name !== `${BLUE}-0`);
        scene.nodes = scene.nodes.filter((node) => node.pod !== `${BLUE}-0`);
        Object.assign(blueNode(scene, 1), DRAINED);
      });
      expect(step).toMatchObject({ kind: 'note', note: { wave: 1 } });
    });

    test('a node of the first wave that came back waits while the second evacuates', () => {
      expect(
        waves((scene) => {
          scene.journal.wave = 1;
          Object.assign(blueNode(scene, 0), DRAINED);
          Object.assign(blueNode(scene, 2), { evacuating: true });
        }),
      ).toEqual([]);
    });
  });

  test('looks again soon when the end is near, and tells how long it still takes', () => {
    const step = decided('evacuate', (scene) => {
      for (const index of [0, 1]) Object.assign(blueNode(scene, index), DRAINED);
      Object.assign(blueNode(scene, 2), { connections: 66, sessions: 99, evacuating: true });
    });
    expect(step).toMatchObject({ kind: 'wait', pollMs: 1_200, actions: [] });
    const last = decided('evacuate', (scene) => {
      for (const index of [0, 1, 2]) Object.assign(blueNode(scene, index), DRAINED);
      Object.assign(blueNode(scene, 2), { sessions: 0, connections: 0, unreachable: 'time-out' });
    });
    expect(last).toMatchObject({ kind: 'wait', pollMs: 250 });
  });

  // At 34, 33 and 33 per second.
  test.each<[string, number, (scene: Scene) => void]>([
    ['the last burst of each node is due', 250, () => {}],
    [
      'another burst of a node is',
      1_200,
      (scene) => Object.assign(blueNode(scene, 1), { connections: 34, sessions: 60 }),
    ],
    [
      'only sessions are left, of devices that were just disconnected',
      250,
      (scene) => {
        for (const index of [0, 1, 2]) {
          Object.assign(blueNode(scene, index), { connections: 0, sessions: 20, emptySince: scene.at - 2_499 });
        }
      },
    ],
    [
      'only sessions are left, of devices that do not return',
      1_200,
      (scene) => {
        for (const index of [0, 1, 2]) {
          Object.assign(blueNode(scene, index), { connections: 0, sessions: 20, emptySince: scene.at - 2_500 });
        }
      },
    ],
    ['most sessions are of offline devices', 1_200, (scene) => Object.assign(blueNode(scene, 2), { sessions: 200 })],
  ])('while %s nodes are queried every %i ms', (_, pollMs, change) => {
    const step = decided('evacuate', (scene) => {
      for (const index of [0, 1, 2]) {
        Object.assign(blueNode(scene, index), { evacuating: true, connections: 33, sessions: 60 });
      }
      change(scene);
    });
    expect(step).toMatchObject({ kind: 'wait', pollMs });
  });

  test('makes the operator refresh the status each 15 s', () => {
    const evacuating = (scene: Scene) => {
      for (const index of [0, 1, 2]) blueNode(scene, index).evacuating = true;
    };
    expect(
      actionsOf(
        decided('evacuate', (scene) => {
          evacuating(scene);
          scene.at += 14_999;
        }),
      ),
    ).toEqual([]);
    expect(
      actionsOf(
        decided('evacuate', (scene) => {
          evacuating(scene);
          scene.at += 15_000;
        }),
      ),
    ).toMatchObject([{ do: 'patch-resource', heartbeat: true, why: 'refresh the status of the resource' }]);
  });

  test('goes on when every blue node is drained', () => {
    const step = decided('evacuate', (scene) => {
      for (const index of [0, 1, 2]) Object.assign(blueNode(scene, index), DRAINED);
      scene.at += 40_000;
    });
    expect(step).toEqual({
      kind: 'next',
      phase: 'retire',
      note: { evacuation: { startedAt: T0, lowerBoundMs: 36_500, connections: 3_000, drainedAt: T0 + 40_000 } },
    });
  });
});

/** What keeps a blue node from counting as drained. */
const UNDRAINED: [string, (scene: Scene) => void][] = [
  ['holds a connection', (scene) => Object.assign(blueNode(scene, 1), { connections: 1, sessions: 1 })],
  ['holds a session', (scene) => Object.assign(blueNode(scene, 1), { sessions: 1 })],
  ['does not answer', (scene) => Object.assign(blueNode(scene, 1), { unreachable: 'time-out' })],
  ['was recreated and takes devices again', (scene) => Object.assign(blueNode(scene, 1), { evacuating: false })],
  ['is absent', (scene) => scene.nodes.splice(1, 1)],
  ['is absent with its pod', (scene) => scene.pods.splice(1, 1)],
];

describe.each(UNDRAINED)('a blue node that %s', (_, change) => {
  test('keeps the run in the evacuation', () => {
    const step = decided('evacuate', (scene) => {
      for (const index of [0, 1, 2]) Object.assign(blueNode(scene, index), DRAINED);
      change(scene);
    });
    expect(step.kind).toBe('wait');
  });

  test('keeps blue from being scaled', () => {
    const step = decided('retire', change);
    expect(step).toMatchObject({ kind: 'wait', waitingFor: 'the blue nodes to be drained again' });
    expect(actionsOf(step).filter((action) => action.do === 'scale-set')).toEqual([]);
  });
});

describe('retire', () => {
  test('scales blue to 0 at once', () => {
    expect(decided('retire')).toMatchObject({
      kind: 'wait',
      waitingFor: 'blue to be scaled to 0',
      actions: [{ do: 'scale-set', set: BLUE, replicas: 0 }],
    });
  });

  test('orders a node again that was recreated, and scales nothing', () => {
    const step = decided('retire', (scene) => {
      Object.assign(blueNode(scene, 2), { connections: 7, sessions: 7, evacuating: false });
    });
    expect(started(step)).toEqual(['2@33+667']);
    expect(actionsOf(step)).toHaveLength(1);
  });

  test('scales nothing while green does not take', () => {
    const step = decided('retire', (scene) => {
      named(scene.pods, `${GREEN}-0`).ready = false;
    });
    expect(actionsOf(step)).toEqual([]);
  });

  const scaled = (scene: Scene) => {
    scene.sets[0] = set(BLUE, { replicas: 0, readyReplicas: 0 });
  };
  const gone = (scene: Scene) => {
    scaled(scene);
    scene.pods = scene.pods.filter((pod) => pod.set === GREEN);
  };

  test('waits for the pods to go', () => {
    expect(
      decided('retire', (scene) => {
        scaled(scene);
        scene.at += 60_000;
      }),
    ).toMatchObject({ kind: 'wait', waitingFor: '3 blue pods to terminate', actions: [] });
  });

  test('waits for the controllers of Kubernetes to have seen them go', () => {
    const step = decided('retire', (scene) => {
      gone(scene);
      named(scene.sets, BLUE).knownPods = 2;
    });
    expect(step).toMatchObject({ kind: 'wait', waitingFor: '2 blue pods to terminate', actions: [] });
  });

  test.each([
    ['second', 1_000, 0],
    ['second', 1_000, 8_999],
    ['5 s, once it waits itself,', 5_000, 9_000],
  ])('then makes the operator look each %s until it is at rest', (_, everyMs, idleMs) => {
    const beat = { do: 'patch-resource', why: 'have the operator check the cluster without blue' };
    const at = (ms: number) =>
      decided('retire', (scene) => {
        gone(scene);
        scene.at += ms;
        scene.idleMs = idleMs;
      });
    expect(at(everyMs - 1)).toMatchObject({ kind: 'wait', waitingFor: 'the operator to report rest', actions: [] });
    expect(at(everyMs)).toMatchObject({ kind: 'wait', waitingFor: 'the operator to report rest', actions: [beat] });
  });

  test.each<[string, (scene: Scene) => void]>([
    [
      'an upgrade is in the status',
      (scene) => {
        scene.resource.status!.blueGreenUpdateStatus = {};
      },
    ],
    [
      'a blue node is listed',
      (scene) => {
        scene.resource.status!.emqxNodes![0] = { node: nodeName(`${BLUE}-0`) };
      },
    ],
    [
      'Running is not true',
      (scene) => {
        scene.resource.status!.conditions![0]!.status = 'False';
      },
    ],
    ['there is no status', (scene) => delete scene.resource.status],
  ])('does not take it for rest while %s', (_, change) => {
    const step = decided('retire', (scene) => {
      gone(scene);
      scene.resource.status = restingStatus(GREEN);
      change(scene);
    });
    expect(step).toMatchObject({ kind: 'wait', waitingFor: 'the operator to report rest' });
  });

  test('goes on when the operator is at rest, also when blue’s set is gone', () => {
    for (const change of [
      gone,
      (scene: Scene) => {
        gone(scene);
        scene.sets.shift();
      },
    ]) {
      const step = decided('retire', (scene) => {
        change(scene);
        scene.resource.status = restingStatus(GREEN);
      });
      expect(step).toEqual({ kind: 'next', phase: 'release' });
    }
  });
});
