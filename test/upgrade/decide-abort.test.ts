import { HOLD_DELAY_SECONDS } from '../../src/resource';
import type { Phase } from '../../src/upgrade/journal';
import type { Step } from '../../src/upgrade/step';
import { digestOf } from '../../src/upgrade/target';
import {
  BLUE,
  BLUE_REVISION,
  DRAINED,
  decided,
  delayStatus,
  GREEN,
  named,
  nodeName,
  podNames,
  resource,
  type Scene,
  set,
} from './fixtures';

const OLD = resource({ version: '4.4.14', delaySeconds: HOLD_DELAY_SECONDS });

/** In the middle of the evacuation somebody has aborted; the template is the old one again. */
const onTheWayBack = (phase: Phase, change: (scene: Scene) => void = () => {}): Step =>
  decided('evacuate', (scene) => {
    scene.resource = { ...OLD, status: delayStatus() };
    Object.assign(scene.journal, {
      phase,
      aborted: { at: 1, phase: 'evacuate' },
      shares: undefined,
      evacuation: undefined,
    });
    scene.journal.from.digest = digestOf(OLD);
    scene.journal.began.switch = 1;
    scene.traffic = [{ service: 'emqx-mqtt', byOperator: false, revision: BLUE_REVISION, pods: podNames(BLUE) }];
    change(scene);
  });

describe('revert', () => {
  test('gives the old template back', () => {
    const step = onTheWayBack('revert', (scene) => {
      scene.resource = { ...resource({ version: '4.4.15', delaySeconds: HOLD_DELAY_SECONDS }), status: delayStatus() };
    });
    expect(step).toMatchObject({ kind: 'wait', actions: [{ do: 'revert-resource', run: 'run-1' }] });
  });

  test('goes on when it is there, and held', () => {
    expect(onTheWayBack('revert')).toEqual({ kind: 'next', phase: 'switch-back' });
  });

  test('goes on although the operator has removed one old pod, and back to the end when all are gone', () => {
    const with_ = (replicas: number) => (scene: Scene) => {
      scene.sets = [set(BLUE, { replicas }), set(GREEN)];
    };
    expect(onTheWayBack('revert', with_(2))).toMatchObject({ kind: 'next', phase: 'switch-back' });
    expect(onTheWayBack('revert', with_(0))).toMatchObject({
      kind: 'next',
      phase: 'retire',
      note: { aborted: undefined },
    });
  });
});

describe('switch-back', () => {
  const actions = (step: Step) => (step.kind === 'wait' ? step.actions : []);

  test('stops what evacuates on blue before it leads anybody there', () => {
    const step = onTheWayBack('switch-back', (scene) => {
      Object.assign(named(scene.nodes, `${BLUE}-1`), { evacuating: true });
      scene.traffic[0]!.revision = 'green';
    });
    expect(actions(step)).toEqual([{ do: 'stop-evacuation', pod: `${BLUE}-1`, node: nodeName(`${BLUE}-1`) }]);
  });

  test.each<[string, (scene: Scene) => void]>([
    ['is silent', (scene) => Object.assign(named(scene.nodes, `${BLUE}-1`), { unreachable: 'time-out' })],
    ['is not known', (scene) => Object.assign(scene, { nodes: scene.nodes.filter(({ pod }) => pod !== `${BLUE}-1`) })],
  ])('waits for a node that %s: it may refuse devices', (_, change) => {
    const step = onTheWayBack('switch-back', (scene) => {
      change(scene);
      scene.traffic[0]!.revision = 'green';
    });
    expect(step).toMatchObject({ kind: 'wait', waitingFor: 'every blue node to answer', actions: [] });
  });

  test('recreates what a released operator has removed', () => {
    const step = onTheWayBack('switch-back', (scene) => {
      scene.sets = [set(BLUE, { replicas: 2 }), set(GREEN)];
    });
    expect(actions(step)).toEqual([{ do: 'scale-set', set: BLUE, replicas: 3 }]);
  });
});

describe('return', () => {
  test('stops an evacuation on blue, and starts none on green meanwhile', () => {
    const step = onTheWayBack('return', (scene) => {
      for (const name of podNames(GREEN)) Object.assign(named(scene.nodes, name), { connections: 5, sessions: 5 });
      const shares = podNames(GREEN).map((pod) => ({
        pod,
        connectionsPerSecond: 1,
        sessionsPerSecond: 1,
        offsetMs: 0,
        wave: 0,
      }));
      Object.assign(scene.journal, { shares, evacuation: { startedAt: 1, lowerBoundMs: 1 } });
      Object.assign(named(scene.nodes, `${BLUE}-0`), { evacuating: true });
    });
    const done = step.kind === 'wait' ? step.actions.filter(({ do: what }) => what !== 'patch-resource') : [];
    expect(done).toEqual([{ do: 'stop-evacuation', pod: `${BLUE}-0`, node: nodeName(`${BLUE}-0`) }]);
  });

  test('has nothing to do when green was never behind a Service', () => {
    const step = onTheWayBack('return', (scene) => {
      delete scene.journal.began.switch;
    });
    expect(step).toEqual({ kind: 'next', phase: 'retire-green' });
  });

  test('empties green nodes that seem to have nobody: what they tell may be seconds old', () => {
    const step = onTheWayBack('return', (scene) => {
      for (const name of podNames(GREEN)) Object.assign(named(scene.nodes, name), { connections: 0, sessions: 0 });
    });
    expect(step).toMatchObject({ kind: 'note', note: { shares: [{}, {}, {}] } });
  });
});

describe('retire-green', () => {
  const empty = (scene: Scene) => {
    for (const name of podNames(GREEN)) Object.assign(named(scene.nodes, name), DRAINED);
  };

  test('removes green when nobody is on it', () => {
    expect(onTheWayBack('retire-green', empty)).toMatchObject({
      actions: [{ do: 'scale-set', set: GREEN, replicas: 0 }],
    });
  });

  test('removes nothing while a green node does not answer', () => {
    const step = onTheWayBack('retire-green', (scene) => {
      empty(scene);
      Object.assign(named(scene.nodes, `${GREEN}-2`), { unreachable: 'time-out' });
    });
    expect(step).toMatchObject({ waitingFor: 'every green node to answer', actions: [] });
  });
});

test('retire reports a pod that the operator has removed, and goes on with the others', () => {
  const lost = (scene: Scene) => {
    scene.sets = [set(BLUE, { replicas: 2 }), set(GREEN)];
    scene.pods = scene.pods.filter(({ name }) => name !== `${BLUE}-2`);
    scene.nodes = scene.nodes.filter(({ pod }) => pod !== `${BLUE}-2`);
    for (const node of scene.nodes) if (node.pod.startsWith(BLUE)) Object.assign(node, DRAINED);
  };
  const retire = (change: (scene: Scene) => void) =>
    decided('evacuate', (scene) => {
      scene.journal.phase = 'retire';
      change(scene);
    });
  expect(retire(lost)).toMatchObject({
    kind: 'note',
    note: { lostPods: 1 },
    warning: 'the operator was released for a moment and has removed 1 of 3 old pods, which were drained',
  });
  expect(
    retire((scene) => {
      lost(scene);
      scene.journal.lostPods = 1;
    }),
  ).toMatchObject({ actions: [{ do: 'scale-set', set: BLUE, replicas: 0 }] });
});
