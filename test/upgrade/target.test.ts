import { HOLD_DELAY_SECONDS } from '../../src/resource';
import { digestOf, specPatch, targetOf } from '../../src/upgrade/target';
import { desired, request, resource, restingScene, type Scene, viewOf } from './fixtures';

function target(change: (scene: Scene) => void = () => {}) {
  const scene = restingScene();
  change(scene);
  return targetOf(viewOf(scene), scene.request);
}

describe('targetOf', () => {
  test('tells what changes, and the caps of the strategy', () => {
    const { desired: _, live, ...rest } = target();
    expect(rest).toEqual({
      driver: 'pilot',
      acceptLoss: false,
      acceptDowngrade: false,
      backPercent: 99,
      changes: [{ path: 'template.spec.emqxContainer.image.version', before: '4.4.14', after: '4.4.15' }],
      metadataChanges: [],
      digest: digestOf(desired()),
      liveDigest: digestOf(live),
      applied: false,
      caps: { connections: 100, sessions: 100 },
      pacing: 'fixed',
      waitTakeoverSeconds: 5,
      initialDelaySeconds: 5,
      limits: { readyMs: 600_000, stallMs: 120_000, onFailure: 'stop', onLoss: 'continue' },
    });
  });

  test('a storm cap takes the place of the connection eviction rate only', () => {
    expect(target((scene) => Object.assign(scene.request, { stormCap: 250 })).caps).toEqual({
      connections: 250,
      sessions: 100,
    });
  });

  test('fields that the webhook fills in are no changes', () => {
    const bare = {
      apiVersion: 'apps.emqx.io/v1beta4' as const,
      kind: 'EmqxEnterprise' as const,
      metadata: { name: 'emqx', namespace: 'mqtt' },
      spec: {
        blueGreenUpdate: {
          initialDelaySeconds: 5,
          evacuationStrategy: { waitTakeover: 5, connEvictRate: 100, sessEvictRate: 100 },
        },
        template: { spec: { emqxContainer: { image: { version: '4.4.14' } } } },
      },
    };
    const same = target((scene) => {
      scene.request.desired = bare;
    });
    expect(same.changes).toEqual([]);
    expect(same.applied).toBe(true);
  });

  test('the delay is no change: the engine itself moves it', () => {
    const held = target((scene) => {
      scene.resource = resource({ delaySeconds: HOLD_DELAY_SECONDS });
      scene.request.desired = resource();
    });
    expect(held.changes).toEqual([]);
  });

  test('a change of labels or annotations is told apart, and kubectl’s own annotation is none', () => {
    const labelled = target((scene) => {
      scene.resource.metadata.annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}' };
      scene.request.desired.metadata.labels = { ...scene.request.desired.metadata.labels, tier: 'edge' };
    });
    expect(labelled.metadataChanges).toEqual([{ path: 'labels.tier', after: 'edge' }]);
  });

  test('a resource that GitOps holds gets its delay from the traffic Service', () => {
    const held = target((scene) => {
      scene.request.desired = resource({ version: '4.4.15', delaySeconds: HOLD_DELAY_SECONDS });
      scene.keptInitialDelaySeconds = 60;
    });
    expect(held.initialDelaySeconds).toBe(60);
  });

  test('a resource that GitOps holds, with no kept delay, waits for nothing', () => {
    const held = target((scene) => {
      scene.request.desired = resource({ version: '4.4.15', delaySeconds: HOLD_DELAY_SECONDS });
    });
    expect(held.initialDelaySeconds).toBe(0);
  });
});

describe('digestOf', () => {
  test('does not depend on the order of fields', () => {
    const upsideDown = JSON.parse(JSON.stringify(desired()), (_, value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).reverse())
        : value,
    );
    expect(JSON.stringify(upsideDown)).not.toBe(JSON.stringify(desired()));
    expect(digestOf(upsideDown)).toBe(digestOf(desired()));
  });

  test('depends on the template and on nothing else', () => {
    expect(digestOf(resource({ delaySeconds: 9 }))).toBe(digestOf(resource()));
    expect(digestOf(resource({ version: '4.4.15' }))).not.toBe(digestOf(resource()));
  });

  test('takes an undefined field for no field, and the order of a list for a difference', () => {
    const odd = resource();
    Object.assign(odd.spec.template!, { extra: undefined });
    expect(digestOf(odd)).toBe(digestOf(resource()));
    odd.spec.template!.spec!.emqxContainer!.ports!.reverse();
    expect(digestOf(odd)).not.toBe(digestOf(resource()));
  });

  test('leaves the ACL out: the operator makes no new nodes for it', () => {
    const open = resource();
    open.spec.template!.spec!.emqxContainer!.emqxACL = ['{allow, all}.'];
    expect(digestOf(open)).toBe(digestOf(resource()));
  });
});

describe('specPatch', () => {
  const image = { template: { spec: { emqxContainer: { image: { version: '4.4.15' } } } } };

  test('holds the operator in the same patch that changes the template', () => {
    expect(specPatch(target(), true)).toEqual({
      blueGreenUpdate: { initialDelaySeconds: HOLD_DELAY_SECONDS },
      ...image,
    });
  });

  test('leaves the delay alone where the operator shall act by itself', () => {
    expect(specPatch(target(), false)).toEqual(image);
  });

  test('says nothing of a hold that is there already', () => {
    const held = target((scene) => {
      scene.resource = resource({ delaySeconds: HOLD_DELAY_SECONDS });
    });
    expect(specPatch(held, true)).toEqual(image);
  });

  test('does not change the request', () => {
    const asked = request();
    const before = structuredClone(asked.desired);
    specPatch(
      target((scene) => Object.assign(scene, { request: asked })),
      true,
    );
    expect(asked.desired).toEqual(before);
  });
});
