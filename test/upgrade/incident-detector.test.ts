import { withEmqxDefaults } from '../../src/resource';
import type { Incident } from '../../src/upgrade';
import { IncidentDetector } from '../../src/upgrade/incident-detector';
import { BLUE, EMPTY, GREEN, named, observationOf, pod, resource, type Scene, sceneAt, T0 } from './fixtures';

/** What is noted of some looks at a run in this phase, each a second after the one before. */
function noted(phase: 'green' | 'evacuate' | 'retire', ...changes: ((scene: Scene) => void)[]): Incident[] {
  const scene = sceneAt(phase);
  for (const each of scene.pods) Object.assign(each, { uid: `uid of ${each.name}`, restarts: 0 });
  if (phase !== 'green') scene.journal.began.switch = T0;
  const mishaps = new IncidentDetector();
  let incidents: Incident[] | undefined;
  for (const change of [() => {}, ...changes]) {
    change(scene);
    scene.journal.incidents = incidents;
    mishaps.observe(observationOf(structuredClone(scene)), scene.journal);
    incidents = mishaps.withNew(incidents);
    mishaps.written();
    scene.at += 1_000;
  }
  return incidents ?? [];
}

const FIRST = `${BLUE}-0`;
const restarted = (name: string) => (scene: Scene) => {
  Object.assign(named(scene.pods, name), { restarts: 1 });
};

describe('a broker that restarts', () => {
  test('is noted once, with what it had', () => {
    expect(noted('evacuate', restarted(FIRST), () => {})).toEqual([
      {
        kind: 'node-restarted',
        at: T0 + 1_000,
        subjects: [FIRST],
        what: `the broker in ${FIRST} restarted: 1000 connections ended at once, and at least the sessions of 50 offline devices are lost`,
        sessionsLost: 50,
      },
    ]);
  });

  test('had what it was last seen with, though it could not be asked when it had ended', () => {
    const down = (scene: Scene) => {
      named(scene.pods, FIRST).containersReady = false;
      scene.nodes = scene.nodes.filter((node) => node.pod !== FIRST);
    };
    expect(noted('evacuate', down, restarted(FIRST))).toMatchObject([{ kind: 'node-restarted', sessionsLost: 50 }]);
  });

  test('costs nothing when no device was on it', () => {
    const drain = (scene: Scene) => void Object.assign(named(scene.nodes, FIRST), EMPTY);
    expect(noted('evacuate', drain, restarted(FIRST))).toMatchObject([
      { what: `the broker in ${FIRST} restarted: no device was on it`, sessionsLost: 0 },
    ]);
  });

  test.each([
    ['what it moves, and what devices take along', 1_050, 'at least the sessions of 897 offline devices are lost', 897],
    ['all of them', 50, 'what it still had of the sessions of 50 offline devices is lost', 0],
  ])(
    'loses of an evacuated node’s sessions no more than may have been left: not %s',
    (_, sessions, lost, sessionsLost) => {
      const evacuated = (scene: Scene) =>
        void Object.assign(named(scene.nodes, FIRST), { connections: 0, sessions, evacuating: true });
      expect(noted('evacuate', evacuated, restarted(FIRST))).toMatchObject([
        { what: `the broker in ${FIRST} restarted: 0 connections ended at once, and ${lost}`, sessionsLost },
      ]);
    },
  );

  test('loses all that were offline before it was evacuated, as long as it has connections', () => {
    const evacuating = (scene: Scene) =>
      void Object.assign(named(scene.nodes, FIRST), { connections: 990, sessions: 1_045, evacuating: true });
    expect(noted('evacuate', evacuating, restarted(FIRST))).toMatchObject([{ sessionsLost: 50 }]);
  });

  test.each([
    ['was stopped just before: only those of devices that were offline before it', 1, 50],
    ['was stopped long before: all', 6, 80],
  ])('loses sessions without a connection where its evacuation %s', (_, looks, sessionsLost) => {
    const seen = (evacuating: boolean) => (scene: Scene) => {
      scene.journal.shares = [];
      Object.assign(named(scene.nodes, FIRST), { connections: 300, sessions: 380, evacuating });
    };
    const stopped = Array.from({ length: looks }, () => seen(false));
    expect(noted('evacuate', seen(true), ...stopped, restarted(FIRST))).toMatchObject([{ sessionsLost }]);
  });

  test('loses those, too, if it was ordered to evacuate only after it was last seen', () => {
    const seen = (scene: Scene) =>
      void Object.assign(named(scene.nodes, FIRST), { connections: 300, sessions: 350, evacuating: false });
    const gone = (scene: Scene) => {
      scene.at += 15_000;
      restarted(FIRST)(scene);
    };
    expect(noted('evacuate', seen, gone)).toMatchObject([{ sessionsLost: 0 }]);
  });

  test.each([
    ['has taken as long as it takes to disconnect the others and to wait for them', 15_000, 0],
    ['was too short for that', 11_000, 50],
  ])('loses those that it may have moved while nobody could ask it, if that %s', (_, silentMs, sessionsLost) => {
    const evacuating = (scene: Scene) =>
      void Object.assign(named(scene.nodes, FIRST), { connections: 300, sessions: 350, evacuating: true });
    const gone = (scene: Scene) => {
      scene.at += silentMs;
      restarted(FIRST)(scene);
    };
    expect(noted('evacuate', evacuating, gone)).toMatchObject([{ sessionsLost }]);
  });

  test('is no news among new nodes that nobody was led to yet', () => {
    expect(noted('green', restarted(`${GREEN}-0`))).toEqual([]);
  });
});

