import { readFileSync } from 'node:fs';
import path from 'node:path';
import { asEnterprise, type EmqxResource, HOLD_DELAY_SECONDS } from '../../src/resource';
import type { Check } from '../../src/upgrade/check';
import { operatorCheck, operatorLineCheck } from '../../src/upgrade/operator-check';
import { blockers, CHECK_IDS, preflight } from '../../src/upgrade/preflight';
import type { PreflightFacts } from '../../src/upgrade/preflight-facts';
import { targetOf } from '../../src/upgrade/target';
import {
  BLUE,
  delayStatus,
  GREEN,
  journal,
  named,
  OPERATOR,
  observationOf,
  podNames,
  resource,
  restingScene,
  type Scene,
  set,
  T0,
  viewOf,
} from './fixtures';

interface World {
  scene: Scene;
  facts: PreflightFacts;
}

function checked(change: (world: World) => void = () => {}): Check[] {
  const world: World = {
    scene: restingScene(),
    facts: {
      holder: 'me',
      licensedConnections: undefined,
      operators: [OPERATOR],
      missingRights: [],
      refusals: [],
      quotas: [],
      podSecurity: undefined,
      bypasses: [],
    },
  };
  world.scene.journal.phase = 'done';
  change(world);
  const { scene, facts } = world;
  return preflight(observationOf(scene), targetOf(viewOf(scene), scene.request), facts);
}

const versions = (version: string | undefined) => (world: World) => {
  world.facts = { ...world.facts, operators: [{ ...OPERATOR, version }] };
};

const strategyOf = (scene: Scene) => asEnterprise(scene.request.desired).spec.blueGreenUpdate!.evacuationStrategy!;

