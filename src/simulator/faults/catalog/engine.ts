import { KubeApiError } from '../../../kubernetes';
import { generationOf } from '../../../resource';
import { BlockedError, runUpgrade, UpgradeError } from '../../../upgrade';
import { PortError } from '../../../upgrade/ports';
import type { Moment } from '../engine-call';
import type { EngineProcess } from '../engine-process';
import { type Fault, whole } from '../fault';
import type { Scene } from '../scene';
import { CLUSTER, NAMESPACE } from '../stage-objects';

/** What happens to the process that runs the engine. */
export const ENGINE_FAULTS = {
  'engine-killed': {
    does: 'kills the process at any moment; another process runs the same command',
    act: ({ driver }) => driver?.kill(),
  },
  'engine-killed-before-write': {
    does: 'kills the process just before a write or an order',
    act: (scene, random) => killAtWrite(scene, 'before', whole(random, 0, 3)),
  },
  'engine-killed-after-write': {
    does: 'kills the process after a write or an order has taken effect, before it receives the response',
    act: (scene, random) => killAtWrite(scene, 'after', whole(random, 0, 3)),
  },
  'engine-paused': {
    does: 'the process is suspended for 60 s; then it wakes up, perhaps after another one has resumed the run',
    act: async (scene, random) => {
      const ms = 60_000;
      scene.driver?.freeze(ms);
      scene.disturb(ms);
      if (random.below(2) === 0) {
        await scene.clock.sleep(whole(random, 31_000, 50_000));
        await startAnother(scene, scene.process());
      } else await scene.clock.sleep(ms);
    },
  },
  'credentials-refused': {
    does: 'the credentials of the running processes are rejected from now on; processes that start later have new ones',
    act: (scene) => {
      const refused = new Set(scene.processes.map(({ holder }) => holder));
      const refusal = new KubeApiError(401, 'Unauthorized', 'Unauthorized');
      for (const process of scene.processes) process.endWatches(refusal);
      scene.meets.add(({ process, to }, moment) => {
        if (to === 'kubernetes' && moment === 'before' && refused.has(process)) throw refusal;
      });
      // Until they have given up, and the user has run the command again.
      scene.disturb(90_000);
    },
  },
  'second-engine': {
    does: 'another process runs the same command while the run is under way; it is rejected',
    act: (scene) => startAnother(scene, scene.process()),
  },
  'two-engines-begin': {
    does: 'another process runs the same command at the same moment; one of the two is rejected',
    fromStart: true,
    act: (scene) => startAnother(scene, scene.process()),
  },
  'lease-stolen': {
    does: 'someone writes another holder into the lease and does nothing else',
    act: async (scene) => {
      const now = new Date(scene.clock.now()).toISOString().replace('Z', '000Z');
      const spec = { holderIdentity: 'thief', renewTime: now, acquireTime: now };
      const lease = {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        namespace: NAMESPACE,
        name: generationOf(scene.desired).companionOf(CLUSTER),
      };
      await scene.user.patch(lease, { type: 'merge', body: { spec } });
      scene.disturb(30_000);
    },
  },
} satisfies Record<string, Fault>;

async function killAtWrite(scene: Scene, moment: Moment, skip: number): Promise<void> {
  let left = skip;
  await new Promise<void>((resolve) => {
    const meet = ({ process, writes }: { process: string; writes: boolean }, now: Moment) => {
      if (!writes || now !== moment || left-- > 0) return;
      scene.meets.delete(meet);
      scene.processes.find(({ holder }) => holder === process)?.kill();
      resolve();
    };
    scene.meets.add(meet);
    scene.atEnd(resolve);
  });
}

/** Another process that runs the same command, unless the run has ended meanwhile: it would begin one of its own. */
async function startAnother(scene: Scene, process: EngineProcess): Promise<void> {
  if (scene.isOver) return;
  const holder = scene.judge.facts.leaseHolder;
  scene.trace.describe(`${process.holder} begins`);
  try {
    await runUpgrade(process.context, scene.request, process.signal);
  } catch (error) {
    scene.trace.describe(`${process.holder} ends: ${(error as Error).message.split('\n').join(' ')}`);
    scene.judge.stopped(process.holder, error);
    const named = error instanceof UpgradeError || error instanceof PortError || process.isDead;
    if (!named) scene.judge.fail('named errors', String(error));
    const refusedFor = error instanceof BlockedError ? error.blockers.map(({ id }) => id) : [];
    const alive = scene.driver !== undefined && scene.driver.holder === holder;
    if (error instanceof BlockedError && alive && !refusedFor.includes('lease')) {
      scene.judge.fail('one owner', `the second process is rejected for ${refusedFor.join(', ')}, not for the lease`);
    }
  }
  process.kill();
}
