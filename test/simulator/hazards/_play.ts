import { type EmqxResponse, type EmqxTransport, TransportError } from '../../../src/emqx';
import type { KubeObject } from '../../../src/kubernetes';
import { API_VERSION, asEnterprise, HOLD_DELAY_SECONDS, isHeld, KIND } from '../../../src/resource';
import {
  BlockedError,
  type Phase,
  type ProgressEvent,
  runUpgrade,
  UpgradeError,
  type UpgradeRequest,
} from '../../../src/upgrade';
import { type AtRestOptions, atRest, CAP, cluster } from '../_cluster-at-rest';
import type { Outcome } from './_table';

export type At = Awaited<ReturnType<typeof atRest>> & { events: ProgressEvent[] };

export const REQUEST: UpgradeRequest = { desired: cluster('4.4.15') };

/** The operator of the tutorial: it evacuates before it scales, so that other hazards than its first defect can be seen. */
export const AS_DESIGNED: AtRestOptions = { operator: 'as-designed' };

const RESOURCE = { apiVersion: API_VERSION, kind: KIND, namespace: 'default', name: 'emqx-ee' };

/** Plays something on a cluster at rest with 300 clients, in its time. */
export async function onCluster<T>(options: AtRestOptions, work: (at: At) => Promise<T>): Promise<T> {
  const events: ProgressEvent[] = [];
  const at = { ...(await atRest({ ...options, events })), events };
  try {
    return await at.world.clock.run(() => work(at));
  } finally {
    at.world.stop();
  }
}

/** Resolves when something holds. @throws Error when it does not within an hour */
export async function until({ world: { clock } }: At, reached: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = clock.now() + 3_600_000;
  while (!(await reached())) {
    if (clock.now() > deadline) throw new Error('waited in vain');
    await clock.sleep(100);
  }
}

export const reaching = (at: At, phase: Phase) =>
  until(at, () => at.events.some((event) => event.kind === 'phase' && event.phase === phase));

/** Runs an upgrade, and does something `ms` after it has come to a phase. */
export async function disturbed(at: At, [phase, ms]: [Phase, number], disturb: () => unknown, request = REQUEST) {
  const run = runUpgrade(at.context, request);
  run.catch(() => undefined);
  await reaching(at, phase);
  await at.world.clock.sleep(ms);
  await disturb();
  return run;
}

/** Somebody changes the custom resource. */
export const edit = ({ world }: At, spec: Record<string, unknown>) =>
  world.api.patch(RESOURCE, { type: 'merge', body: { spec } });

export const setVersion = (at: At, version: string) =>
  edit(at, { template: { spec: { emqxContainer: { image: { version } } } } });

/** Somebody applies the manifest, as the operator's own tutorial does. */
export const applyVersion = ({ world }: At, version: string) => world.apply([cluster(version) as KubeObject]);

/** Has the operator build the new nodes, and stand still behind them. Returns the names of both sets. */
export async function holdUpgrade(at: At): Promise<{ blue: string; green: string }> {
  await edit(at, { blueGreenUpdate: { initialDelaySeconds: HOLD_DELAY_SECONDS } });
  await setVersion(at, '4.4.15');
  await until(at, async () => (await operatorStatus(at))?.startedAt !== undefined);
  const { originStatefulSet: blue = '', currentStatefulSet: green = '' } = (await operatorStatus(at)) ?? {};
  return { blue, green };
}

export const view = ({ context }: At) => context.cluster.observe();

export const operatorStatus = async (at: At) => asEnterprise((await view(at)).resource).status?.blueGreenUpdateStatus;

/** Replicas of the stateful sets, in the order in which they were made. */
export async function sizes(at: At): Promise<number[]> {
  const { sets } = await view(at);
  return [...sets].sort((a, b) => a.createdAt - b.createdAt).map(({ replicas }) => replicas);
}

/** The nodes in pods whose image has this version. */
export const nodesOf = ({ world }: At, version: string) =>
  world.pods.running.filter(({ node }) => node.version === version);

export function deletePod({ world }: At, name: string): Promise<void> {
  return world.api.delete({ apiVersion: 'v1', kind: 'Pod', namespace: 'default', name }, { gracePeriodSeconds: 0 });
}

