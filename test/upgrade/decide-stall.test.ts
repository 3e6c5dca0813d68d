import { decide, type Step } from '../../src/upgrade/decide';
import { Idleness } from '../../src/upgrade/idleness';
import type { Phase } from '../../src/upgrade/journal';
import {
  BLUE,
  decided,
  GREEN,
  journal,
  named,
  node,
  nodeName,
  observationOf,
  podNames,
  type Scene,
  sceneAt,
  set,
  situationOf,
} from './fixtures';

/** What is decided when nothing has moved for so long. */
const idle = (phase: Phase, idleMs: number, change: (scene: Scene) => void = () => {}): Step =>
  decided(phase, (scene) => {
    scene.idleMs = idleMs;
    change(scene);
  });

const waitingForGreen = (scene: Scene) => {
  for (const name of podNames(GREEN)) Object.assign(named(scene.pods, name), { ready: false });
  scene.sets = scene.sets.map((each) => (each.name === GREEN ? set(GREEN, { readyReplicas: 0 }) : each));
};
const evacuating = (scene: Scene) => {
  for (const name of podNames(BLUE)) Object.assign(named(scene.nodes, name), { evacuating: true });
};

describe('a run in which nothing moves', () => {
  test.each<[Phase, number, (scene: Scene) => void]>([
    ['green', 600_000, waitingForGreen],
    ['evacuate', 125_000, evacuating],
    ['switch', 125_000, (scene) => Object.assign(scene, { traffic: [] })],
  ])('in %s is given %i ms', (phase, ms, change) => {
    expect(idle(phase, ms, change).kind).not.toBe('stop');
  });

  test('stops when green does not get ready, and says which pod and why', () => {
    const step = idle('green', 600_001, (scene) => {
      waitingForGreen(scene);
      Object.assign(named(scene.pods, `${GREEN}-1`), { trouble: 'emqx: ImagePullBackOff, not found' });
    });
    expect(step).toMatchObject({
      kind: 'stop',
      code: 'GREEN_NOT_READY',
      reason: expect.stringMatching(
        /^nothing has moved for 600 s while waiting for green pods to become ready \(0 of 3\): emqx-green-0 is not ready; emqx-green-1 is not ready \(emqx: ImagePullBackOff, not found\); emqx-green-2/,
      ),
      actions: [],
    });
  });

  describe('because the API server refuses pods of the new set', () => {
    const sentence = 'pods "emqx-green-0" is forbidden: exceeded quota: compute';
    const refused = (scene: Scene) => {
      scene.sets = [set(BLUE), set(GREEN, { readyReplicas: 0, creationTrouble: sentence })];
      scene.pods = scene.pods.filter((each) => each.set === BLUE || each.name === `${GREEN}-2`);
    };

    test('is given 30 s, and ends with its sentence', () => {
      expect(idle('green', 30_000, refused).kind).toBe('stay');
      expect(idle('green', 30_001, refused)).toMatchObject({
        kind: 'stop',
        code: 'GREEN_NOT_READY',
        reason: `nothing has moved for 30 s while waiting for green pods to become ready (1 of 3): 2 of 3 pods of ${GREEN} were not created: ${sentence}`,
      });
    });

    test('is given no more than the user gives it', () => {
      const step = idle('green', 10_001, (scene) => {
        refused(scene);
        scene.journal.limits.readyMs = 10_000;
      });
      expect(step.kind).toBe('stop');
    });
  });

  test('ends at once when the API server refuses again and again what is to be done, with its sentence', () => {
    const refusal = 'services "emqx-mqtt" is forbidden: selectors of Services are frozen';
    const scene = sceneAt('pin');
    const stay = decide({ ...situationOf(scene), refusal: undefined });
    expect(stay.kind).toBe('stay');
    expect(decide({ ...situationOf(scene), refusal })).toMatchObject({
      kind: 'stop',
      code: 'WRITE_REFUSED',
      reason: `the API server refuses what is needed for only blue pods behind the traffic Service: ${refusal}`,
    });
    scene.journal.limits.onFailure = 'abort';
    scene.journal.from.digest = 'known';
    expect(decide({ ...situationOf(scene), refusal })).toMatchObject({ kind: 'next', phase: 'release' });
  });

  test('tells the nodes to stand still before it ends', () => {
    const step = idle('evacuate', 200_000, (scene) => {
      evacuating(scene);
      Object.assign(named(scene.nodes, `${BLUE}-0`), { connections: 0, sessions: 0 });
    });
    expect(step).toMatchObject({
      kind: 'stop',
      code: 'STALLED',
      actions: [1, 2].map((index) => ({
        do: 'stop-evacuation',
        pod: `${BLUE}-${index}`,
        node: nodeName(`${BLUE}-${index}`),
      })),
    });
  });

  test.each<[string, object, RegExp]>([
    ['does not answer', { unreachable: 'time-out' }, /emqx-blue-1 does not answer: time-out$/],
    [
      'keeps its connections',
      { connections: 7 },
      /emqx-blue-1 keeps 7 connections: clients come to it past the Service, or it hangs$/,
    ],
    [
      'keeps its sessions',
      { connections: 0, sessions: 9 },
      /emqx-blue-1 keeps 9 sessions: no node takes them, or moving them hangs$/,
    ],
  ])('names the node that %s', (_, change, reason) => {
    const step = idle('evacuate', 200_000, (scene) => {
      evacuating(scene);
      for (const name of podNames(BLUE)) Object.assign(named(scene.nodes, name), { connections: 0, sessions: 0 });
      Object.assign(named(scene.nodes, `${BLUE}-1`), change);
    });
    expect(step).toMatchObject({ kind: 'stop', reason: expect.stringMatching(reason) });
  });

  test('goes back where that was asked for', () => {
    const step = idle('evacuate', 200_000, (scene) => {
      evacuating(scene);
      scene.journal.limits.onFailure = 'abort';
      scene.journal.from.digest = 'old';
    });
    expect(step).toMatchObject({ kind: 'next', phase: 'revert', note: { aborted: { phase: 'evacuate' } } });
  });

  test('waits for ever while it is paused, and where the operator is on its own', () => {
    const paused = (scene: Scene) => Object.assign(scene.journal, { paused: { since: 1 } });
    expect(idle('evacuate', 1e9, paused).kind).toBe('stay');
    expect(idle('native', 1e9, (scene) => Object.assign(scene.journal, { driver: 'operator' })).kind).not.toBe('stop');
  });
});

