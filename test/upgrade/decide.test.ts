import { HOLD_DELAY_SECONDS } from '../../src/resource';
import type { Phase } from '../../src/upgrade/journal';
import type { NodeView } from '../../src/upgrade/observation';
import type { Step } from '../../src/upgrade/step';
import {
  BLUE,
  BLUE_REVISION,
  DELAY_SECONDS,
  decided,
  delayStatus,
  EMPTY,
  GREEN,
  GREEN_REVISION,
  named,
  node,
  nodeName,
  pod,
  podNames,
  resource,
  restingStatus,
  type Scene,
  set,
  T0,
} from './fixtures';

type Case = [situation: string, change: (scene: Scene) => void, step: object];

const nothing = () => {};
const heartbeat = (why: string, delay = HOLD_DELAY_SECONDS - 1) => ({
  do: 'patch-resource',
  spec: { blueGreenUpdate: { initialDelaySeconds: delay } },
  why,
  heartbeat: true,
});
const stay = (waitingFor: string, actions: object[] = []) => ({ kind: 'wait', waitingFor, actions });
const later = (ms: number) => (scene: Scene) => {
  scene.at += ms;
};

function table(phase: Phase, cases: Case[]) {
  describe(phase, () => {
    test.each(cases)('%s', (_, change, step) => {
      expect(decided(phase, change)).toMatchObject(step);
    });
  });
}

/** The operator has begun the upgrade on its own: green is there, and nothing holds it. */
const native = (scene: Scene) => {
  scene.resource = resource({ version: '4.4.15', delaySeconds: DELAY_SECONDS, status: delayStatus() });
  scene.request.desired = resource({ version: '4.4.15', delaySeconds: DELAY_SECONDS });
  scene.sets = [set(BLUE), set(GREEN)];
};
const nativeThenHeld = (scene: Scene) => {
  native(scene);
  scene.resource.spec.blueGreenUpdate!.initialDelaySeconds = HOLD_DELAY_SECONDS;
};

table('claim', [
  ['goes on at once', nothing, { kind: 'next', phase: 'pin' }],
  [
    'holds an operator that upgrades on its own, before anything else',
    native,
    stay('the operator to be held', [
      {
        do: 'patch-resource',
        spec: { blueGreenUpdate: { initialDelaySeconds: HOLD_DELAY_SECONDS } },
        why: 'hold the operator, which upgrades on its own',
        heartbeat: true,
      },
    ]),
  ],
  ['goes on once it is held', nativeThenHeld, { kind: 'next', phase: 'pin' }],
  [
    'stops the evacuation that the operator ordered',
    (scene) => {
      nativeThenHeld(scene);
      named(scene.nodes, `${BLUE}-2`).evacuating = true;
    },
    stay('the evacuations of the operator to stop', [
      { do: 'stop-evacuation', pod: `${BLUE}-2`, node: nodeName(`${BLUE}-2`) },
    ]),
  ],
  [
    'notes where an old pod went before the hold was there',
    (scene) => {
      nativeThenHeld(scene);
      named(scene.sets, BLUE).replicas = 2;
    },
    {
      kind: 'note',
      note: { lostPods: 1 },
      warning:
        'the operator was not held at first and has removed 1 of 3 old pods, with the sessions that were on them',
    },
  ],
  [
    'goes on where the old set has always had fewer',
    (scene) => {
      nativeThenHeld(scene);
      named(scene.sets, BLUE).replicas = 2;
      scene.journal.oldReplicas = 2;
    },
    { kind: 'next', phase: 'pin' },
  ],
]);

/** Devices enter by the Service that the operator makes. */
const byOperator = (revision: string | undefined, pods: readonly string[]) => (scene: Scene) => {
  scene.traffic = [{ service: 'emqx', byOperator: true, revision, pods: [...pods] }];
};
const lead = { do: 'lead-traffic', service: 'emqx', revision: GREEN_REVISION };

