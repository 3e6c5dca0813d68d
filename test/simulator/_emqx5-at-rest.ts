import type { KubeObject } from '../../src/kubernetes';
import { ClientLedger } from '../../src/simulator/clients/client-ledger';
import { Population } from '../../src/simulator/clients/population';
import { boot, contextOf } from '../../src/simulator/scenario';
import { World } from '../../src/simulator/world';
import { type ProgressEvent, runUpgrade } from '../../src/upgrade';
import { emqx, FLEET, NEW, OLD, SERVICE, service } from './_emqx5-upgrade';

export interface Shape {
  cores: number;
  replicants?: number;
}

/** A cluster of EMQX 5 at rest, with its clients. */
export async function emqx5AtRest({ cores, replicants = 0 }: Shape) {
  const events: ProgressEvent[] = [];
  const world = new World({ seed: 5 });
  const ledger = new ClientLedger(world.clock);
  const context = contextOf(world, 'default', 'emqx', (event) => void events.push(event), undefined, 'EMQX');
  const cluster = (version: string) => emqx(version, cores, replicants, 'apps.emqx.io/v2beta1');
  const population = await world.clock.run(async () => {
    const objects = [cluster(OLD), service(replicants > 0 ? 'replicant' : 'core')] as KubeObject[];
    await boot(world, context, objects, SERVICE);
    const random = world.random.fork('clients');
    const clients = new Population(
      { clock: world.clock, random, front: world.front('default', SERVICE), ledger },
      FLEET,
    );
    await clients.connectAll();
    await world.clock.sleep(3_000);
    return clients;
  });
  ledger.begin();
  /** Merges this into the spec of the resource. */
  const edit = async (spec: Record<string, unknown>) => {
    const { resourceVersion } = await context.cluster.observe();
    await context.cluster.patchResource({ spec, ifVersion: resourceVersion });
  };
  /** An upgrade in the middle of which somebody gives the resource this image. */
  const changedInTheMiddle = async (version: string, desired = cluster(NEW), afterMs = 1_500) => {
    const run = runUpgrade(context, { desired }).catch((error: unknown) => error);
    while (!events.some((event) => event.kind === 'phase' && event.phase === 'evacuate')) await world.clock.sleep(100);
    await world.clock.sleep(afterMs);
    await edit({ image: `emqx/emqx-enterprise:${version}` });
    return run;
  };
  const report = async () => {
    await world.clock.sleep(40_000);
    await population.returnDevices();
    return ledger.report();
  };
  return { world, context, events, edit, changedInTheMiddle, report, cluster };
}