describe('while green cannot take devices', () => {
  test('the nodes that evict are told to stop', () => {
    const step = decided('evacuate', (scene) => {
      evacuating(scene);
      waitingForGreen(scene);
      scene.journal.restUntil = scene.at + 1;
    });
    const actions = step.kind === 'stay' ? step.actions.filter(({ do: what }) => what !== 'patch-resource') : [];
    expect(actions.map((action) => action.do)).toEqual(Array(3).fill('stop-evacuation'));
    expect(step).toMatchObject({ waitingFor: 'green to be ready again before more is evicted' });
  });
});

test('it is noted first that nodes are stopped, so that none is started in the same second', () => {
  const step = decided('evacuate', (scene) => {
    evacuating(scene);
    waitingForGreen(scene);
  });
  expect(step).toEqual({ kind: 'note', note: { restUntil: expect.any(Number) } });
  const resting = decided('evacuate', (scene) => {
    scene.journal.restUntil = scene.at + 1;
  });
  expect(resting).toMatchObject({ kind: 'stay', actions: [] });
});

describe('devices that are away', () => {
  const away =
    (count: number, evicting: boolean, budget = 100) =>
    (scene: Scene) => {
      scene.journal.limits.offlineBudget = budget;
      if (evicting) scene.journal.restUntil = scene.at + 1;
      scene.journal.evacuation = { startedAt: scene.at, lowerBoundMs: 1, connections: 3_000 };
      for (const name of podNames(BLUE))
        Object.assign(named(scene.nodes, name), { connections: 500, sessions: 500, evacuating: evicting });
      const arrived = 1_500 - count;
      podNames(GREEN).forEach((name, index) => {
        Object.assign(named(scene.nodes, name), { connections: index === 0 ? arrived : 0, sessions: arrived });
      });
    };
  const orders = (step: Step) =>
    step.kind === 'stay' ? step.actions.map((action) => action.do).filter((what) => what !== 'patch-resource') : [];

  test.each<[number, boolean, string[]]>([
    [100, true, []],
    [101, true, Array(3).fill('stop-evacuation')],
    [81, false, []],
    [80, false, Array(3).fill('start-evacuation')],
  ])('%i of a budget of 100, evicting: %s', (count, evicting, expected) => {
    expect(orders(decided('evacuate', away(count, evicting)))).toEqual(expected);
  });

  test('that do not come back end the run', () => {
    const step = idle('evacuate', 200_000, away(500, false));
    expect(step).toMatchObject({
      code: 'STALLED',
      reason:
        'nothing has moved for 200 s while waiting for devices to come back: more than 100 are away: they do not; find out why before more are sent away',
    });
  });

  test('may be any number where there is no budget', () => {
    const step = decided('evacuate', (scene) => {
      away(1_500, true)(scene);
      delete scene.journal.limits.offlineBudget;
    });
    expect(orders(step)).toEqual([]);
  });
});