describe('the operator’s own Service', () => {
  const everybody = [...podNames(BLUE), ...podNames(GREEN)];

  test('is not tied to blue: the operator writes it until it stands still', () => {
    expect(decided('pin', byOperator(undefined, podNames(BLUE)))).toMatchObject({ kind: 'next', phase: 'apply' });
  });

  test('leads to green alone before anything is evicted', () => {
    const step = decided('switch', byOperator(undefined, everybody));
    expect(step).toMatchObject(stay('only green pods behind the traffic Service', [lead]));
  });

  test.each<Phase>(['evacuate', 'retire'])('%s: is led to green again when somebody wrote it', (phase) => {
    const step = decided(phase, (scene) => {
      byOperator(undefined, everybody)(scene);
      scene.journal.switchedAt = undefined;
    });
    expect(step).toMatchObject({ kind: 'wait', actions: expect.arrayContaining([lead]) });
    expect(step.kind === 'wait' && step.actions.map((action) => action.do)).not.toContain('scale-set');
  });

  test('is the operator’s again after the release', () => {
    const step = decided('release', (scene) => {
      byOperator(GREEN_REVISION, podNames(GREEN))(scene);
      scene.resource.spec.blueGreenUpdate!.initialDelaySeconds = DELAY_SECONDS;
    });
    expect(step).toMatchObject({ kind: 'next', phase: 'done' });
  });
});

table('pin', [
  [
    'ties the traffic Service to blue',
    nothing,
    stay('only blue pods behind the traffic Service', [
      { do: 'select-traffic', service: 'emqx-mqtt', revision: BLUE_REVISION },
    ]),
  ],
  [
    'ties only the Services that are not tied yet',
    (scene) => {
      scene.traffic[0]!.revision = BLUE_REVISION;
      scene.traffic.push({ service: 'emqx-ws', byOperator: false, revision: undefined, pods: podNames(BLUE) });
    },
    stay('only blue pods behind the traffic Service', [
      { do: 'select-traffic', service: 'emqx-ws', revision: BLUE_REVISION },
    ]),
  ],
  [
    'waits while a Service is empty',
    (scene) => {
      scene.traffic[0]!.revision = BLUE_REVISION;
      scene.traffic[0]!.pods = [];
    },
    stay('only blue pods behind the traffic Service'),
  ],
  [
    'waits while another pod is behind it',
    (scene) => {
      scene.traffic[0]!.revision = BLUE_REVISION;
      scene.traffic[0]!.pods.push(`${GREEN}-0`);
    },
    stay('only blue pods behind the traffic Service'),
  ],
  [
    'goes on when only blue is behind it, even if not all of blue',
    (scene) => {
      scene.traffic[0]!.revision = BLUE_REVISION;
      scene.traffic[0]!.pods.pop();
    },
    { kind: 'next', phase: 'apply' },
  ],
  [
    'stops when blue is gone',
    (scene) => {
      scene.sets = [];
    },
    { kind: 'stop', code: 'BLUE_GONE', reason: `the stateful set ${BLUE} is gone` },
  ],
]);

table('apply', [
  [
    'changes template and hold in one patch',
    nothing,
    {
      kind: 'wait',
      waitingFor: 'the resource to have the new template',
      actions: [
        {
          do: 'patch-resource',
          why: 'apply version 4.4.15, with the operator held',
          heartbeat: true,
          spec: {
            blueGreenUpdate: { initialDelaySeconds: HOLD_DELAY_SECONDS },
            template: { spec: { emqxContainer: { image: { version: '4.4.15' } } } },
          },
        },
      ],
    },
  ],
  [
    'holds an operator that has the template and is not held',
    (scene) => {
      scene.resource = resource({ version: '4.4.15' });
    },
    {
      kind: 'wait',
      actions: [{ do: 'patch-resource', spec: { blueGreenUpdate: { initialDelaySeconds: HOLD_DELAY_SECONDS } } }],
    },
  ],
  [
    'goes on when the resource has both',
    (scene) => {
      scene.resource = resource({ version: '4.4.15', delaySeconds: HOLD_DELAY_SECONDS });
    },
    { kind: 'next', phase: 'green' },
  ],
]);

