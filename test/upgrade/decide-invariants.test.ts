import * as fc from 'fast-check';
import { HOLD_DELAY_SECONDS, isHeld } from '../../src/resource';
import { decide } from '../../src/upgrade/decide';
import { isDrained } from '../../src/upgrade/observation';
import { share } from '../../src/upgrade/pacing';
import type { Action } from '../../src/upgrade/step';
import {
  BLUE,
  DRAINED,
  EMPTY,
  GREEN,
  GREEN_REVISION,
  named,
  nodeName,
  podNames,
  resource,
  type Scene,
  sceneAt,
  set,
  situationOf,
} from './fixtures';

const ODD = 'emqx-odd';

const onNode = (set: string, fields: object) => (scene: Scene, index: number) => {
  const view = scene.nodes.find((node) => node.pod === `${set}-${index}`);
  if (view) Object.assign(view, fields);
};
const onPod = (set: string, fields: object) => (scene: Scene, index: number) => {
  const view = scene.pods.find((pod) => pod.name === `${set}-${index}`);
  if (view) Object.assign(view, fields);
};
const without = (items: 'nodes' | 'pods', set: string) => (scene: Scene, index: number) => {
  const kept = scene[items].filter((item) => ('name' in item ? item.name : item.pod) !== `${set}-${index}`);
  Object.assign(scene, { [items]: kept });
};

/** What may be otherwise than a run expects it. */
const UPSETS: Record<string, (scene: Scene, index: number) => void> = {
  'blue node drained': onNode(BLUE, DRAINED),
  'blue node evacuates': onNode(BLUE, { evacuating: true }),
  'blue node does not evacuate': onNode(BLUE, { evacuating: false }),
  'blue node has one connection': onNode(BLUE, { connections: 1, sessions: 1 }),
  'blue node has one session': onNode(BLUE, { sessions: 1 }),
  'blue node recreated': onNode(BLUE, { ...EMPTY, evacuating: false }),
  'blue node silent': onNode(BLUE, { unreachable: 'time-out' }),
  'blue node absent': without('nodes', BLUE),
  'blue pod absent': without('pods', BLUE),
  'blue pod terminating': onPod(BLUE, { terminating: true }),
  'green node silent': onNode(GREEN, { unreachable: 'time-out' }),
  'green node alone': onNode(GREEN, { members: [nodeName(`${GREEN}-0`)] }),
  'green node absent': without('nodes', GREEN),
  'green pod absent': without('pods', GREEN),
  'green pod terminating': onPod(GREEN, { terminating: true }),
  'green pod not ready': onPod(GREEN, { ready: false }),
  'green pod not serving': onPod(GREEN, { ready: false, onServing: false }),
  'blue pod behind the Service': (scene) => scene.traffic[0]!.pods.push(`${BLUE}-0`),
  'one pod fewer behind the Service': (scene) => scene.traffic[0]!.pods.pop(),
  'another Service on blue': (scene) =>
    scene.traffic.push({ service: 'ws', byOperator: false, revision: undefined, pods: podNames(BLUE) }),
  'only green behind the Service': (scene) => {
    scene.traffic = [{ service: 'emqx-mqtt', byOperator: false, revision: GREEN_REVISION, pods: podNames(GREEN) }];
  },
  'operator released': (scene) => {
    scene.resource.spec.blueGreenUpdate!.initialDelaySeconds = 60;
  },
  'another template': (scene) => {
    scene.resource = {
      ...scene.resource,
      spec: resource({ version: '4.4.16', delaySeconds: HOLD_DELAY_SECONDS }).spec,
    };
  },
  'a third set': (scene) => scene.sets.push(set(ODD)),
  'fewer green pods ready': (scene) => {
    const green = scene.sets.find((candidate) => candidate.name === GREEN);
    if (green) green.readyReplicas = 2;
  },
};

const scenarios = fc.record({
  phase: fc.constantFrom('pin', 'apply', 'green', 'switch', 'evacuate', 'evacuate', 'retire', 'retire', 'release'),
  upsets: fc.array(fc.tuple(fc.constantFrom(...Object.keys(UPSETS)), fc.nat(2)), { maxLength: 4 }),
  cap: fc.constantFrom(1, 2, 3, 100),
  lateMs: fc.nat(30_000),
});
type Scenario = typeof scenarios extends fc.Arbitrary<infer T> ? T : never;

function sceneOf({ phase, upsets, cap, lateMs }: Scenario): Scene {
  const scene = sceneAt(phase as Parameters<typeof sceneAt>[0]);
  scene.at += lateMs;
  scene.journal.connectionCap = cap;
  if (scene.journal.shares) {
    const loads = podNames(BLUE).map((name) => ({ pod: name, connections: 1000, offlineSessions: 50 }));
    scene.journal.shares = share(loads, { connections: cap, sessions: 100 });
  }
  for (const [name, index] of upsets) UPSETS[name]!(scene, index);
  return scene;
}