describe('old pods that the operator removed because it was released for a moment', () => {
  const lost = (scene: Scene) => {
    evacuating(scene);
    scene.sets = scene.sets.map((each) => (each.name === BLUE ? set(BLUE, { replicas: 2, readyReplicas: 2 }) : each));
    scene.pods = scene.pods.filter((pod) => pod.name !== `${BLUE}-2`);
    scene.nodes = scene.nodes.filter((each) => each.pod !== `${BLUE}-2`);
  };
  const reason =
    'the operator was released for a moment and has removed 1 of 3 old pods, with the sessions that were on them';

  test('are reported once, and the run goes on with those that are left', () => {
    expect(decided('evacuate', lost)).toEqual({ kind: 'note', note: { lostPods: 1 }, say: reason });
    const known = (scene: Scene) => {
      lost(scene);
      scene.journal.lostPods = 1;
    };
    expect(decided('evacuate', known)).toMatchObject({ kind: 'stay', waitingFor: 'the blue nodes to be drained' });
    const drained = (scene: Scene) => {
      known(scene);
      for (const each of scene.nodes) if (each.evacuating) Object.assign(each, { connections: 0, sessions: 0 });
    };
    expect(decided('evacuate', drained)).toMatchObject({ kind: 'next', phase: 'retire' });
  });

  test('end the run where that was asked for, once', () => {
    const step = decided('evacuate', (scene) => {
      lost(scene);
      scene.journal.limits.onLoss = 'stop';
    });
    expect(step).toMatchObject({ kind: 'stop', code: 'PODS_LOST', reason, note: { lostPods: 1 } });
  });
});

describe('idleness', () => {
  const seen = (idleness: Idleness, at: number, connections: number, waitingFor = 'x') => {
    const scene = sceneAt('evacuate');
    scene.at = at;
    scene.nodes = podNames(BLUE).map((name) => node(name, { connections, sessions: connections }));
    idleness.see(journal({ phase: 'evacuate' }), waitingFor, observationOf(scene));
    return idleness.ms;
  };

  test('grows while nothing moves, and begins anew when something does', () => {
    const idleness = new Idleness();
    expect(seen(idleness, 1_000, 10)).toBe(0);
    expect(seen(idleness, 2_000, 10)).toBe(1_000);
    expect(seen(idleness, 3_000, 12)).toBe(2_000); // more is no progress
    expect(seen(idleness, 4_000, 11)).toBe(3_000);
    expect(seen(idleness, 5_000, 9)).toBe(0);
    expect(seen(idleness, 6_000, 9)).toBe(1_000);
    expect(seen(idleness, 7_000, 9, 'y')).toBe(0);
  });

  test('does not count a time in which nothing was seen', () => {
    const idleness = new Idleness();
    seen(idleness, 0, 10);
    expect(seen(idleness, 600_000, 10)).toBe(5_000);
  });
});
