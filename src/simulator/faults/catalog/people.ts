import type { KubeObject } from '../../../kubernetes';
import { generationOf } from '../../../resource';
import { type Control, controlUpgrade, UpgradeError } from '../../../upgrade';
import { controlText } from '../../../upgrade/control';
import { PortError } from '../../../upgrade/ports';
import type { Random } from '../../random';
import { type Fault, whole } from '../fault';
import { refTo, type Scene } from '../scene';
import { CLUSTER, NAMESPACE, resourceOf, type Wanted } from '../stage-objects';

/** How many times a user sends a request while the API server is unreachable, once a second. */
const PATIENCE = 120;

const HELD = ['green', 'switch', 'evacuate', 'retire'] as const;

/** What users do meanwhile. */
export const PEOPLE_FAULTS = {
  'delay-reset': {
    does: 'someone sets the initial delay: the operator is released by accident',
    phases: HELD,
    act: (scene) => scene.edit(generationOf(scene.desired).delayPatch(scene.stage.size.initialDelaySeconds)),
  },
  'manifest-applied': {
    does: 'someone applies the manifest of the new version again: the operator is released by accident',
    phases: HELD,
    act: (scene) => applied(scene, 'new'),
  },
  'old-manifest-applied': {
    does: 'someone applies the manifest of the old version: template and delay are reverted together',
    phases: HELD,
    act: (scene) => applied(scene, 'old'),
  },
  'template-edited': {
    does: 'someone edits the template; the run stops, and the user reverts the template and runs the command again',
    phases: HELD,
    act: (scene) => {
      scene.judge.causes.templateChanged = true;
      return scene.setTemplate('other');
    },
  },
  'foreign-set': {
    does: 'someone creates a cluster of the other generation (EMQX 4.4 or 5) with the same name: the operator gives its objects the same labels',
    act: (scene) => makeForeignSet(scene),
  },
  'request-pause': {
    does: 'someone pauses the run, and resumes it up to 40 s later',
    act: async (scene, random) => {
      await ask(scene, random, { do: 'pause' });
      await scene.clock.sleep(whole(random, 100, 40_000));
      await ask(scene, random, { do: 'resume' });
    },
  },
  'request-rate': {
    does: 'someone requests another rate',
    act: (scene, random) => ask(scene, random, { do: 'rate', perSecond: whole(random, 1, 12) }),
  },
  'request-hasty': {
    does: 'someone sends a request, and another one right after it',
    act: async (scene, random) => {
      const [first, second] = random.pick([
        ['rate=3', 'rate=2'],
        ['pause', 'resume'],
        ['rate=4', 'abort'],
        ['no such thing', 'rate=2'],
      ])!;
      for (let times = 0; times < 3; times++) {
        await scene.ask(first!);
        await scene.clock.sleep(whole(random, 100, 130));
        await scene.ask(second!);
        await scene.clock.sleep(whole(random, 500, 3_000));
      }
    },
  },
  'request-abort': {
    does: 'someone aborts the run',
    act: (scene, random) => ask(scene, random, { do: 'abort' }),
  },
} satisfies Record<string, Fault>;

async function applied(scene: Scene, wanted: Wanted): Promise<void> {
  if (wanted === 'old') scene.judge.causes.templateChanged = true;
  const body = resourceOf(scene.stage.size, wanted) as KubeObject;
  await scene.user.patch(refTo(body), { type: 'apply', body, fieldManager: 'kubectl', force: true });
}

/** Its pods stay pending: such nodes are not simulated. */
async function makeForeignSet({ user, judge, world, stage: { size } }: Scene): Promise<void> {
  if (size.generation === 5) {
    const emqx4 = resourceOf({ ...size, generation: 4, native: false }, 'strange') as KubeObject;
    if (!world.kubernetes.store.find(refTo(emqx4))) await user.create(emqx4);
    return;
  }
  const { labels } = judge.facts.resource.metadata;
  const kind = { apiVersion: 'apps.emqx.io/v2beta1', kind: 'EMQX' };
  const emqx5: KubeObject = { ...kind, metadata: { name: CLUSTER, namespace: NAMESPACE } };
  if (world.kubernetes.store.find(refTo(emqx5))) return;
  const { uid = '' } = (await user.create(emqx5)).metadata;
  const set: KubeObject & { spec: object } = {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: {
      name: `${CLUSTER}-core-6d5b9c8f7`,
      namespace: NAMESPACE,
      labels: { ...labels },
      ownerReferences: [{ ...kind, name: CLUSTER, uid, controller: true }],
    },
    spec: {
      replicas: 1,
      selector: { matchLabels: { ...labels } },
      template: {
        metadata: { labels: { ...labels, 'apps.emqx.io/db-role': 'core' } },
        spec: { containers: [{ name: 'emqx', image: 'emqx/emqx:5.8' }] },
      },
    },
  };
  await user.create(set);
}

/** Sends the request with the key of the ConfigMap, or with the command. */
async function ask(scene: Scene, random: Random, control: Control): Promise<void> {
  if (random.below(2) === 0) {
    await scene.ask(controlText(control));
    return;
  }
  for (let tries = 0; tries < PATIENCE; tries++) {
    const process = scene.process();
    try {
      await controlUpgrade(process.context, control, process.signal);
      return;
    } catch (error) {
      scene.trace.describe(`${process.holder} ends: ${(error as Error).message.split('\n').join(' ')}`);
      scene.judge.stopped(process.holder, error);
      // If the command could not reach the cluster, or was killed, its effect is unknown: it is run again.
      if (!(error instanceof PortError) && !process.isDead) {
        if (!(error instanceof UpgradeError)) scene.judge.fail('named errors', String(error));
        return;
      }
    } finally {
      process.kill();
    }
    await scene.clock.sleep(1_000);
  }
}