describe('preflight', () => {
  test('of a cluster at rest finds nothing that stands in the way', () => {
    expect(checked()).toEqual([
      { id: 'access', group: 'cluster', status: 'ok', finding: 'everything an upgrade does is allowed' },
      { id: 'blue-green', group: 'cluster', status: 'ok', finding: 'at most 100 disconnects/s in the whole cluster' },
      { id: 'status', group: 'cluster', status: 'ok', finding: 'Running, 3 of 3 nodes ready' },
      { id: 'sets', group: 'cluster', status: 'ok', finding: `one stateful set: ${BLUE}` },
      {
        id: 'operator',
        group: 'operator',
        status: 'ok',
        finding: 'emqx-operator-system/manager (emqx/emqx-operator-controller:2.2.29)',
      },
      { id: 'traffic', group: 'traffic', status: 'ok', finding: 'devices connect through emqx-mqtt' },
      { id: 'nodes', group: 'nodes', status: 'ok', finding: '3 nodes answer and can be evacuated' },
    ]);
  });

  test.each<[id: string, status: Check['status'], finding: string, change: (world: World) => void]>([
    [
      'lease',
      'blocker',
      'ci-7 has been upgrading this cluster since 2026-01-01T00:00:00.000Z',
      ({ scene }) => {
        scene.lease = { holder: 'ci-7', live: true, acquiredAt: T0, expiresAt: T0 + 30_000, leftMs: 30_000 };
      },
    ],
    [
      'open-run',
      'blocker',
      'an upgrade from 4.4.14 to 4.4.16 is open, in phase evacuate, at most 100 disconnects/s in the whole cluster, and no process drives it now',
      ({ scene }) => {
        scene.journal = journal({ phase: 'evacuate', to: { version: '4.4.16' }, target: 'another' });
      },
    ],
    [
      'blue-green',
      'blocker',
      'spec.blueGreenUpdate is absent: the operator would restart the nodes in place',
      ({ scene }) => {
        delete scene.resource.spec.blueGreenUpdate;
      },
    ],
    [
      'blue-green',
      'blocker',
      'spec.blueGreenUpdate is absent: the operator would restart the nodes in place',
      ({ scene }) => {
        delete asEnterprise(scene.request.desired).spec.blueGreenUpdate;
      },
    ],
    ...(['connEvictRate', 'sessEvictRate', 'waitTakeover'] as const).map(
      (field): [string, Check['status'], string, (world: World) => void] => [
        'blue-green',
        'blocker',
        'spec.blueGreenUpdate.evacuationStrategy lacks a rate or waitTakeover',
        ({ scene }) => {
          strategyOf(scene)[field] = 0;
        },
      ],
    ),
    [
      'template',
      'blocker',
      'the pod template is already the wanted one',
      ({ scene }) => {
        scene.request.desired = resource();
      },
    ],
    [
      'version',
      'blocker',
      'version 4.4.9 is older than 4.4.14',
      ({ scene }) => {
        scene.request.desired = resource({ version: '4.4.9' });
      },
    ],
    [
      'version',
      'warning',
      'version 4.4.9 is older than 4.4.14: the downgrade is accepted',
      ({ scene }) => {
        Object.assign(scene.request, { desired: resource({ version: '4.4.9' }), acceptDowngrade: true });
      },
    ],
    [
      'version',
      'blocker',
      'version 4.3.22 is older than 4.4.14',
      ({ scene }) => {
        Object.assign(scene.request, { desired: resource({ version: '4.3.22' }), acceptDowngrade: true });
      },
    ],
    [
      'blue-green',
      'ok',
      'blueGreenUpdate has its rates; the operator applies them node by node',
      ({ scene }) => {
        scene.request.driver = 'operator';
      },
    ],
    [
      'replicas',
      'warning',
      'replicas change from 3 to 5 in the same step',
      ({ scene }) => {
        asEnterprise(scene.request.desired).spec.replicas = 5;
      },
    ],
    [
      'replicas',
      'blocker',
      'replicas change from 3 to 2 in the same step: the operator takes the smaller set for the old one, and would drain the new nodes',
      ({ scene }) => {
        asEnterprise(scene.request.desired).spec.replicas = 2;
      },
    ],
    [
      'metadata',
      'blocker',
      'labels or annotations of the resource change: labels.tier, annotations.note',
      ({ scene }) => {
        const { metadata } = scene.request.desired;
        metadata.labels = { ...metadata.labels, tier: 'edge' };
        metadata.annotations = { note: 'x' };
      },
    ],
    [
      'immutable',
      'blocker',
      'fields that cannot change differ: spec.persistent',
      ({ scene }) => {
        asEnterprise(scene.request.desired).spec.persistent = { spec: { accessModes: ['ReadWriteOnce'] } };
      },
    ],
    [
      'status',
      'blocker',
      'the status reports an upgrade that the stateful sets do not show',
      ({ scene }) => {
        scene.resource.status = delayStatus();
      },
    ],
    [
      'status',
      'blocker',
      'the cluster is not Running with 3 ready nodes (Running: True, ready: 2)',
      ({ scene }) => {
        scene.resource.status!.readyReplicas = 2;
      },
    ],
    [
      'status',
      'blocker',
      'the cluster is not Running with 3 ready nodes (no condition: -, ready: 0)',
      ({ scene }) => {
        delete scene.resource.status;
      },
    ],
    [
      'sets',
      'blocker',
      `more than two stateful sets have replicas: ${BLUE}, emqx-odd, ${GREEN}`,
      ({ scene }) => {
        scene.sets.push(set(GREEN), set('emqx-odd'));
      },
    ],
    [
      'sets',
      'blocker',
      'no stateful set of the cluster has replicas',
      ({ scene }) => {
        scene.sets = [set(BLUE, { replicas: 0 })];
      },
    ],
    [
      'admission',
      'blocker',
      'the API server refuses writes of an upgrade: switch the traffic Service: selectors of Services are frozen',
      ({ facts }) => {
        const refused = {
          write: 'select-traffic',
          isCertain: true,
          reason: 'selectors of Services are frozen',
        } as const;
        facts.refusals = [refused, { write: 'scale-set', isCertain: false, reason: 'later' }];
      },
    ],
    [
      'admission',
      'warning',
      'it is unknown whether the API server accepts the writes of an upgrade: scale the old nodes: admission webhook "x" does not support dry run',
      ({ facts }) => {
        const reason = 'admission webhook "x" does not support dry run';
        facts.refusals = [{ write: 'scale-set', isCertain: false, reason }];
      },
    ],
    [
      'pod-security',
      'warning',
      'the namespace enforces the Pod Security Standard restricted, which rejects every pod of the cluster: the operator sets no security context for its container reloader',
      ({ facts }) => {
        facts.podSecurity = 'restricted';
      },
    ],
    [
      'pod-security',
      'warning',
      'the namespace cannot be read: whether it enforces a Pod Security Standard is unknown',
      ({ facts }) => {
        facts.podSecurity = null;
      },
    ],
    [
      'other-ways',
      'warning',
      'haproxy, mine route to the pods of the cluster, too, and are not switched: devices that connect there reach both sets of nodes, and may be disconnected several times',
      ({ facts }) => {
        facts.bypasses = ['haproxy', 'mine'];
      },
    ],
    [
      'quota',
      'warning',
      'the quotas of the namespace cannot be read: whether there is room for twice the nodes is unknown',
      ({ facts }) => {
        facts.quotas = undefined;
      },
    ],
    [
      'quota',
      'ok',
      'room for twice the nodes in compute',
      ({ facts }) => {
        facts.quotas = [{ name: 'compute', hard: { pods: '6', services: '1' }, used: { pods: '3', services: '1' } }];
      },
    ],
    [
      'quota',
      'blocker',
      'the quotas have no room for the new nodes: compute: pods 3 of 5 in use, and 3 more needed',
      ({ facts }) => {
        facts.quotas = [{ name: 'compute', hard: { pods: '5' }, used: { pods: '3' } }];
      },
    ],
    [
      'quota',
      'blocker',
      'the quotas have no room for the new nodes: compute: cpu 2 of 3500m in use, and 1800m more needed; compute: limits.memory 3Gi of 5Gi in use, and 3Gi more needed; compute: requests.storage 30Gi of 50Gi in use, and 30Gi more needed',
      ({ scene, facts }) => {
        const { spec } = asEnterprise(scene.request.desired);
        const resources = { requests: { cpu: '0.5' }, limits: { memory: '1Gi' } };
        spec.template!.spec!.emqxContainer!.resources = resources;
        spec.persistent = { spec: { resources: { requests: { storage: '10Gi' } } } };
        const reloader = { name: 'reloader', resources: { requests: { cpu: '100m' } } };
        const podTemplate = { spec: { containers: [{ name: 'emqx', resources: {} }, reloader] } };
        scene.sets = [set(BLUE, { podTemplate })];
        const used = { cpu: '2', 'limits.memory': '3Gi', 'requests.memory': '3Gi', 'requests.storage': '30Gi' };
        const hard = { cpu: '3500m', 'limits.memory': '5Gi', 'requests.memory': '6Gi', 'requests.storage': '50Gi' };
        facts.quotas = [{ name: 'compute', hard, used }];
      },
    ],
    [
      'sets',
      'ok',
      `one stateful set: ${BLUE}; not part of this cluster, and left alone: emqx-core-1 (of EMQX emqx), odd (without owner)`,
      ({ scene }) => {
        scene.foreign = [
          { name: 'emqx-core-1', owner: 'EMQX emqx', pods: [] },
          { name: 'odd', owner: undefined, pods: [] },
        ];
      },
    ],
    [
      'traffic',
      'warning',
      'emqx-mqtt routes devices to pods of another owner, too; not part of this cluster, and left alone: emqx-core-1 (of EMQX emqx)',
      ({ scene }) => {
        scene.foreign = [{ name: 'emqx-core-1', owner: 'EMQX emqx', pods: ['emqx-core-1-0'] }];
        scene.traffic[0]!.pods.push('emqx-core-1-0');
      },
    ],
    [
      'traffic',
      'blocker',
      'no Service routes to this cluster',
      ({ scene }) => {
        scene.traffic = [];
      },
    ],
    [
      'traffic',
      'blocker',
      'no Service routes to this cluster yet',
      ({ scene }) => {
        scene.traffic = [];
        scene.resource.spec.serviceTemplate = { spec: { ports: [{ port: 8081 }, { port: 1883 }] } };
      },
    ],
    [
      'traffic',
      'blocker',
      'no ready pod is behind emqx-ws',
      ({ scene }) => {
        scene.traffic.push({ service: 'emqx-ws', byOperator: false, revision: undefined, pods: [] });
      },
    ],
    [
      'nodes',
      'blocker',
      `the management API does not answer: ${BLUE}-1: time-out; ${BLUE}-2: HTTP 401`,
      ({ scene }) => {
        named(scene.nodes, `${BLUE}-1`).unreachable = 'time-out';
        named(scene.nodes, `${BLUE}-2`).unreachable = 'HTTP 401';
      },
    ],
    [
      'license',
      'warning',
      'how many of the licensed connections are in use is unknown',
      ({ scene, facts }) => {
        facts.licensedConnections = 10_000;
        Object.assign(named(scene.nodes, `${BLUE}-1`), { unreachable: 'time-out', connections: 0, sessions: 0 });
      },
    ],
    [
      'nodes',
      'blocker',
      `the evacuation API is absent on ${BLUE}-0`,
      ({ scene }) => {
        named(scene.nodes, `${BLUE}-0`).canEvacuate = false;
      },
    ],
    [
      'nodes',
      'blocker',
      `an evacuation is already running on ${BLUE}-2`,
      ({ scene }) => {
        named(scene.nodes, `${BLUE}-2`).evacuating = true;
      },
    ],
    [
      'license',
      'ok',
      '3000 of 10000 licensed connections in use',
      ({ facts }) => {
        facts.licensedConnections = 10_000;
      },
    ],
    [
      'license',
      'warning',
      '3000 of 3200 licensed connections in use',
      ({ facts }) => {
        facts.licensedConnections = 3200;
      },
    ],
    [
      'license',
      'blocker',
      '3000 of 3000 licensed connections in use',
      ({ facts }) => {
        facts.licensedConnections = 3000;
      },
    ],
    [
      'cap',
      'blocker',
      'the storm cap (2.5) is not a whole number of at least 1',
      ({ scene }) => {
        scene.request.stormCap = 2.5;
      },
    ],
    [
      'cap',
      'blocker',
      'the storm cap (0) is not a whole number of at least 1',
      ({ scene }) => {
        scene.request.stormCap = 0;
      },
    ],
    [
      'cap',
      'warning',
      '3 nodes share a cap of 2/s',
      ({ scene }) => {
        scene.request.stormCap = 2;
      },
    ],
    [
      'driver',
      'blocker',
      'left alone, the operator removes nodes before they are evacuated: in every measured upgrade all persistent sessions were lost, and devices were disconnected at many times the requested rate',
      ({ scene }) => {
        scene.request.driver = 'operator';
      },
    ],
    [
      'driver',
      'warning',
      'left alone, the operator removes nodes before they are evacuated: in every measured upgrade all persistent sessions were lost, and devices were disconnected at many times the requested rate',
      ({ scene }) => {
        Object.assign(scene.request, { driver: 'operator', acceptLoss: true });
      },
    ],
    [
      'driver',
      'blocker',
      'the operator driver cannot upgrade 12 replicas: the operator sorts pods by name and removes pod 10 before it is empty',
      ({ scene }) => {
        scene.resource.spec.replicas = 12;
        asEnterprise(scene.request.desired).spec.replicas = 12;
        Object.assign(scene.request, { driver: 'operator', acceptLoss: true });
      },
    ],
  ])('%s: %s, %s', (id, status, finding, change) => {
    const check = checked(change).find((candidate) => candidate.id === id);
    expect(check).toMatchObject({ id, status, finding });
    if (status === 'ok') expect(check).not.toHaveProperty('fix');
    else expect(check!.fix).toMatch(/.{10}/);
  });

  test('tells all blockers at once', () => {
    const found = checked(({ scene }) => {
      scene.lease = { holder: 'ci-7', live: true, acquiredAt: T0, expiresAt: T0 + 30_000, leftMs: 30_000 };
      scene.traffic = [];
      scene.request.stormCap = -1;
      scene.request.desired = resource({ version: '4.4.9' });
      named(scene.nodes, `${BLUE}-0`).unreachable = 'time-out';
    });
    expect(blockers(found).map((check) => check.id)).toEqual(['traffic', 'nodes', 'lease', 'version', 'cap']);
  });

  test('names rescue where it has a cure, and never a hand on an evacuation', () => {
    const fixes = (change: (world: World) => void) => blockers(checked(change)).map(({ id, fix }) => `${id}: ${fix}`);
    const left = ({ scene }: World) => {
      named(scene.nodes, `${BLUE}-2`).evacuating = true;
    };
    expect(fixes(left)).toEqual([expect.stringMatching(/^nodes: .*`emqx-blue-green rescue` stops it$/)]);
    const setBack = ({ scene }: World) => {
      scene.sets.push(set(GREEN));
    };
    expect(fixes(setBack)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^status: `emqx-blue-green rescue` finds out/)]),
    );
  });

  test('our own lease, an expired one, and a finished or equal run do not stand in the way', () => {
    for (const lease of [
      { holder: 'me', live: true, acquiredAt: T0, expiresAt: T0 + 30_000, leftMs: 30_000 },
      { holder: 'ci-7', live: false, acquiredAt: T0, expiresAt: T0 + 30_000, leftMs: 30_000 },
    ]) {
      const found = checked(({ scene }) => {
        scene.lease = lease;
        scene.journal = journal({ phase: 'green' });
      });
      expect(blockers(found)).toEqual([]);
    }
  });

  test('one suffix older or newer, and no version at all, is no downgrade', () => {
    for (const version of ['4.4.14-rc.1', '4.4.14', '']) {
      const found = checked(({ scene }) => {
        scene.request.desired = resource({ version });
      });
      expect(found.map((check) => check.id)).not.toContain('version');
    }
  });

  test('the operator driver needs no traffic Service of its own', () => {
    const found = checked(({ scene }) => {
      scene.traffic = [];
      Object.assign(scene.request, { driver: 'operator', acceptLoss: true });
    });
    expect(blockers(found)).toEqual([]);
  });

  test('a held cluster at rest that has the template already has nothing to be upgraded to', () => {
    const found = checked(({ scene }) => {
      scene.resource = { ...resource({ delaySeconds: HOLD_DELAY_SECONDS }), status: scene.resource.status! };
      scene.request.desired = resource({ delaySeconds: HOLD_DELAY_SECONDS });
    });
    expect(blockers(found).map((check) => check.id)).toEqual(['template']);
  });

  describe('of the operator', () => {
    const found = (change: (world: World) => void) =>
      checked(change).filter((check) => check.id === 'operator' || check.id === 'operator-looks');

    test.each<[string, Check['status'], RegExp, (world: World) => void]>([
      ['none', 'blocker', /^no EMQX Operator is installed/, ({ facts }) => Object.assign(facts, { operators: [] })],
      [
        'one that may not be seen',
        'warning',
        /its version is unknown$/,
        ({ facts }) => Object.assign(facts, { operators: undefined }),
      ],
      ['2.3.0', 'blocker', /^the operator is not 2.1 to 2.2.29: /, versions('2.3.0')],
      ['2.0.3', 'blocker', /^the operator is not 2.1 to 2.2.29: /, versions('2.0.3')],
      ['2.1.0', 'ok', /^emqx-operator-system\/manager/, versions('2.1.0')],
      ['a digest', 'warning', /^the version of the operator is unknown: /, versions(undefined)],
      [
        'one that is not ready',
        'blocker',
        /^the operator is not ready: /,
        ({ facts }) => Object.assign(facts, { operators: [{ ...OPERATOR, ready: false }] }),
      ],
    ])('%s: %s', (_, status, finding, change) => {
      expect(found(change)).toEqual([expect.objectContaining({ status, finding: expect.stringMatching(finding) })]);
    });

    describe('of EMQX 5 and 6', () => {
      const line = (apiVersion: string, version: string | undefined) => {
        const emqx = { kind: 'EMQX', apiVersion } as EmqxResource;
        const operators = version === undefined ? undefined : [{ ...OPERATOR, version }];
        return [operatorCheck(operators, false, emqx), operatorLineCheck(operators, emqx)].map((one) => one?.status);
      };

      test.each([
        ['apps.emqx.io/v2beta1', '2.2.29', ['ok', undefined]],
        ['apps.emqx.io/v2beta1', '2.3.1', ['ok', 'warning']],
        ['apps.emqx.io/v2beta1', '2.1.4', ['blocker', undefined]],
        ['apps.emqx.io/v2beta1', '3.0.0', ['blocker', undefined]],
        ['apps.emqx.io/v2beta1', undefined, ['warning', undefined]],
        ['apps.emqx.io/v2', '2.3.3', ['ok', 'warning']],
        ['apps.emqx.io/v2', undefined, ['warning', 'warning']],
        ['apps.emqx.io/v3beta1', '3.0.0', ['ok', 'blocker']],
      ])('%s with operator %s: %s', (apiVersion, version, statuses) => {
        expect(line(apiVersion, version)).toEqual(statuses);
      });

      test('what nobody has run is said in words', () => {
        const emqx = { kind: 'EMQX', apiVersion: 'apps.emqx.io/v2' } as EmqxResource;
        expect(operatorLineCheck([OPERATOR], emqx)?.finding).toMatch(/^experimental: nobody here .* operator 2\.3;/);
      });
    });

    const looked = (ago: number) => (world: World) => {
      const at = new Date(world.scene.at - ago).toISOString();
      Object.assign(world.scene.resource.status!.conditions![0]!, { lastUpdateTime: at });
    };

    describe('that has looked at the cluster a moment ago', () => {
      const fresh = (operators: PreflightFacts['operators']) => (world: World) => {
        looked(14_000)(world);
        world.facts = { ...world.facts, operators };
      };
      const [known, unknown] = [OPERATOR, { ...OPERATOR, name: 'mirror/op', version: undefined }];
      const other = { ...OPERATOR, name: 'other/manager', version: '2.3.1' };

      test.each<[string, PreflightFacts['operators'], Check['status'], RegExp]>([
        ['under a name nobody knows', [], 'warning', /^the operator that reconciles this cluster is not recognized/],
        ['with a tag that is no version', [unknown], 'warning', /^the version of the operator is unknown: mirror/],
        [
          'with a tag of another version',
          [other],
          'warning',
          /2.1 to 2.2.29: other.*but one has just reconciled this cluster/,
        ],
        ['beside one of another version', [known, other], 'warning', /^operators of other versions are installed, too/],
        [
          'beside one that is not understood',
          [unknown, known],
          'warning',
          /^operators of other versions are installed, too/,
        ],
        ['beside one for another namespace', [known, { ...known, name: 'b/manager' }], 'ok', /manager.*b\/manager/],
      ])('%s is never a blocker: %s', (_, operators, status, finding) => {
        expect(found(fresh(operators))[0]).toMatchObject({ status, finding: expect.stringMatching(finding) });
        expect(blockers(checked(fresh(operators)))).toEqual([]);
      });

      test('nor is one that is held behind the new nodes it has made, and does not look', () => {
        const waiting = ({ scene, facts }: World) => {
          const held = { version: '4.4.15', delaySeconds: HOLD_DELAY_SECONDS };
          scene.resource = resource({ ...held, status: delayStatus() });
          scene.request.desired = resource(held);
          scene.sets.unshift(set(GREEN));
          Object.assign(facts, { operators: [] });
        };
        expect(found(waiting)).toEqual([expect.objectContaining({ id: 'operator', status: 'warning' })]);
      });
    });

    test('tells when it has not looked at the cluster for a minute', () => {
      expect(found(looked(60_000))[1]).toMatchObject({ status: 'ok', finding: 'it last reconciled 60 s ago' });
      expect(found(looked(61_000))[1]).toMatchObject({
        status: 'blocker',
        finding: 'the operator has not reconciled the cluster for 61 s; at rest it does so every 20 s',
      });
    });
  });

  describe('of a cluster that the operator upgrades on its own', () => {
    const native =
      (change: (world: World) => void = () => {}) =>
      (world: World) => {
        world.scene.resource = resource({ version: '4.4.15', delaySeconds: 60, status: delayStatus() });
        world.scene.request.desired = resource({ version: '4.4.15', delaySeconds: 60 });
        world.scene.sets.unshift(set(GREEN));
        change(world);
      };
    const stops = (change?: (world: World) => void) => blockers(checked(native(change))).map(({ finding }) => finding);

    test('can be taken over as long as every old pod is there, even one that is evacuated', () => {
      expect(stops()).toEqual([]);
      expect(checked(native())).toContainEqual(
        expect.objectContaining({
          id: 'status',
          status: 'warning',
          finding: 'the operator upgrades on its own, and no old pod is removed yet',
        }),
      );
      expect(stops(({ scene }) => Object.assign(named(scene.nodes, `${BLUE}-2`), { evacuating: true }))).toEqual([]);
    });

    test.each<[string, (world: World) => void]>([
      ['its set is scaled down', ({ scene }) => Object.assign(named(scene.sets, BLUE), { replicas: 2 })],
      ['its pod goes', ({ scene }) => Object.assign(named(scene.pods, `${BLUE}-2`), { terminating: true })],
      [
        'its pod is gone',
        ({ scene }) => scene.pods.splice(0, scene.pods.length, ...scene.pods.filter((p) => p.name !== `${BLUE}-2`)),
      ],
    ])('is left alone once an old pod is removed: %s', (_, change) => {
      expect(stops(change)).toEqual([
        'the operator upgrades on its own and has removed 1 of 3 old pods, unless as many nodes were added together with the version',
      ]);
    });

    test('is left alone by the operator driver', () => {
      const driver = ({ scene }: World) => Object.assign(scene.request, { driver: 'operator', acceptLoss: true });
      expect(stops(driver)).toEqual(['the operator upgrades on its own']);
    });

    test('is left alone when the template was set back: the operator wants the old nodes again', () => {
      const back = ({ scene }: World) => {
        scene.resource = resource({ version: '4.4.14', delaySeconds: 60, status: delayStatus() });
        scene.request.desired = resource({ version: '4.4.14', delaySeconds: 60 });
      };
      expect(stops(back)).toEqual([
        'spec.template (version 4.4.14) does not match the new nodes: it was set back, or changed again',
      ]);
    });

    test('is not turned to another version', () => {
      const other = ({ scene }: World) => {
        scene.request.desired = resource({ version: '4.4.16', delaySeconds: 60 });
      };
      expect(stops(other)).toEqual(['the operator builds new nodes from another template (version 4.4.15)']);
    });
  });

  test('names all rights that are missing', () => {
    const found = checked(({ facts }) => Object.assign(facts, { missingRights: ['get secrets x', 'list pods'] }));
    expect(blockers(found)).toMatchObject([{ id: 'access', finding: 'not allowed: get secrets x, list pods' }]);
  });

  test('devices may enter by the operator’s own Service', () => {
    const found = checked(({ scene }) => Object.assign(scene.traffic[0]!, { byOperator: true }));
    expect(blockers(found)).toEqual([]);
    expect(found).toContainEqual(
      expect.objectContaining({
        id: 'traffic',
        finding:
          'devices connect through emqx-mqtt, the operator’s own Service: the upgrade writes its Endpoints while the operator is held',
      }),
    );
  });

  describe('of a cluster whose owner held it before changing the template', () => {
    const waiting =
      (change: (world: World) => void = () => {}) =>
      (world: World) => {
        const held = { version: '4.4.15', delaySeconds: HOLD_DELAY_SECONDS };
        world.scene.resource = resource({ ...held, status: delayStatus() });
        world.scene.request.desired = resource(held);
        world.scene.sets.unshift(set(GREEN));
        change(world);
      };

    test('picks up what waits there, with the older set for blue', () => {
      const found = checked(waiting());
      expect(blockers(found)).toEqual([]);
      expect(found.map((check) => check.finding)).toEqual(
        expect.arrayContaining([
          'the operator is held, with new nodes in place',
          `two stateful sets: ${BLUE} is the running one, the other one is the new one`,
        ]),
      );
    });

    test('refuses another template: that would be a third set', () => {
      const found = checked(
        waiting(({ scene }) => {
          scene.request.desired = resource({ version: '4.4.16', delaySeconds: HOLD_DELAY_SECONDS });
        }),
      );
      expect(blockers(found)).toEqual([
        {
          id: 'template',
          group: 'change',
          status: 'blocker',
          finding: 'the operator builds new nodes from another template (version 4.4.15)',
          fix: 'request version 4.4.15 as it was applied, or set the template back first',
        },
      ]);
    });

    test('refuses a third set', () => {
      const found = checked(waiting(({ scene }) => scene.sets.push(set('emqx-odd'))));
      expect(blockers(found).map((check) => check.id)).toEqual(expect.arrayContaining(['status', 'sets']));
    });
  });

  test('tells what to load where the evacuation API is absent', () => {
    const found = checked(({ scene }) => {
      scene.nodes = podNames(BLUE).map((name) => ({ ...named(scene.nodes, name), canEvacuate: false }));
    });
    expect(blockers(found)).toEqual([
      {
        id: 'nodes',
        group: 'nodes',
        status: 'blocker',
        finding: `the evacuation API is absent on ${podNames(BLUE).join(', ')}`,
        fix: 'load the plugins emqx_eviction_agent and emqx_node_rebalance (EMQX Enterprise 4.4.12 or newer)',
      },
    ]);
  });
});

test('every check is explained in docs/checks.md, in this order', () => {
  const text = readFileSync(path.join(__dirname, '../../docs/checks.md'), 'utf8');
  expect([...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)).toEqual(CHECK_IDS);
});