/** A pod is lost with its volume, and recreated. Returns how many sessions were on it. */
export async function losePod(at: At, version: string): Promise<number> {
  const { pod, node } = nodesOf(at, version)[0]!;
  const { channels } = node.sessions;
  expect(channels).toBeGreaterThan(0);
  await deletePod(at, pod.metadata.name);
  return channels;
}

export const scaleSet = ({ world }: At, name: string, replicas: number) =>
  world.api.scale({ apiVersion: 'apps/v1', kind: 'StatefulSet', namespace: 'default', name }, replicas);

/** What an upgrade may have cost beyond one disconnect of each client. */
interface Toll {
  /** Sessions on a node that crashed: EMQX 4.4 loses them with it, and their clients are cut off once more. */
  crashed?: number;
  /** Disconnects that each client may have had. @default 1 */
  disconnects?: number;
}

/** Whether the cluster is at rest with new nodes only, and the clients noticed no more of it than they had to. */
export async function survived(at: At, { crashed = 0, disconnects = 1 }: Toll = {}): Promise<Outcome> {
  const seen = await at.seen();
  expect(seen.stillOffline).toBe(0);
  expect(seen.disconnectsPerClient.max).toBeLessThanOrEqual(crashed > 0 ? disconnects + 1 : disconnects);
  expect(seen.sessionsLost).toBeLessThanOrEqual(crashed);
  if (crashed === 0) expect(seen.peakDisconnectsPerSecond).toBeLessThanOrEqual(CAP);
  const { resource, pods, journal, lease } = await view(at);
  expect(asEnterprise(resource).spec.blueGreenUpdate?.initialDelaySeconds).toBe(5);
  expect(asEnterprise(resource).status?.blueGreenUpdateStatus).toBeUndefined();
  const version = asEnterprise(resource).spec.template!.spec!.emqxContainer!.image!.version;
  expect(at.world.pods.running.map(({ node }) => node.version)).toEqual(pods.map(() => version));
  expect([journal?.phase, lease]).toEqual(['done', undefined]);
  return 'survived';
}

/** The checks that stand in the way of an upgrade, which writes nothing. */
export async function refused(at: At, request = REQUEST): Promise<Outcome> {
  const before = await view(at);
  const error = await runUpgrade(at.context, request).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(BlockedError);
  const after = await view(at);
  expect([after.resourceVersion, after.journal, after.lease]).toEqual([
    before.resourceVersion,
    before.journal,
    undefined,
  ]);
  return `refused: ${(error as BlockedError).blockers.map(({ id }) => id).join(', ')}`;
}

/**
 * How a run stops. What it leaves is safe: nobody is sent away any more, the operator is held, and anybody may go on.
 *
 * @param settleMs for how long what somebody changed may still cut devices off, without the run
 */
export async function stopped(at: At, run: Promise<unknown>, settleMs = 0): Promise<Outcome> {
  const error = await run.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UpgradeError);
  const { resource, lease, journal } = await view(at);
  expect(isHeld(resource)).toBe(true);
  expect(lease).toBeUndefined();
  expect(journal?.phase).not.toBe('done');
  await at.world.clock.sleep(settleMs);
  const before = at.ledger.report();
  await at.world.clock.sleep(60_000);
  expect(at.ledger.report()).toMatchObject({ disconnects: before.disconnects, sessionsLost: before.sessionsLost });
  return `stopped: ${(error as UpgradeError).code}`;
}

/** Ends the process of a node; it starts again in place. Returns how many sessions were on it. */
export function crash({ world }: At, { pod, node }: At['world']['pods']['running'][number]): number {
  const { channels } = node.sessions;
  expect(channels).toBeGreaterThan(0);
  world.pods.crash('default', pod.metadata.name);
  return channels;
}

type Answer = Partial<EmqxResponse> | 'hangs' | 'refuses' | false | undefined;

/** The operator's requests to nodes, some of which are answered otherwise from the moment on at which one `interfere`s. */
export function asked(answer: (path: string, pod: string) => Answer) {
  const control = {
    interfere: false,
    transport: (direct: EmqxTransport): EmqxTransport => ({
      exchange: async (pod, request, signal) => {
        const given = control.interfere && answer(request.path, pod.name);
        if (given === 'hangs') return new Promise<never>(() => undefined);
        if (given === 'refuses') throw new TransportError('refused', `connection refused by ${pod.name}`);
        return given ? { status: 200, headers: {}, body: '', ...given } : direct.exchange(pod, request, signal);
      },
    }),
  };
  return control;
}