table('green', [
  [
    'waits for the operator to make the set',
    (scene) => {
      scene.sets.pop();
    },
    stay('the operator to create the green nodes'),
  ],
  [
    'makes the operator look again after 10 s without a set',
    (scene) => {
      scene.sets.pop();
      scene.at += 10_000;
    },
    stay('the operator to create the green nodes', [heartbeat('have the operator check the new template')]),
  ],
  [
    'does not take an empty set that an earlier upgrade left behind for green',
    (scene) => {
      scene.sets[1] = set('emqx-old', { replicas: 0, readyReplicas: 0 });
    },
    stay('the operator to create the green nodes'),
  ],
  [
    'counts the green pods that are ready',
    (scene) => {
      scene.sets[1]!.readyReplicas = 2;
      named(scene.pods, `${GREEN}-2`).ready = false;
      scene.resource.status = restingStatus(BLUE);
    },
    stay('the operator to let green pods become ready (2 of 3)'),
  ],
  [
    'makes the operator look every 5 s once all containers run',
    (scene) => {
      scene.sets[1]!.readyReplicas = 2;
      scene.resource.status = restingStatus(BLUE);
      scene.at += 5_000;
    },
    { kind: 'wait', actions: [heartbeat('have the operator check the green pods')] },
  ],
  [
    'makes it look every 10 s while green boots',
    (scene) => {
      scene.sets[1]!.readyReplicas = 0;
      named(scene.pods, `${GREEN}-2`).containersReady = false;
      scene.resource.status = restingStatus(BLUE);
      scene.at += 9_999;
    },
    { kind: 'wait', actions: [] },
  ],
  [
    'lowers the delay by one from what it is',
    (scene) => {
      scene.resource.spec.blueGreenUpdate!.initialDelaySeconds = HOLD_DELAY_SECONDS - 41;
      scene.resource.status = restingStatus(BLUE);
      scene.at += 10_000;
    },
    stay('the operator to see that green is ready', [
      heartbeat('have the operator check the green pods', HOLD_DELAY_SECONDS - 42),
    ]),
  ],
  [
    'opens the readiness gate of a pod that was recreated after the delay began',
    (scene) => {
      scene.sets[1]!.readyReplicas = 2;
      Object.assign(named(scene.pods, `${GREEN}-1`), { onServing: false, ready: false });
    },
    stay('the operator to let green pods become ready (2 of 3)', [
      { do: 'mark-serving', pod: `${GREEN}-1`, serving: true },
    ]),
  ],
  [
    'opens no gate before the delay began: the operator does it, by the node’s own answer',
    (scene) => {
      scene.sets[1]!.readyReplicas = 2;
      delete scene.resource.status!.blueGreenUpdateStatus!.startedAt;
      Object.assign(named(scene.pods, `${GREEN}-1`), { onServing: false, ready: false });
    },
    stay('the operator to let green pods become ready (2 of 3)'),
  ],
  [
    'opens no gate of a pod whose container does not run, or that is on its way out',
    (scene) => {
      scene.sets[1]!.readyReplicas = 1;
      Object.assign(named(scene.pods, `${GREEN}-0`), { onServing: false, ready: false, containersReady: false });
      Object.assign(named(scene.pods, `${GREEN}-1`), { onServing: false, ready: false, terminating: true });
    },
    stay('green pods to become ready (1 of 3)'),
  ],
  [
    'stops when the operator has the roles the other way round',
    (scene) => {
      Object.assign(scene.resource.status!.blueGreenUpdateStatus!, {
        originStatefulSet: GREEN,
        currentStatefulSet: BLUE,
      });
    },
    {
      kind: 'stop',
      code: 'UNEXPECTED_SETS',
      reason: `the operator takes ${GREEN} for blue and ${BLUE} for green; they are ${BLUE} and ${GREEN}`,
    },
  ],
  [
    'waits for nodes that do not see all the others, or do not answer',
    (scene) => {
      named(scene.nodes, `${GREEN}-0`).members = [nodeName(`${GREEN}-0`)];
      named(scene.nodes, `${GREEN}-2`).unreachable = 'time-out';
    },
    stay(`${GREEN}-0, ${GREEN}-2 to join the EMQX cluster`),
  ],
  [
    'waits for the revision of the set',
    (scene) => {
      delete scene.sets[1]!.revision;
    },
    stay('the revision of the green set'),
  ],
  [
    'notes who green is, and goes on',
    nothing,
    {
      kind: 'next',
      phase: 'switch',
      note: { to: { version: '4.4.15', set: GREEN, revision: GREEN_REVISION } },
    },
  ],
]);

