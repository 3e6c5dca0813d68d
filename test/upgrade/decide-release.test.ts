import { HOLD_DELAY_SECONDS } from '../../src/resource';
import { BLUE, decided, GREEN, podNames, resource, restingStatus, type Scene } from './fixtures';

describe('release', () => {
  test('gives the user’s delay back first', () => {
    expect(decided('release')).toMatchObject({
      kind: 'wait',
      waitingFor: 'the user’s delay to be restored',
      actions: [
        {
          do: 'patch-resource',
          spec: { blueGreenUpdate: { initialDelaySeconds: 5 } },
          why: 'restore the initial delay of 5 s',
          heartbeat: false,
        },
      ],
    });
  });

  const released = (scene: Scene) => {
    scene.resource = { ...resource({ version: '4.4.15' }), status: restingStatus(GREEN) };
  };

  test('then lets the Services select the whole cluster', () => {
    expect(decided('release', released)).toMatchObject({
      kind: 'wait',
      actions: [{ do: 'select-traffic', service: 'emqx-mqtt', revision: undefined }],
    });
  });

  test('ends when both are done', () => {
    const step = decided('release', (scene) => {
      released(scene);
      scene.traffic[0]!.revision = undefined;
    });
    expect(step).toEqual({ kind: 'next', phase: 'done' });
  });

  test.each<[string, string[]]>([
    ['still leads to old pods', [...podNames(GREEN), `${BLUE}-0`]],
    ['does not lead to every pod yet', podNames(GREEN).slice(1)],
  ])('waits while a Service %s', (_, pods) => {
    const step = decided('release', (scene) => {
      released(scene);
      scene.traffic[0] = { ...scene.traffic[0]!, revision: undefined, pods };
    });
    expect(step).toMatchObject({ waitingFor: 'the traffic Services to select the whole cluster again', actions: [] });
  });

  test('waits while no node is ready, although the Service leads to no other', () => {
    const step = decided('release', (scene) => {
      released(scene);
      scene.traffic[0] = { ...scene.traffic[0]!, revision: undefined, pods: [] };
      scene.pods = scene.pods.map((pod) => ({ ...pod, ready: false }));
    });
    expect(step).toMatchObject({ kind: 'wait', waitingFor: 'the nodes to be ready for devices', actions: [] });
  });

  test('does not wait for pods of another owner to leave a Service that selects them by the same labels', () => {
    const step = decided('release', (scene) => {
      released(scene);
      scene.foreign = [{ name: 'emqx-core-1', owner: 'EMQX emqx', pods: ['emqx-core-1-0'] }];
      scene.traffic[0] = { ...scene.traffic[0]!, revision: undefined, pods: [...podNames(GREEN), 'emqx-core-1-0'] };
    });
    expect(step).toEqual({ kind: 'next', phase: 'done' });
  });

  test('stops while the operator is still held when somebody has changed the template', () => {
    const changed = (more: (scene: Scene) => void) =>
      decided('release', (scene) => {
        more(scene);
        scene.resource.spec.template!.spec!.emqxContainer!.image!.version = '4.4.16';
      });
    expect(changed(() => {})).toMatchObject({ kind: 'stop', code: 'TEMPLATE_CHANGED' });
    // Then the operator has begun to upgrade by itself.
    expect(changed(released)).toMatchObject({ kind: 'wait' });
  });

  describe('of a resource that its owner wants held', () => {
    const held = (delaySeconds: number) => (scene: Scene) => {
      scene.resource = resource({ version: '4.4.15', delaySeconds, status: restingStatus(GREEN) });
      scene.journal.delay.after = HOLD_DELAY_SECONDS;
      scene.traffic[0]!.revision = undefined;
    };

    test('leaves it held', () => {
      expect(decided('release', held(HOLD_DELAY_SECONDS))).toEqual({ kind: 'next', phase: 'done' });
    });

    test('gives it the number its file has: heartbeats have lowered it', () => {
      expect(decided('release', held(HOLD_DELAY_SECONDS - 4))).toMatchObject({
        kind: 'wait',
        actions: [{ do: 'patch-resource', spec: { blueGreenUpdate: { initialDelaySeconds: HOLD_DELAY_SECONDS } } }],
      });
    });
  });
});
