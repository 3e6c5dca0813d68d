import { asEnterprise, HOLD_DELAY_SECONDS } from '../../src/resource';
import { plan } from '../../src/upgrade/plan';
import { targetOf } from '../../src/upgrade/target';
import {
  BLUE,
  delayStatus,
  GREEN,
  observationOf,
  resource,
  restingScene,
  type Scene,
  sceneAt,
  set,
  viewOf,
} from './fixtures';

const planOf = (scene: Scene) => plan(observationOf(scene), targetOf(viewOf(scene), scene.request), []);

function planned(change: (scene: Scene) => void = () => {}) {
  const scene = restingScene();
  scene.journal.phase = 'done';
  change(scene);
  return planOf(scene);
}

describe('plan', () => {
  test('tells what changes, how long it takes and what devices notice', () => {
    expect(planned()).toEqual({
      cluster: 'emqx',
      namespace: 'mqtt',
      driver: 'pilot',
      from: { version: '4.4.14', set: BLUE, replicas: 3 },
      to: { version: '4.4.15' },
      changes: [{ path: 'template.spec.emqxContainer.image.version', before: '4.4.14', after: '4.4.15' }],
      connections: 3000,
      sessions: 3150,
      offlineSessions: 150,
      nodes: [34, 33, 33].map((rate, index) => ({
        pod: `${BLUE}-${index}`,
        connections: 1000,
        offlineSessions: 50,
        connectionsPerSecond: rate,
        sessionsPerSecond: rate,
        wave: 0,
        offsetMs: [667, 0, 333][index],
      })),
      capPerSecond: 100,
      sessionCapPerSecond: 100,
      // 3000/100 + 5 + 150/100
      lowerBoundMs: 36_500,
      // The last node: ⌈1000/33⌉ + 5 + ⌈50/33⌉ + 0.667
      evacuateMs: 38_333,
      // 30 s for green, the delay of 5 s, 10 s to retire blue
      estimateMs: 83_333,
      peakDisconnectsPerSecond: 100,
      // What the cap sends away in 1.5 s, and ten more
      devicesAway: 160,
      isAwayLimited: true,
      checks: [],
    });
  });

  test('knows no figure that follows from a node that did not say what it has', () => {
    const blind = planned((scene) => {
      Object.assign(scene.nodes[1]!, { unreachable: 'port 8081: 403', connections: 0, sessions: 0 });
    });
    expect(blind).toMatchObject({
      connections: null,
      sessions: null,
      offlineSessions: null,
      nodes: [],
      lowerBoundMs: null,
      evacuateMs: null,
      estimateMs: null,
      peakDisconnectsPerSecond: null,
      devicesAway: null,
      capPerSecond: 100,
    });
  });

  test('expects no more disconnects than there are connections', () => {
    const small = planned((scene) => {
      for (const node of scene.nodes) Object.assign(node, { connections: 4, sessions: 4 });
    });
    expect(small).toMatchObject({ peakDisconnectsPerSecond: 12, devicesAway: 12, offlineSessions: 0 });
  });

  test('of a template that the resource has already tells what the new pods differ in, with secrets hidden', () => {
    const template = (image: string, ...env: object[]) => ({ spec: { containers: [{ name: 'emqx', image, env }] } });
    const { changes, newPods, from, to } = planned((scene) => {
      const held = { version: '4.4.15', delaySeconds: HOLD_DELAY_SECONDS };
      scene.resource = resource({ ...held, status: delayStatus() });
      scene.request.desired = resource(held);
      scene.sets = [
        set(BLUE, { podTemplate: template('emqx:4.4.14') }),
        set(GREEN, { podTemplate: template('emqx:4.4.15', { name: 'LICENSE', value: 'secret' }) }),
      ];
    });
    expect([from.version, to.version, changes]).toEqual(['4.4.14', '4.4.15', []]);
    expect(newPods).toEqual([
      { path: 'spec.containers.emqx.image', before: 'emqx:4.4.14', after: 'emqx:4.4.15' },
      { path: 'spec.containers.emqx.env', before: '(hidden)', after: '(hidden)' },
    ]);
  });

  test.each<[number | 'none' | undefined, number, boolean]>([
    [undefined, 160, true],
    [250, 250, true],
    [5_000, 3_000, true],
    ['none', 3_000, false],
  ])(
    'with an offline budget of %p expects no more than %i devices away',
    (offlineBudget, devicesAway, isAwayLimited) => {
      const plan = planned((scene) => {
        scene.request = { ...scene.request, limits: { ...(offlineBudget !== undefined && { offlineBudget }) } };
      });
      expect(plan).toMatchObject({ devicesAway, isAwayLimited });
    },
  );

  test('of a run that is under way goes by the blue set of its journal', () => {
    const scene = sceneAt('evacuate');
    scene.sets.reverse();
    expect(planOf(scene).from).toEqual({ version: '4.4.14', set: BLUE, replicas: 3 });
  });

  test.each([0, -5, 2.5, Number.NaN])(
    'with a cap of %d still tells the rest: a check says what is wrong',
    (stormCap) => {
      const impossible = planned((scene) => {
        scene.request.stormCap = stormCap;
      });
      expect(impossible).toMatchObject({ nodes: [], lowerBoundMs: null, evacuateMs: null, connections: 3000 });
    },
  );

  test('hides values that may be secrets', () => {
    const secret = planned((scene) => {
      asEnterprise(scene.request.desired).spec.license = { stringData: 's3cr3t' };
    });
    expect(JSON.stringify(secret)).not.toContain('s3cr3t');
  });
});