table('switch', [
  [
    'leads the traffic to green',
    nothing,
    stay('only green pods behind the traffic Service', [
      { do: 'select-traffic', service: 'emqx-mqtt', revision: GREEN_REVISION },
    ]),
  ],
  ...[
    ['a blue pod is still behind the Service', [...podNames(GREEN), `${BLUE}-0`]],
    ['a green pod is not behind it yet', podNames(GREEN).slice(1)],
  ].map(
    ([situation, pods]): Case => [
      `waits while ${situation as string}`,
      (scene) => {
        scene.traffic = [{ service: 'emqx-mqtt', byOperator: false, revision: GREEN_REVISION, pods: pods as string[] }];
      },
      stay('only green pods behind the traffic Service'),
    ],
  ),
  [
    'waits for a node that is silent, by its name',
    (scene) => {
      scene.traffic = [{ service: 'emqx-mqtt', byOperator: false, revision: GREEN_REVISION, pods: podNames(GREEN) }];
      scene.probes = new Map([[`${GREEN}-1`, { serves: false, reason: 'no answer within 3 s' }]]);
    },
    stay(`${GREEN}-1 to answer as a broker`),
  ],
  [
    'notes when only green was behind every Service',
    (scene) => {
      scene.traffic = [{ service: 'emqx-mqtt', byOperator: false, revision: GREEN_REVISION, pods: podNames(GREEN) }];
    },
    { kind: 'note', note: { switchedAt: T0 } },
  ],
  [
    'waits for the rest of the user’s delay, and looks at least every 2 s',
    (scene) => {
      scene.traffic = [{ service: 'emqx-mqtt', byOperator: false, revision: GREEN_REVISION, pods: podNames(GREEN) }];
      scene.journal.switchedAt = T0;
      later(1_000)(scene);
    },
    { ...stay(`the initial delay of ${DELAY_SECONDS} s`), pollMs: 2_000 },
  ],
  [
    'looks again just when the delay has passed',
    (scene) => {
      scene.traffic = [{ service: 'emqx-mqtt', byOperator: false, revision: GREEN_REVISION, pods: podNames(GREEN) }];
      scene.journal.switchedAt = T0;
      later(4_300)(scene);
    },
    { kind: 'wait', pollMs: 700 },
  ],
  [
    'goes on when the delay has passed',
    (scene) => {
      scene.traffic = [{ service: 'emqx-mqtt', byOperator: false, revision: GREEN_REVISION, pods: podNames(GREEN) }];
      scene.journal.switchedAt = T0;
      later(5_000)(scene);
    },
    { kind: 'next', phase: 'evacuate' },
  ],
]);

