import { EmqxClient } from '../src/emqx';
import { Cluster, type KubeObject } from '../src/kubernetes';
import { mixedFleet } from '../src/simulator/clients/client-group';
import { ClientLedger } from '../src/simulator/clients/client-ledger';
import { Population } from '../src/simulator/clients/population';
import { contextOf, running, served } from '../src/simulator/scenario';
import { World } from '../src/simulator/world';
import { type ProgressEvent, runUpgrade } from '../src/upgrade';
import { Counted } from './counted';
import { tutorialUpgrade } from './tutorial';

const NODES = 6;
const CAP = 50;
const CLIENTS = 9_000;

/** Most requests a minute while nothing but the evacuation goes on. */
export const COST_BOUNDS = { writes: 12, reads: 20, perNode: 60 } as const;

export interface UpgradeCost {
  /** Minutes that were counted. */
  minutes: number;
  /** Requests to the API server a minute; a watch counts when it opens. */
  writes: number;
  reads: number;
  /** Requests a minute to the management API of the node that was asked most. */
  perNode: number;
}

/** What an upgrade of six nodes asks of the API server and of the nodes in its evacuation, in virtual time. */
export async function upgradeCost(): Promise<UpgradeCost> {
  const { cluster, objects, desired } = tutorialUpgrade(CAP, 0);
  for (const resource of [cluster, desired]) resource.spec.replicas = NODES;
  const world = new World({ seed: 1 });
  const { clock } = world;
  const counted = new Counted(world);
  return clock.run(async () => {
    await world.apply([cluster as KubeObject, ...objects]);
    await running(contextOf(world, 'default', 'emqx-ee', () => undefined));
    await served(world, 'default', 'emqx-ee-mqtt');
    const front = world.front('default', 'emqx-ee-mqtt');
    const random = world.random.fork('clients');
    const ledger = new ClientLedger(clock);
    await new Population({ clock, random, front, ledger }, mixedFleet(CLIENTS, 300)).connectAll();
    await clock.sleep(3_000);
    let began = 0;
    let cost: UpgradeCost | undefined;
    const progress = {
      report(event: ProgressEvent) {
        if (event.kind !== 'phase') return;
        if (event.phase === 'evacuate') {
          began = clock.now();
          counted.reset();
        }
        if (event.phase !== 'retire') return;
        const ms = clock.now() - began;
        const { writes, reads, busiestNode } = counted.rate(ms);
        cost = { minutes: ms / 60_000, writes, reads, perNode: busiestNode };
      },
    };
    const { api, transport } = counted;
    const view = new Cluster({ api, clock, namespace: 'default', name: 'emqx-ee' });
    const emqx = new EmqxClient({ transport, namespace: 'default', credentials: () => view.credentials() });
    await runUpgrade({ clock, cluster: view, emqx, progress, holder: 'bench' }, { desired });
    world.stop();
    if (!cost) throw new Error('there was no evacuation');
    return cost;
  });
}

/** Prints the cost; returns what is out of bounds. */
export async function cost(print: (line: string) => void): Promise<string[]> {
  const measured = await upgradeCost();
  const rows = [
    ['writes to the API server', measured.writes, COST_BOUNDS.writes],
    ['reads of the API server', measured.reads, COST_BOUNDS.reads],
    ['requests to the busiest node', measured.perNode, COST_BOUNDS.perNode],
  ] as const;
  print(`\nrequests a minute, evacuation of ${NODES} nodes, ${measured.minutes.toFixed(1)} min of virtual time`);
  for (const [label, value, bound] of rows)
    print(`  ${label.padEnd(32)} ${value.toFixed(1).padStart(6)}  (bound ${bound})`);
  return rows.flatMap(([label, value, bound]) => (value > bound ? `${label}: ${value.toFixed(1)} a minute` : []));
}