// What the engine must respect, told once more in the test's own words, so that no mistake is repeated.

const greenTakes = (scene: Scene) =>
  podNames(GREEN).every((name) => scene.pods.some((pod) => pod.name === name && pod.ready && !pod.terminating)) &&
  scene.traffic.every((service) => [...service.pods].sort().join() === podNames(GREEN).join());

const greenJoined = (scene: Scene) =>
  podNames(GREEN).every((name) => {
    const view = scene.nodes.find((node) => node.pod === name);
    return view?.unreachable === undefined && podNames(GREEN).every((pod) => view?.members.includes(nodeName(pod)));
  });

const blueDrained = (scene: Scene) =>
  podNames(BLUE).every(
    (name) => scene.pods.some((pod) => pod.name === name) && isDrained(scene.nodes.find((node) => node.pod === name)),
  );

const wantedTemplate = (scene: Scene) => scene.resource.spec.template!.spec!.emqxContainer!.image!.version === '4.4.15';

function respects(scene: Scene, action: Action) {
  switch (action.do) {
    case 'start-evacuation':
      expect([greenTakes(scene), greenJoined(scene)]).toEqual([true, true]);
      expect([isHeld(scene.resource), wantedTemplate(scene)]).toEqual([true, true]);
      expect(podNames(BLUE)).toContain(action.pod);
      expect(named(scene.nodes, action.pod)).toMatchObject({ unreachable: undefined, evacuating: false });
      return;
    case 'scale-set':
      if (action.set === ODD) return expect(action.replicas).toBe(0); // nobody is on it
      expect(action).toEqual({ do: 'scale-set', set: BLUE, replicas: 0 });
      expect([blueDrained(scene), greenTakes(scene)]).toEqual([true, true]);
      expect([isHeld(scene.resource), wantedTemplate(scene)]).toEqual([true, true]);
      return;
    case 'patch-resource': {
      const update = action.spec['blueGreenUpdate'] as { initialDelaySeconds?: number } | undefined;
      const delay = update?.initialDelaySeconds ?? scene.resource.spec.blueGreenUpdate!.initialDelaySeconds!;
      if (scene.journal.phase !== 'release') expect(delay).toBeGreaterThan(1_000_000_000);
      return;
    }
    case 'mark-serving':
      expect(podNames(GREEN)).toContain(action.pod);
      return;
    case 'select-traffic':
    case 'lead-traffic':
      return;
    case 'revert-resource':
      expect(scene.journal.aborted).toBeDefined();
      return;
    case 'stop-evacuation':
      // Always safe: nobody is led there. Of a node that is drained already it would be a step back.
      expect(isDrained(named(scene.nodes, action.pod))).toBe(false);
      return;
    case 'remove-set':
    case 'route-to-unready':
    case 'force-leave':
    case 'move-storage':
      throw new Error(`${action.do} is of EMQX 5 and 6 only`);
  }
}

const decideIn = (scene: Scene): Action[] => {
  const step = decide(situationOf(scene));
  return step.kind === 'wait' ? step.actions : [];
};

describe('in every situation', () => {
  test('nothing is evicted, removed or released before its time', () => {
    fc.assert(
      fc.property(scenarios, (scenario) => {
        const scene = sceneOf(scenario);
        for (const action of decideIn(scene)) respects(scene, action);
      }),
      { numRuns: 1_500 },
    );
  });

  test('what is ordered and what evacuates already add up to the cap at most', () => {
    fc.assert(
      fc.property(scenarios, (scenario) => {
        const scene = sceneOf({ ...scenario, phase: 'evacuate' });
        const { shares, connectionCap } = scene.journal;
        const ordered = decideIn(scene).flatMap((action) => (action.do === 'start-evacuation' ? action.pod : []));
        const busy = scene.nodes.filter((node) => node.evacuating && !isDrained(node)).map((node) => node.pod);
        const evicting = shares!.filter((part) => ordered.includes(part.pod) || busy.includes(part.pod));
        // No run leads to two waves that evacuate at once: then nothing more may be ordered.
        if (new Set(evicting.map((part) => part.wave)).size > 1) expect(ordered).toEqual([]);
        else
          expect(evicting.reduce((sum, part) => sum + part.connectionsPerSecond, 0)).toBeLessThanOrEqual(connectionCap);
      }),
      { numRuns: 1_000 },
    );
  });

  test('equal situations give equal steps, and nothing that was seen is changed', () => {
    fc.assert(
      fc.property(scenarios, (scenario) => {
        const situation = situationOf(sceneOf(scenario));
        const copy = structuredClone(situation);
        expect(decide(situation)).toEqual(decide(copy));
        expect(situation).toEqual(copy);
      }),
    );
  });
});
