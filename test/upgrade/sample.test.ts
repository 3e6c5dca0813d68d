import type { Journal } from '../../src/upgrade';
import { sampleOf } from '../../src/upgrade/sample';
import { BLUE, DRAINED, EMPTY, GREEN, named, observationOf, restingScene, type Scene, sceneAt, T0 } from './fixtures';

const SILENT = { unreachable: 'port 8081: 403', obstacle: 'forbidden' as const, ...EMPTY };

function sampled(phase: Journal['phase'], change: (scene: Scene) => void = () => {}) {
  const scene = sceneAt(phase);
  change(scene);
  return sampleOf(observationOf(scene), scene.journal);
}

const node = (scene: Scene, name: string) => named(scene.nodes, name);

describe('a node that does not answer', () => {
  test('and never did is unknown, and so is its set', () => {
    const { blue, green, nodes } = sampled('evacuate', (scene) => Object.assign(node(scene, `${BLUE}-1`), SILENT));
    expect(nodes[1]).toMatchObject({
      connections: null,
      sessions: null,
      seenAt: null,
      unreachable: 'port 8081: 403',
      obstacle: 'forbidden',
      drained: false,
    });
    expect(nodes[0]).toMatchObject({ connections: 1000, sessions: 1050, seenAt: T0, unreachable: null });
    expect(blue).toMatchObject({ connections: null, sessions: null, seenAt: null, replicas: 3 });
    expect(green).toMatchObject({ connections: 0, sessions: 0, seenAt: T0 });
  });

  test('has what it had, with its age', () => {
    const { blue, nodes } = sampled('evacuate', (scene) => {
      Object.assign(node(scene, `${BLUE}-1`), { unreachable: 'no answer', seenAt: T0 - 12_000 });
    });
    expect(nodes[1]).toMatchObject({ connections: 1000, sessions: 1050, seenAt: T0 - 12_000 });
    expect(blue).toMatchObject({ connections: 3000, sessions: 3150, seenAt: T0 - 12_000 });
  });

  test('leaves the time that is left unknown', () => {
    expect(sampled('evacuate').leftMs).toBeGreaterThan(0);
    expect(sampled('evacuate', (scene) => Object.assign(node(scene, `${BLUE}-1`), SILENT)).leftMs).toBeUndefined();
  });
});

describe('the rate of adaptive pacing', () => {
  const rated = (phase: Journal['phase'], more: object) =>
    sampled(phase, ({ journal }) => {
      Object.assign(journal!, { pacing: 'adaptive', adaptive: { perSecond: 40, at: T0, raises: 0, ...more } });
    });

  test('is that of the evacuation under way, and 0 while it waits for devices', () => {
    expect(rated('evacuate', {})).toMatchObject({ ratePerSecond: 40, capPerSecond: 100 });
    expect(rated('evacuate', { haltedAt: T0 }).ratePerSecond).toBe(0);
    expect(rated('retire', {})).not.toHaveProperty('ratePerSecond');
    expect(sampled('evacuate')).not.toHaveProperty('ratePerSecond');
  });
});

describe('the time that is left', () => {
  const left = (change: (scene: Scene) => void) => sampled('evacuate', change).leftMs;
  const all = (more: object) => (scene: Scene) => {
    for (const name of [0, 1, 2].map((index) => `${BLUE}-${index}`)) Object.assign(node(scene, name), more);
  };

  test('is that of connections, the wait for takeovers, and the sessions of devices that are away', () => {
    // ⌈1000/33⌉ + 5 + ⌈50/33⌉
    expect(left(() => {})).toBe(38_000);
    expect(left(all({ connections: 100, sessions: 100, evacuating: true }))).toBe(4_000);
    expect(left(all({ connections: 100, sessions: 166, evacuating: true }))).toBe(4_000 + 5_000 + 2_000);
  });

  test('counts of the wait what has not passed since the last device left', () => {
    const waiting = (emptySince: number) => ({ connections: 0, sessions: 66, evacuating: true, emptySince });
    expect(left(all(waiting(T0 - 3_000)))).toBe(2_000 + 2_000);
    expect(left(all(waiting(T0 - 60_000)))).toBe(2_000);
  });

  test('is at least a second until all are drained', () => {
    expect(left(all({ ...EMPTY, evacuating: false }))).toBe(1_000);
    expect(left(all(DRAINED))).toBe(0);
  });

  test('is that of all waves', () => {
    expect(
      left((scene) => {
        all({ connections: 100, sessions: 100, evacuating: true })(scene);
        for (const [wave, share] of scene.journal.shares!.entries())
          Object.assign(share, { wave, connectionsPerSecond: 100 });
      }),
    ).toBe(3_000);
  });
});

describe('the colours', () => {
  test('stay when the run is over', () => {
    const { phase, blue, green, nodes } = sampled('done');
    expect({ phase, blue: blue.set, green: green?.set }).toEqual({ phase: 'done', blue: BLUE, green: GREEN });
    expect(blue).toMatchObject({ replicas: 0, connections: 0 });
    expect(nodes.map(({ pod }) => pod)).toEqual([0, 1, 2].map((index) => `${GREEN}-${index}`));
  });

  test('start over with the next upgrade, and are no memory of an older one', () => {
    const next = sampled('done', (scene) => {
      scene.sets.push({ ...scene.sets[1]!, name: 'emqx-newer', createdAt: T0 + 1 });
    });
    expect({ blue: next.blue.set, green: next.green?.set }).toEqual({ blue: GREEN, green: 'emqx-newer' });
    const other = sampled('done', (scene) => {
      scene.journal.to.set = 'emqx-long-gone';
    });
    expect({ blue: other.blue.set, green: other.green }).toEqual({ blue: GREEN, green: undefined });
  });

  test('without a run: who serves is blue, in no phase', () => {
    const scene = restingScene();
    const { phase, blue, green } = sampleOf(observationOf(scene), undefined);
    expect({ phase, blue: blue.set, green }).toEqual({ phase: null, blue: BLUE, green: undefined });
  });

  test('of a run that went back are as they were', () => {
    const scene = restingScene();
    scene.journal = {
      ...scene.journal,
      phase: 'done',
      aborted: { at: T0, phase: 'evacuate' },
      to: { version: '4.4.15', set: GREEN },
    };
    expect(sampleOf(observationOf(scene), scene.journal)).toMatchObject({ phase: 'done', blue: { set: BLUE } });
  });
});

test('devices are counted while they are moved', () => {
  expect(sampled('evacuate').devices).toBe(3000);
  expect(sampled('retire').devices).toBeUndefined();
});
