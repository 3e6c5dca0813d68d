import { decide } from '../../src/upgrade/decide';
import { Idleness } from '../../src/upgrade/idleness';
import type { Incident } from '../../src/upgrade/incident';
import type { Phase } from '../../src/upgrade/journal';
import type { Step } from '../../src/upgrade/step';
import {
  BLUE,
  decided,
  GREEN,
  GREEN_REVISION,
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
  T0,
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

/** The cap shared out among two blue nodes. */
const halves = (...nodes: [number, number]) =>
  nodes.map((index) => ({
    pod: `${BLUE}-${index}`,
    connectionsPerSecond: 50,
    sessionsPerSecond: 50,
    wave: 0,
    offsetMs: 500 * (index % 2),
  }));

describe('a run in which nothing moves', () => {
  test.each<[Phase, number, (scene: Scene) => void]>([
    ['green', 600_000, waitingForGreen],
    ['evacuate', 125_000, evacuating],
    ['switch', 125_000, (scene) => Object.assign(scene, { traffic: [] })],
  ])('in %s is given %i ms', (phase, ms, change) => {
    expect(idle(phase, ms, change).kind).not.toBe('stop');
  });

  test('stops in switch when a node does not answer, and says why', () => {
    const step = idle('switch', 200_000, (scene) => {
      const pods = podNames(GREEN);
      scene.traffic = [{ service: 'emqx-mqtt', byOperator: false, revision: GREEN_REVISION, pods }];
      scene.probes = new Map([[`${GREEN}-1`, { serves: false, reason: 'no answer within 3 s' }]]);
    });
    expect(step).toMatchObject({
      code: 'STALLED',
      reason: `nothing has moved for 200 s while waiting for ${GREEN}-1 to answer as a broker: ${GREEN}-1 does not answer as a broker (no answer within 3 s)`,
    });
  });

  test('stops when green does not get ready, and says which pod and why', () => {
    const step = idle('green', 600_001, (scene) => {
      waitingForGreen(scene);
      for (const pod of scene.pods) if (pod.set === GREEN) pod.containersReady = false;
      Object.assign(named(scene.pods, `${GREEN}-1`), { trouble: 'emqx: ImagePullBackOff, not found' });
    });
    expect(step).toMatchObject({
      kind: 'stop',
      code: 'GREEN_NOT_READY',
      reason: expect.stringMatching(
        /^nothing has moved for 600 s while waiting for green pods to become ready \(0 of 3\): emqx-green-0, emqx-green-2 are not ready; emqx-green-1 is not ready \(emqx: ImagePullBackOff, not found\)$/,
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
      expect(idle('green', 30_000, refused).kind).toBe('wait');
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
    expect(stay.kind).toBe('wait');
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
      scene.journal.shares = halves(1, 2);
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
      /emqx-blue-1 keeps 7 connections: clients bypass the Service, or it hangs$/,
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
    expect(idle('evacuate', 1e9, paused).kind).toBe('wait');
    expect(idle('native', 1e9, (scene) => Object.assign(scene.journal, { driver: 'operator' })).kind).not.toBe('stop');
  });
});

describe('while green cannot take devices', () => {
  test('that the routes to it have changed is noted together with the stop', () => {
    const lost = (scene: Scene) => {
      evacuating(scene);
      waitingForGreen(scene);
    };
    expect(decided('evacuate', lost)).toEqual({
      kind: 'note',
      note: { restUntil: expect.any(Number), switchedAt: undefined },
    });
  });

  test('the nodes that evict are told to stop', () => {
    const step = decided('evacuate', (scene) => {
      evacuating(scene);
      waitingForGreen(scene);
      Object.assign(scene.journal, { restUntil: scene.at + 1, switchedAt: undefined });
    });
    const actions = step.kind === 'wait' ? step.actions.filter(({ do: what }) => what !== 'patch-resource') : [];
    expect(actions.map((action) => action.do)).toEqual(Array(3).fill('stop-evacuation'));
    expect(step).toMatchObject({ waitingFor: 'green to be ready again before more is evicted' });
  });

  test('new routes to it get their time before more is evicted', () => {
    const regained = (ms: number | undefined) =>
      decided('evacuate', (scene) => {
        scene.journal.switchedAt = ms === undefined ? undefined : scene.at - ms;
      });
    expect(regained(undefined)).toEqual({ kind: 'note', note: { switchedAt: T0 } });
    const orders = (step: Step) => (step.kind === 'wait' ? step.actions.map(({ do: what }) => what) : undefined);
    expect(orders(regained(1_499))).not.toContain('start-evacuation');
    expect(regained(1_499)).toMatchObject({ kind: 'wait', pollMs: 1 });
    expect(orders(regained(1_500))).toContain('start-evacuation');
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
  expect(resting).toMatchObject({ kind: 'wait', actions: [] });
});

describe('devices that are away', () => {
  const halt = (at: number, more: Partial<Incident> = {}): Incident => ({
    kind: 'devices-away',
    at,
    subjects: [],
    what: 'more than 100 devices were offline at a time',
    devicesAway: 500,
    ...more,
  });
  const away =
    (count: number, evicting: boolean, change: (scene: Scene) => void = () => {}) =>
    (scene: Scene) => {
      scene.journal.limits.offlineBudget = 100;
      scene.journal.evacuation = { startedAt: scene.at, lowerBoundMs: 1, connections: 3_000 };
      scene.journal.fleet = { at: scene.at, devices: 3_000 };
      for (const name of podNames(BLUE))
        Object.assign(named(scene.nodes, name), { connections: 500, sessions: 500, evacuating: evicting });
      const arrived = 1_500 - count;
      podNames(GREEN).forEach((name, index) => {
        Object.assign(named(scene.nodes, name), { connections: index === 0 ? arrived : 0, sessions: arrived });
      });
      change(scene);
    };
  const halted =
    (agoMs: number, more: Partial<Incident> = {}) =>
    (scene: Scene) => {
      scene.journal.restUntil = scene.at + 1;
      scene.journal.incidents = [halt(scene.at - agoMs, more)];
    };
  const orders = (step: Step) =>
    step.kind === 'wait' ? step.actions.map((action) => action.do).filter((what) => what !== 'patch-resource') : [];

  test('may be as many as the budget', () => {
    expect(decided('evacuate', away(100, true))).toMatchObject({
      kind: 'wait',
      waitingFor: 'the blue nodes to be drained',
    });
  });

  test('are noted as an incident when they are more, and nodes that evict are told to stop', () => {
    const step = decided('evacuate', away(101, true));
    expect(step).toEqual({
      kind: 'note',
      note: { incidents: [halt(T0, { devicesAway: 101 })], restUntil: expect.any(Number) },
      warning: 'more than 100 devices were offline at a time: no more devices are disconnected until that is over',
    });
    expect(orders(decided('evacuate', away(101, true, halted(0))))).toEqual(Array(3).fill('stop-evacuation'));
  });

  test('nodes that have only sessions left go on moving them', () => {
    const step = decided(
      'evacuate',
      away(101, true, (scene) => {
        halted(0)(scene);
        Object.assign(named(scene.nodes, `${BLUE}-0`), { connections: 0 });
        Object.assign(named(scene.nodes, `${BLUE}-1`), { connections: 1_000 });
      }),
    );
    expect(orders(step)).toEqual(Array(2).fill('stop-evacuation'));
  });

  test('are counted by what the nodes say of this moment, where they do', () => {
    const fresh = away(500, true, (scene) => {
      // Their other numbers are 2 s old, or count sessions that were moved.
      Object.assign(named(scene.nodes, `${GREEN}-0`), { live: 1_450 });
    });
    expect(decided('evacuate', fresh).kind).toBe('wait');
  });

  test.each<[string, number, number, boolean]>([
    ['at once, below four fifths of a budget that somebody chose', 80, 0, true],
    ['not above that', 81, 0, false],
  ])('others follow %s', (_, count, agoMs, expected) => {
    const step = decided('evacuate', away(count, false, halted(agoMs)));
    expect(step.kind).toBe(expected ? 'note' : 'wait');
    if (expected) {
      expect(step).toMatchObject({
        note: { incidents: [{ endedAt: T0, devicesAway: 500 }] },
        warning: 'more than 100 devices were offline at a time: that is over; at most 500 devices were offline',
      });
    }
  });

  test.each<[string, number, number, boolean]>([
    ['when nearly all are back', 16, 1_000, true],
    ['not before, as a node may hang whose probe is still waited for', 17, 9_999, false],
    ['later below four fifths: the rest may never come back', 128, 10_000, true],
    ['not above that', 129, 10_000, false],
  ])('with the default budget, 160 of them, others follow %s', (_, count, agoMs, expected) => {
    const step = decided(
      'evacuate',
      away(count, false, (scene) => {
        halted(agoMs)(scene);
        delete scene.journal.limits.offlineBudget;
      }),
    );
    expect(step.kind).toBe(expected ? 'note' : 'wait');
  });

  test.each<[string, number, number, Partial<Incident>, number | undefined]>([
    ['is learned from a halt in which every node answered', 10, 6_000, {}, 6_000],
    ['is not learned from one in which a node was silent', 10, 6_000, { kind: 'node-silent' }, undefined],
    ['is not learned while some are still missing', 100, 11_000, {}, undefined],
    ['is learned where they take longer than that', 100, 13_000, {}, 13_000],
    ['is 15 s at most', 10, 60_000, {}, 15_000],
  ])('how long they take %s', (_, count, agoMs, more, returnMs) => {
    const step = decided(
      'evacuate',
      away(count, false, (scene) => {
        halted(agoMs, more)(scene);
        delete scene.journal.limits.offlineBudget;
      }),
    );
    expect(step.kind === 'note' && step.note.returnMs).toBe(returnMs);
  });

  test('that do not come back end the run', () => {
    const step = idle('evacuate', 200_000, away(500, false, halted(100_000)));
    expect(step).toMatchObject({
      code: 'STALLED',
      reason:
        'nothing has moved for 200 s while waiting for devices to reconnect: more than 100 are offline: they do not; find out why before more are disconnected',
    });
  });

  test('may be any number where the budget is lifted', () => {
    const step = decided(
      'evacuate',
      away(1_500, true, (scene) => {
        scene.journal.limits.offlineBudget = 'none';
      }),
    );
    expect(step.kind).toBe('wait');
    expect(orders(step)).toEqual([]);
  });

  test.each<[string, number, number, object | undefined]>([
    ['those on their way count as present', 40, 60_000, undefined],
    ['others have left for reasons of their own', 98, 60_000, { devices: 3_000 }],
    ['not more often', 98, 59_999, undefined],
    ['those that came are added', -500, 60_000, { devices: 3_600 }],
  ])('the fleet is counted again each minute: %s', (_, count, agoMs, fleet) => {
    const step = decided(
      'evacuate',
      away(count, true, (scene) => {
        scene.journal.fleet = { at: scene.at - agoMs, devices: 3_000 };
        scene.journal.connectionCap = count === 98 ? 50 : 100;
      }),
    );
    const expected = count === 98 && fleet ? { devices: 2_952 } : fleet;
    expect(step.kind === 'note' ? step.note.fleet : undefined).toEqual(expected && { at: T0, ...expected });
  });
});

describe('a node that is to take devices and does not answer as a broker', () => {
  const silent =
    (serves: boolean | undefined, evicting = true, change: (scene: Scene) => void = () => {}) =>
    (scene: Scene) => {
      for (const name of podNames(BLUE)) Object.assign(named(scene.nodes, name), { evacuating: evicting });
      scene.probes = new Map(podNames(GREEN).map((name) => [name, { serves: true }]));
      scene.probes.set(`${GREEN}-1`, serves === false ? { serves, reason: 'no answer within 3 s' } : { serves });
      change(scene);
    };
  const incident: Incident = {
    kind: 'node-silent',
    at: T0,
    subjects: [`${GREEN}-1`],
    what: `${GREEN}-1 does not answer as a broker (no answer within 3 s)`,
    devicesAway: 0,
  };
  const noted =
    (more: Partial<Incident> = {}) =>
    (scene: Scene) => {
      scene.journal.restUntil = scene.at + 1;
      scene.journal.incidents = [{ ...incident, ...more }];
    };

  test('is an incident, and stops what evicts until it answers', () => {
    expect(decided('evacuate', silent(false))).toEqual({
      kind: 'note',
      note: { incidents: [incident], restUntil: expect.any(Number) },
      warning: `${incident.what}: no more devices are disconnected until that is over`,
    });
    const step = decided('evacuate', silent(false, true, noted()));
    expect(step).toMatchObject({ waitingFor: `${GREEN}-1 to answer as a broker` });
    expect(step.kind === 'wait' && step.actions.filter(({ do: what }) => what === 'stop-evacuation')).toHaveLength(3);
  });

  test('is the reason of a halt that has begun because devices are away', () => {
    const begun = noted({ kind: 'devices-away', subjects: [], what: 'more than 160 devices were offline at a time' });
    expect(decided('evacuate', silent(false, true, begun))).toMatchObject({
      note: { incidents: [{ kind: 'node-silent', at: T0, subjects: [`${GREEN}-1`], what: incident.what }] },
    });
  });

  test('is over when it answers, and soon after that it is the same incident', () => {
    expect(decided('evacuate', silent(true, false, noted()))).toMatchObject({
      note: { incidents: [{ ...incident, endedAt: T0 }] },
      warning: `${incident.what}: that is over; at most 0 devices were offline`,
    });
    const again = decided('evacuate', silent(false, true, noted({ endedAt: T0 - 5_000 })));
    expect(again).toMatchObject({ note: { incidents: [{ at: T0, endedAt: undefined }] } });
  });

  test('gets nobody before this process has had its first answer, and nothing that evicts is stopped for that', () => {
    const starting = decided('evacuate', silent(undefined, false));
    expect(starting.kind === 'wait' && starting.actions.map((action) => action.do)).not.toContain('start-evacuation');
    const evicting = decided('evacuate', silent(undefined, true));
    expect(evicting.kind === 'wait' && evicting.actions.map((action) => action.do)).not.toContain('stop-evacuation');
    const answered = decided('evacuate', silent(true, false));
    expect(answered.kind === 'wait' && answered.actions.map((action) => action.do)).toContain('start-evacuation');
  });

  test('keeps blue where it is', () => {
    const kept = (serves: boolean | undefined) =>
      decided('retire', (scene) => silent(serves, true, (each) => void each)(scene));
    expect(kept(true)).toMatchObject({ actions: [{ do: 'scale-set' }] });
    for (const serves of [false, undefined]) expect(kept(serves)).not.toMatchObject({ actions: [{ do: 'scale-set' }] });
  });

  test('ends a run that waits for it in vain, by name', () => {
    const step = idle('evacuate', 200_000, silent(false, false, noted()));
    expect(step).toMatchObject({
      code: 'STALLED',
      reason: expect.stringMatching(/: emqx-green-1 does not answer as a broker \(no answer within 3 s\)$/),
    });
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
    expect(decided('evacuate', lost)).toEqual({ kind: 'note', note: { lostPods: 1 }, warning: reason });
    const known = (scene: Scene) => {
      lost(scene);
      scene.journal.lostPods = 1;
      scene.journal.shares = halves(0, 1);
    };
    expect(decided('evacuate', known)).toMatchObject({ kind: 'wait', waitingFor: 'the blue nodes to be drained' });
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
    idleness.observe(journal({ phase: 'evacuate' }), waitingFor, observationOf(scene));
    return idleness.ms;
  };

  test('grows while nothing moves, and starts over when something does', () => {
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