describe('a pod that goes', () => {
  test('takes no session along where the operator that removes it has moved them before', () => {
    const emqx = withEmqxDefaults({
      apiVersion: 'apps.emqx.io/v2beta1',
      kind: 'EMQX',
      metadata: resource().metadata,
      spec: { image: 'emqx/emqx-enterprise:5.8.8' },
    });
    const removed = (scene: Scene) => {
      Object.assign(scene, { resource: emqx });
      scene.pods = scene.pods.filter(({ name }) => name !== FIRST);
      named(scene.sets, BLUE).replicas = 2;
    };
    const lost = noted('evacuate', removed).filter(({ kind }) => kind === 'pod-lost');
    expect(lost).toMatchObject([{ what: `the pod ${FIRST} disappeared: no device was on it`, sessionsLost: 0 }]);
  });

  test('is noted once, whether it is seen to go, missed, or recreated', () => {
    const terminating = (scene: Scene) => void Object.assign(named(scene.pods, FIRST), { terminating: true });
    const gone = (scene: Scene) => {
      scene.pods = scene.pods.filter(({ name }) => name !== FIRST);
    };
    const fresh = (scene: Scene) => {
      gone(scene);
      scene.pods.push(pod(FIRST, { uid: 'another', restarts: 0 }));
    };
    for (const looks of [[terminating, gone, fresh], [gone, fresh], [fresh]]) {
      expect(noted('evacuate', ...looks)).toMatchObject([{ kind: 'pod-lost', subjects: [FIRST], sessionsLost: 50 }]);
    }
  });

  test('on purpose is no incident', () => {
    const retire = (scene: Scene) => {
      named(scene.sets, BLUE).replicas = 0;
      for (const each of scene.pods) if (each.set === BLUE) each.terminating = true;
    };
    expect(noted('retire', retire)).toEqual([]);
  });

  test('nor are those of a role that another process has replaced while this one was paused', () => {
    const replaced = (aborted: boolean) => (scene: Scene) => {
      const { journal } = scene;
      const { replicas, from, to } = journal;
      journal.past = [{ role: 'replicant', replicas, from, to: { set: to.set ?? '', revision: '' } }];
      Object.assign(journal, { role: 'core', from: { ...from, set: 'old' }, to: { ...to, set: 'new' } });
      if (aborted) journal.aborted = { at: T0, phase: 'evacuate' };
      scene.pods = scene.pods.filter(({ set }) => set !== (aborted ? GREEN : BLUE));
    };
    expect(noted('evacuate', replaced(false))).toEqual([]);
    expect(noted('evacuate', replaced(true))).toEqual([]);
  });
});

test('a hold that is reset is noted, and when it was restored', () => {
  const delay = (delaySeconds: number) => (scene: Scene) => {
    scene.resource = resource({ version: '4.4.15', delaySeconds, status: scene.resource.status });
  };
  expect(noted('evacuate', delay(5), () => {}, delay(2_000_000_000))).toMatchObject([
    { kind: 'hold-reset', at: T0 + 1_000, endedAt: T0 + 3_000 },
  ]);
});

test('an API server that is away for a while is noted when it is back', () => {
  const scene = sceneAt('evacuate');
  const mishaps = new IncidentDetector();
  const away = (forMs: number) => {
    mishaps.failed(scene.at);
    mishaps.failed(scene.at + forMs / 2);
    scene.at += forMs;
    mishaps.observe(observationOf(scene), scene.journal);
    const incidents = mishaps.withNew(undefined) ?? [];
    mishaps.written();
    return incidents;
  };
  expect(away(3_000)).toEqual([]);
  expect(away(15_000)).toMatchObject([{ kind: 'api-away', at: T0 + 3_000, endedAt: T0 + 18_000 }]);
  expect(mishaps.hasNew).toBe(false);
});
