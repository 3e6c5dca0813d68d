import type { Phase } from '../../src/upgrade/journal';
import { BLUE, decided, GREEN, nodeName, resource, restingStatus, type Scene, set } from './fixtures';

const nothing = () => {};

describe('the operator on its own', () => {
  const native = (phase: Phase, change: (scene: Scene) => void = nothing) =>
    decided(phase, (scene) => {
      scene.journal.driver = 'operator';
      change(scene);
    });

  test('changes the template and leaves the delay', () => {
    expect(native('claim')).toEqual({ kind: 'next', phase: 'apply' });
    expect(native('apply')).toMatchObject({
      kind: 'wait',
      actions: [
        {
          do: 'patch-resource',
          spec: { template: { spec: { emqxContainer: { image: { version: '4.4.15' } } } } },
          heartbeat: false,
        },
      ],
    });
  });

  test('is watched once the template is there', () => {
    const step = native('apply', (scene) => {
      scene.resource = resource({ version: '4.4.15' });
    });
    expect(step).toEqual({ kind: 'next', phase: 'native' });
  });

  const finished = (scene: Scene) => {
    scene.journal.phase = 'native';
    scene.journal.to = { version: '4.4.15' };
  };

  test('has ended when blue is at 0 and every node is green’s', () => {
    expect(native('release', finished)).toEqual({
      kind: 'next',
      phase: 'done',
      note: { to: { version: '4.4.15', set: GREEN } },
    });
  });

  test.each<[string, (scene: Scene) => void]>([
    [
      'STATUS is Running again in the middle of the upgrade',
      (scene) => {
        scene.sets[0] = set(BLUE);
        scene.resource.status = { ...restingStatus(GREEN), readyReplicas: 3 };
      },
    ],
    [
      'an upgrade is in the status',
      (scene) => {
        scene.resource.status!.blueGreenUpdateStatus = {};
      },
    ],
    [
      'a blue node is still listed',
      (scene) => {
        scene.resource.status!.emqxNodes!.push({ node: nodeName(`${BLUE}-0`) });
      },
    ],
    [
      'more nodes are ready than there are replicas',
      (scene) => {
        scene.resource.status!.readyReplicas = 4;
      },
    ],
    [
      'a green pod is not ready',
      (scene) => {
        scene.sets[1]!.readyReplicas = 2;
      },
    ],
  ])('goes on while %s', (_, change) => {
    const step = native('release', (scene) => {
      finished(scene);
      change(scene);
    });
    expect(step).toMatchObject({ kind: 'wait', waitingFor: 'the operator to finish its upgrade', actions: [] });
  });
});
