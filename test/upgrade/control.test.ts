import { type Control, controlText, parseControl } from '../../src/upgrade/control';
import type { Step } from '../../src/upgrade/step';
import { BLUE, decided, named, nodeName, podNames, type Scene, set } from './fixtures';

describe('the words of a request', () => {
  test.each<[string, Control]>([
    ['pause', { do: 'pause' }],
    ['resume', { do: 'resume' }],
    [' abort\n', { do: 'abort' }],
    ['rate=1', { do: 'rate', perSecond: 1 }],
    ['rate=250', { do: 'rate', perSecond: 250 }],
  ])('%j', (text, control) => {
    expect(parseControl(text)).toEqual(control);
    expect(parseControl(controlText(control))).toEqual(control);
  });

  test.each(['', 'Pause', 'rate', 'rate=0', 'rate=-1', 'rate=1.5', 'rate=1e3', 'rate=9999999999', 'stop'])(
    '%j is none',
    (text) => {
      expect(parseControl(text)).toBeUndefined();
    },
  );
});

/** What the engine decides in a phase when somebody asks for this. */
const asked = (
  request: string,
  change: (scene: Scene) => void = () => {},
  phase: Parameters<typeof decided>[0] = 'evacuate',
) =>
  decided(phase, (scene) => {
    change(scene);
    Object.assign(scene, { asked: request });
  });

describe('a request', () => {
  test('is taken up before anything else, and removed in the same write', () => {
    expect(asked('pause')).toEqual({ kind: 'note', note: { paused: { since: expect.any(Number) } }, answers: 'pause' });
  });

  test('that is made twice changes nothing', () => {
    const twice = (scene: Scene) => Object.assign(scene.journal, { paused: { since: 7 } });
    expect(asked('pause', twice)).toMatchObject({ note: { paused: { since: 7 } } });
    expect(asked('resume')).toMatchObject({ note: { paused: undefined, pausedMs: 0 } });
  });

  test('that is not known is removed, with the reason', () => {
    expect(asked('halt')).toMatchObject({
      kind: 'note',
      note: { refused: { request: 'halt', reason: 'use pause, resume, rate=<number> or abort' } },
      answers: 'halt',
      warning: 'the request "halt" is rejected: use pause, resume, rate=<number> or abort',
    });
  });

  const reason = (step: Step) => (step.kind === 'note' ? step.note.refused?.reason : undefined);

  test.each<[string, (scene: Scene) => void, RegExp]>([
    ['twice', (scene) => Object.assign(scene.journal, { aborted: { at: 1, phase: 'green' } }), /already being aborted/],
    ['without a known template', (scene) => delete scene.journal.from.digest, /is not known$/],
    [
      'after blue is gone',
      (scene) => Object.assign(scene, { sets: [set(BLUE, { replicas: 0 })] }),
      /to go back, run an upgrade to version 4\.4\.14, with --accept-downgrade/,
    ],
  ])('to abort %s is refused', (_, change, expected) => {
    const known = (scene: Scene) => {
      scene.journal.from.digest = 'old';
      change(scene);
    };
    expect(reason(asked('abort', known))).toMatch(expected);
  });

  test('to an operator that upgrades on its own is refused', () => {
    expect(reason(asked('pause', (scene) => Object.assign(scene.journal, { driver: 'operator' })))).toMatch(
      /no such request/,
    );
  });

  test('for another rate stops what evicts before it is started again', () => {
    const step = asked('rate=9', (scene) => {
      for (const index of [0, 1, 2]) named(scene.nodes, `${BLUE}-${index}`).evacuating = true;
      Object.assign(named(scene.nodes, `${BLUE}-0`), { connections: 0, sessions: 0 });
    });
    if (step.kind !== 'note') throw new Error('a note was expected');
    expect(step.note).toMatchObject({ connectionCap: 9, restart: [`${BLUE}-1`, `${BLUE}-2`] });
    expect(step.note.shares?.reduce((sum, part) => sum + part.connectionsPerSecond, 0)).toBe(9);

    const noted = (scene: Scene) => {
      Object.assign(scene.journal, step.note);
      Object.assign(named(scene.nodes, `${BLUE}-0`), { evacuating: true, connections: 0, sessions: 0 });
    };
    const restarting = (scene: Scene) => {
      noted(scene);
      named(scene.nodes, `${BLUE}-1`).evacuating = true;
    };
    expect(decided('evacuate', restarting)).toMatchObject({
      actions: [{ do: 'stop-evacuation', pod: `${BLUE}-1`, node: nodeName(`${BLUE}-1`) }],
    });
    expect(decided('evacuate', noted)).toEqual({
      kind: 'note',
      note: { restart: undefined, restUntil: expect.any(Number) },
    });
  });
});