describe('what must hold from the patch to the release', () => {
  const held: Phase[] = ['green', 'switch', 'evacuate', 'retire'];

  test.each(held)('%s: an operator that was released is held again before anything else', (phase) => {
    const step = decided(phase, (scene) => {
      scene.resource = { ...resource({ version: '4.4.15', delaySeconds: 60 }), status: delayStatus() };
      for (const name of podNames(BLUE)) named(scene.nodes, name).unreachable = 'time-out';
    });
    expect(step).toEqual({
      kind: 'wait',
      waitingFor: 'the operator to be held again',
      actions: [
        {
          do: 'patch-resource',
          spec: { blueGreenUpdate: { initialDelaySeconds: HOLD_DELAY_SECONDS } },
          why: 'hold the operator again: the delay was reset',
          heartbeat: true,
        },
      ],
      pollMs: 500,
    } satisfies Step);
  });

  test.each(held)('%s: a changed template stops the run', (phase) => {
    const step = decided(phase, (scene) => {
      scene.resource = { ...resource({ version: '4.4.16', delaySeconds: HOLD_DELAY_SECONDS }), status: delayStatus() };
    });
    expect(step).toMatchObject({
      kind: 'stop',
      code: 'TEMPLATE_CHANGED',
      fix: 'set the template back to version 4.4.15, then run the same command again',
      actions: [],
    });
  });

  test.each(held)('%s: another number of replicas stops the run', (phase) => {
    const step = decided(phase, (scene) => {
      const changed = resource({ version: '4.4.15', delaySeconds: HOLD_DELAY_SECONDS });
      scene.resource = { ...changed, status: delayStatus() };
      scene.resource.spec.replicas = 2;
    });
    expect(step).toMatchObject({
      kind: 'stop',
      code: 'REPLICAS_CHANGED',
      fix: 'set spec.replicas back to 3, then run the same command again; change it after the run',
    });
  });

  test.each(held)('%s: a template that was changed together with the delay: the operator is held first', (phase) => {
    const step = decided(phase, (scene) => {
      scene.resource = { ...resource({ version: '4.4.14', delaySeconds: 60 }), status: delayStatus() };
    });
    expect(step).toMatchObject({
      kind: 'wait',
      actions: [{ do: 'patch-resource', spec: { blueGreenUpdate: { initialDelaySeconds: HOLD_DELAY_SECONDS } } }],
    });
  });

  const third = (more: Partial<NodeView>) => (scene: Scene) => {
    scene.sets.push(set('emqx-odd', { replicas: 1 }));
    scene.pods.push(pod('emqx-odd-0'));
    scene.nodes.push(node('emqx-odd-0', more));
  };

  test.each(held.slice(1))('%s: a third set without devices is scaled to 0', (phase) => {
    expect(decided(phase, third(EMPTY))).toEqual({
      kind: 'wait',
      waitingFor: 'emqx-odd, which nothing asks for any more, to be scaled to 0',
      actions: [{ do: 'scale-set', set: 'emqx-odd', replicas: 0 }],
      pollMs: 500,
    });
    const booting = decided(phase, (scene) => {
      third({})(scene);
      scene.nodes.pop();
      Object.assign(named(scene.pods, 'emqx-odd-0'), { containersReady: false, ready: false, onServing: false });
    });
    expect(booting).toMatchObject({ actions: [{ do: 'scale-set', set: 'emqx-odd' }] });
  });

  test.each<[string, (scene: Scene) => void, string]>([
    ['with devices', third({ connections: 2, sessions: 3 }), 'emqx-odd-0 has 2 connections and 3 sessions'],
    ['that does not answer', third({ ...EMPTY, unreachable: 'time-out' }), 'emqx-odd-0 does not answer'],
    [
      'that a Service leads to',
      (scene) => {
        third(EMPTY)(scene);
        scene.traffic[0]!.pods.push('emqx-odd-0');
      },
      'emqx-mqtt routes devices there',
    ],
    [
      'that was let serve, and is not ready now',
      (scene) => {
        third({})(scene);
        scene.nodes.pop();
        Object.assign(named(scene.pods, 'emqx-odd-0'), { containersReady: false, ready: false });
      },
      'emqx-odd-0 does not answer',
    ],
  ])('a third set %s stops the run', (_, change, why) => {
    for (const phase of held.slice(1)) {
      expect(decided(phase, change)).toMatchObject({
        kind: 'stop',
        code: 'UNEXPECTED_SETS',
        reason: `a third stateful set has replicas: emqx-odd; ${why}`,
        fix: 'find out what created it, and how devices reach it; once none is connected there, the same command scales it to 0',
      });
    }
  });

  test.each(held.slice(1))('%s: an empty third set does not', (phase) => {
    const step = decided(phase, (scene) => {
      scene.sets.push(set('emqx-odd', { replicas: 0 }));
    });
    expect(step.kind).not.toBe('stop');
  });
});
