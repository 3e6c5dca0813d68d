import { setMaxListeners } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Cluster } from '../src/kubernetes';
import { type Journal, runUpgrade, type UpgradeContext, type UpgradeReport } from '../src/upgrade';
import { atRest, CAP, cluster } from '../test/simulator/_cluster-at-rest';

/** Virtual time between the beginnings of two upgrades, ms. */
const BETWEEN_MS = 3_600_000;
/** How long one of them is paused, ms. */
const PAUSE_MS = 600_000;
/** A cluster and its history may take so much more memory at the end than after the first upgrades. */
const GROWTH = 1.5;

/** What may happen to an upgrade; they take turns. */
const TURNS = ['left alone', 'aborted', 'paused', 'driven by two processes, one after the other'] as const;
type Turn = (typeof TURNS)[number];

export interface Endured {
  hours: number;
  upgrades: number;
  disconnects: number;
  /** What was broken; empty when nothing was. */
  failures: string[];
  /** Of the heap, in MB, after the first upgrades and at the end. */
  heap: [number, number];
  /** Objects in the store of the API server, likewise. */
  objects: [number, number];
}

/**
 * One cluster with 300 clients for many virtual hours, upgraded each hour from one patch version to the next: it must keep its promises
 * in the last one as in the first, and nothing may pile up.
 */
export async function endure(hours: number): Promise<Endured> {
  const { world, context, ledger } = await atRest();
  const endured: Endured = { hours, upgrades: 0, disconnects: 0, failures: [], heap: [0, 0], objects: [0, 0] };
  const look = () => [heapMegabytes(), world.kubernetes.store.all().length] as const;
  const begun = world.clock.now();
  await world.clock.run(
    async () => {
      let patch = 14;
      for (let hour = 0; hour < hours; hour++) {
        const turn = TURNS[hour % TURNS.length]!;
        ledger.begin();
        const report = await upgradeTo(`4.4.${patch + 1}`, turn, context);
        await world.clock.sleep(60_000);
        if (report.outcome === 'completed') patch++;
        endured.upgrades++;
        const seen = ledger.report();
        endured.disconnects += seen.disconnects;
        const broken = [
          (report.outcome === 'aborted') !== (turn === 'aborted') && `it ended ${report.outcome}`,
          seen.disconnectsPerClient.max > (turn === 'aborted' ? 2 : 1) &&
            `a client was disconnected ${seen.disconnectsPerClient.max} times`,
          seen.peakDisconnectsPerSecond > CAP && `${seen.peakDisconnectsPerSecond} disconnects in one second`,
          seen.sessionsLost > 0 && `${seen.sessionsLost} sessions were lost`,
          seen.stillOffline > 0 && `${seen.stillOffline} clients are still away`,
        ].filter((text) => text !== false);
        endured.failures.push(...broken.map((text) => `hour ${hour}, ${turn}: ${text}`));
        if (hour === TURNS.length - 1) [endured.heap[0], endured.objects[0]] = look();
        await world.clock.sleep(Math.max(0, begun + (hour + 1) * BETWEEN_MS - world.clock.now()));
      }
      [endured.heap[1], endured.objects[1]] = look();
    },
    (hours + 1) * BETWEEN_MS,
  );
  world.stop();
  const [early, late] = endured.heap;
  if (early > 0 && late > GROWTH * early) endured.failures.push(`the heap grew from ${early} to ${late} MB`);
  return endured;
}

async function upgradeTo(version: string, turn: Turn, context: UpgradeContext): Promise<UpgradeReport> {
  const { clock } = context;
  const request = { desired: cluster(version) };
  const end = new AbortController();
  setMaxListeners(0, end.signal); // every request under way is one
  const run = runUpgrade(context, request, end.signal);
  run.catch(() => undefined);
  if (turn === 'left alone') return run;
  await evacuating(context.cluster as Cluster, clock);
  if (turn === 'aborted') await context.cluster.writeRequest('abort');
  if (turn === 'paused') {
    await context.cluster.writeRequest('pause');
    await clock.sleep(PAUSE_MS);
    await context.cluster.writeRequest('resume');
  }
  if (turn !== 'driven by two processes, one after the other') return run;
  end.abort();
  await run.catch(() => undefined);
  await clock.sleep(5_000);
  return runUpgrade({ ...context, holder: `${context.holder}-2` }, request);
}

/** Resolves a second into the evacuation. */
async function evacuating(cluster: Cluster, clock: UpgradeContext['clock']): Promise<void> {
  const phaseOf = (journal: Journal | undefined) => (journal?.finishedAt === undefined ? journal?.phase : undefined);
  while (phaseOf((await cluster.observe()).journal) !== 'evacuate') await clock.sleep(500);
  await clock.sleep(1_000);
}

function heapMegabytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return Math.round(process.memoryUsage().heapUsed / 1e6);
}