describe('another rate while a node does not answer', () => {
  const silent = `${BLUE}-1`;
  const hang = (scene: Scene) => {
    for (const index of [0, 1, 2]) named(scene.nodes, `${BLUE}-${index}`).evacuating = index !== 1;
    named(scene.nodes, silent).unreachable = 'time-out';
  };
  const restarting = (change: (scene: Scene) => void) =>
    decided('evacuate', (scene) => {
      hang(scene);
      scene.journal.restart = [silent];
      for (const index of [0, 2]) named(scene.nodes, `${BLUE}-${index}`).evacuating = false;
      change(scene);
    });

  test('it is to be stopped, too: it may evict at the old one', () => {
    expect(asked('rate=9', hang)).toMatchObject({ note: { restart: [`${BLUE}-0`, silent, `${BLUE}-2`] } });
  });

  test('nothing is started before it answers, and then it is stopped first', () => {
    const waiting = restarting(() => {});
    expect(waiting).toMatchObject({
      kind: 'wait',
      waitingFor: `${silent} to answer, and to be stopped: the rates have changed`,
    });
    expect(waiting).not.toMatchObject({
      actions: expect.arrayContaining([expect.objectContaining({ do: 'start-evacuation' })]),
    });
    const answering = restarting((scene) =>
      Object.assign(named(scene.nodes, silent), { unreachable: undefined, evacuating: true }),
    );
    expect(answering).toMatchObject({ actions: [{ do: 'stop-evacuation', pod: silent }] });
  });

  test('a process that has ended is not waited for', () => {
    const ended = restarting((scene) => Object.assign(named(scene.pods, silent), { containersReady: false }));
    expect(ended).toMatchObject({ kind: 'note', note: { restart: undefined } });
  });
});

test('an abort ends a pause, which is counted', () => {
  const paused = (scene: Scene) => {
    scene.journal.from.digest = 'old';
    Object.assign(scene.journal, { paused: { since: scene.at - 9_000 }, pausedMs: 1_000 });
  };
  expect(asked('abort', paused)).toMatchObject({ kind: 'next', note: { paused: undefined, pausedMs: 10_000 } });
});

test('an abort notes how many devices had been moved, as far as all nodes answer', () => {
  const midway = (isSilent: boolean) => (scene: Scene) => {
    scene.journal.from.digest = 'old';
    scene.journal.evacuation = { startedAt: 1, lowerBoundMs: 1, moving: 3_000, connections: 3_000 };
    for (const node of scene.nodes)
      Object.assign(node, { connections: 300, ...(isSilent && { unreachable: 'silent' }) });
  };
  expect(asked('abort', midway(false))).toMatchObject({ note: { aborted: { phase: 'evacuate', moved: 2_100 } } });
  expect(asked('abort', midway(true))).not.toHaveProperty('note.aborted.moved');
});

test.each([
  ['that does not answer', 1_000, { unreachable: 'timeout' }],
  ['that evicts', 1_000, { evacuating: true }],
  ['that stands still', 4_000, {}],
])('a paused run asks a node %s again after at most %i ms', (_, pollMs, change) => {
  const step = decided('evacuate', (scene) => {
    scene.journal.paused = { since: 1 };
    Object.assign(named(scene.nodes, `${BLUE}-0`), change);
  });
  expect(step).toMatchObject({ kind: 'wait', pollMs });
});

test('a paused run begins nothing, in any phase', () => {
  for (const phase of ['pin', 'apply', 'green', 'switch', 'evacuate', 'retire', 'release'] as const) {
    const step = decided(phase, (scene) => {
      scene.journal.paused = { since: 1 };
      for (const pod of podNames(BLUE)) {
        const node = scene.nodes.find((candidate) => candidate.pod === pod);
        if (node) Object.assign(node, { evacuating: true, connections: 5 });
      }
    });
    const does = step.kind === 'wait' ? step.actions.map((action) => action.do) : [step.kind];
    expect([phase, ...new Set(does)]).toEqual(phase === 'evacuate' ? [phase, 'stop-evacuation'] : [phase]);
  }
});
