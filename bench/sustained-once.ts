import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { KubeObject } from '../src/kubernetes';
import { withVersion } from '../src/resource';
import { Runner, sinksTo } from '../src/runner';
import type { Tell } from '../src/runner/told';
import { planUpgrade, runUpgrade } from '../src/upgrade';
import { Observer } from '../src/upgrade/observe';
import { AtRest, NAMESPACE } from './at-rest';
import { type EvacuationCost, evacuationCost } from './cost';
import type { Asked } from './counted';
import { cpuMs } from './cpu';

/** The nodes and devices of a cluster that is upgraded again and again. */
const SMALL = { nodes: 3, clients: 30, cap: 100 };
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Virtual time between two upgrades, ms. */
const BETWEEN_MS = MINUTE_MS;
/** Samples of the heap: what is on it at one moment varies by more than what remains. */
const SAMPLES = 150;
/** At so many nodes is looked while CPU is measured, and at so many before. */
const LOOKED_AT = 10_000;
const WARM_UP = 4_000;

/** Of an evacuation: devices of a node, and which part of all is disconnected in a second. */
const DEVICES_A_NODE = 500;
const EVACUATED_A_SECOND = 0.01;

/** Bytes in use, garbage collected, after so many upgrades, or hours. */
export type Sample = readonly [at: number, bytes: number];

/** What is measured in a process of its own, by name. */
export type Subject =
  | { subject: 'upgrades'; generation: 4 | 5; count: number }
  | { subject: 'paused'; generation: 4 | 5; hours: number }
  | { subject: 'nodes'; nodes: number; foreignPods: number }
  | { subject: 'evacuation'; nodes: number };

export interface Answers {
  upgrades: { samples: Sample[] };
  paused: { samples: Sample[]; rate: Asked };
  nodes: {
    /** A minute, with a runner that follows it. */
    rest: Asked;
    /** All in all. */
    look: Asked;
    plan: Asked;
    /** CPU of one look at everything, of which the answers are there: what the engine itself takes. */
    lookMs: number;
  };
  evacuation: EvacuationCost & { cap: number };
}

async function sustained(subject: Subject): Promise<Answers[Subject['subject']]> {
  switch (subject.subject) {
    case 'upgrades':
      return upgrades(subject.generation, subject.count);
    case 'paused':
      return paused(subject.generation, subject.hours);
    case 'nodes':
      return nodes(subject.nodes, subject.foreignPods);
    case 'evacuation':
      return evacuation(subject.nodes);
  }
}

/** Somebody changes the version again and again, to one patch after the other, and a runner takes each up; with all that it tells. */
function upgrades(generation: 4 | 5, count: number): Promise<Answers['upgrades']> {
  const at = new AtRest({ generation, ...SMALL });
  const { clock } = at.world;
  let over: (failure?: Error) => void = () => undefined;
  return at.inVirtualTime(count * HOUR_MS, async () => {
    const stop = await follow(at, (told) => {
      if (told.kind === 'end') over();
      if (told.kind === 'stopped') over(new Error(`${told.code}: ${told.text}`));
    });
    const samples: Sample[] = [];
    for (let done = 1; done <= count; done++) {
      at.reset();
      const upgraded = new Promise<void>((resolve, reject) => {
        over = (failure) => {
          clock.touch();
          if (failure) reject(failure);
          else resolve();
        };
      });
      await at.change(at.versionAfter(done));
      await upgraded;
      await clock.sleep(BETWEEN_MS);
      await at.cleanUp();
      if (done % Math.ceil(count / SAMPLES) === 0) samples.push([done, bytesUsed()]);
    }
    await stop();
    return { samples };
  });
}

/** A runner with a policy, and all that it tells; until the returned function is called. */
async function follow(at: AtRest, log: Tell): Promise<() => Promise<void>> {
  const { counted, world } = at;
  const { api, transport } = counted;
  const { clock, prober } = world;
  await world.apply([POLICY]);
  const sinks = sinksTo({ api, clock, namespace: NAMESPACE, log });
  const way = { api, clock, prober, transport: () => transport };
  const runner = new Runner({ ...way, namespace: NAMESPACE, namespaces: [NAMESPACE], holder: 'bench' }, sinks.tell);
  const end = new AbortController();
  const running = runner.run(end.signal);
  return () => {
    end.abort();
    clock.touch();
    return running;
  };
}

const POLICY = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: NAMESPACE, name: 'emqx-upgrade-runner' },
  data: { policy: 'mode: automatic' },
} as KubeObject;

/** A run that is paused in the middle of its evacuation, and stays so. */
function paused(generation: 4 | 5, hours: number): Promise<Answers['paused']> {
  const at = new AtRest({ generation, nodes: 3, clients: 300, cap: 10 });
  const { clock } = at.world;
  const end = new AbortController();
  return at.inVirtualTime((hours + 1) * HOUR_MS, async () => {
    const context = at.context();
    const run = runUpgrade(context, { desired: withVersion(at.cluster, at.versionAfter(1)) }, end.signal);
    run.catch(() => undefined);
    const phase = async () => (await at.view.observe()).journal?.phase;
    while ((await phase()) !== 'evacuate') await clock.sleep(1_000);
    await context.cluster.writeRequest('pause');
    await clock.sleep(MINUTE_MS);
    at.reset();
    const samples: Sample[] = [];
    for (let sample = 1; sample <= SAMPLES; sample++) {
      await clock.sleep((hours * HOUR_MS) / SAMPLES);
      samples.push([(sample * hours) / SAMPLES, bytesUsed()]);
    }
    const rate = at.counted.rate(hours * HOUR_MS);
    const { journal } = await at.view.observe();
    if (!journal?.paused || journal.phase !== 'evacuate') throw new Error(`it is in ${journal?.phase}, not paused`);
    end.abort();
    await run.catch(() => undefined);
    return { samples, rate };
  });
}

/** A cluster of EMQX 5 with many nodes, or one beside which many pods of others are. */
function nodes(count: number, foreignPods: number): Promise<Answers['nodes']> {
  const at = new AtRest({ generation: 5, nodes: count, clients: 1_000, cap: 50, foreignPods });
  const { clock } = at.world;
  return at.inVirtualTime(HOUR_MS, async () => {
    const stop = await follow(at, () => undefined);
    await clock.sleep(2 * MINUTE_MS);
    at.reset();
    await clock.sleep(10 * MINUTE_MS);
    const rest = at.counted.rate(10 * MINUTE_MS);
    await stop();
    at.reset();
    const { cluster, emqx } = at.context();
    await new Observer(clock, cluster, emqx).observe(undefined);
    const look = at.counted.asked;
    at.reset();
    await planUpgrade(at.context(), { desired: withVersion(at.cluster, at.versionAfter(1)) });
    return { rest, look, plan: at.counted.asked, lookMs: await lookMsOf(at) };
  });
}

/** An evacuation of a cluster of EMQX 5 with many nodes. */
async function evacuation(nodes: number): Promise<Answers['evacuation']> {
  const clients = DEVICES_A_NODE * nodes;
  const cap = clients * EVACUATED_A_SECOND;
  return { cap, ...(await evacuationCost({ generation: 5, nodes, clients, cap })) };
}

/** CPU of a look at the cluster and all its nodes, where every answer is there already. */
async function lookMsOf(at: AtRest): Promise<number> {
  const context = at.remembered();
  const look = () => new Observer(context.clock, context.cluster, context.emqx).observe(undefined);
  const seen = await look();
  if ([...seen.nodes.values()].some(({ unreachable }) => unreachable)) throw new Error('a node does not answer');
  for (let nodes = 0; nodes < WARM_UP; nodes += seen.nodes.size) await look();
  const before = cpuMs();
  let looks = 0;
  for (; looks * seen.nodes.size < LOOKED_AT; looks++) await look();
  return (cpuMs() - before) / looks;
}

/** Of the heap and of arrays outside of it, garbage collected. */
function bytesUsed(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let times = 0; times < 2; times++) collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

sustained(JSON.parse(process.argv[2]!) as Subject).then(
  (answer) => console.log(JSON.stringify(answer)),
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
