import { BlockedError, type Journal, type Phase, rescue, runUpgrade, troublesOf, UpgradeError } from '../../upgrade';
import { PortError } from '../../upgrade/ports';
import { setsOf } from '../../upgrade/stages';
import { type EngineProcess, ProcessKilled } from './engine-process';
import { refTo, type Scene } from './scene';

/** A user who runs the command again does so after this time, in ms. */
const AGAIN_MS = 5_000;

/** Virtual minutes after the last fault within which a run must have ended. */
export const PATIENCE_MINUTES = 20;

/** How a run ended. */
export type Ending =
  | { kind: 'done'; outcome: 'completed' | 'aborted' }
  /** Its error says what to do, but nothing more can be done here: see the code. */
  | { kind: 'stopped'; code: string };

/** Phases in which the operator must be held: not taken from the engine, which is judged by them. */
const HELD_PHASES: readonly Phase[] = [
  'green',
  'switch',
  'evacuate',
  'retire',
  'switch-back',
  'return',
  'retire-green',
];

/** Codes with which a run may stop only after a released operator has removed old pods. */
const AFTER_RELEASE: readonly string[] = ['BLUE_GONE', 'PODS_LOST'];
/** Those of them after which nothing can be done. */
const FINAL: readonly string[] = ['BLUE_GONE'];

/**
 * Runs the command again and again, each time as a new process, and does what the errors say, until the run is over.
 *
 * @throws Error when it stops with an error that no user can act on
 */
export async function supervise(scene: Scene): Promise<Ending> {
  const { clock, judge, trace } = scene;
  let isRescuing = false;
  for (let attempt = 1; ; attempt++) {
    const process = scene.process(`engine-${attempt}`);
    trace.describe(`${process.holder} begins`);
    let stopped: unknown;
    try {
      if (isRescuing) await recover(process);
      else {
        const { outcome } = await runUpgrade(process.context, scene.request, process.signal);
        const { journal } = judge.facts;
        if (journal?.phase !== 'done') judge.fail('P6', `a report of a run that is in ${journal?.phase}`);
        return { kind: 'done', outcome };
      }
    } catch (error) {
      stopped = error;
    }
    // Its process is gone: requests under way may still report their end.
    const wasKilled = process.isDead;
    process.kill();
    trace.describe(
      `${process.holder} ends: ${wasKilled ? 'killed' : stopped === undefined ? 'done' : headline(stopped)}`,
    );
    if (!wasKilled && stopped !== undefined) {
      judge.stopped(process.holder, stopped);
      const code = await stopCodeOf(scene, stopped);
      if (code) return { kind: 'stopped', code };
      isRescuing ||= stopped instanceof UpgradeError && asksForRescue(stopped);
    }
    await clock.sleep(AGAIN_MS);
    // Another process may have completed it meanwhile.
    const over = judge.facts.journal;
    if (over?.phase === 'done') return { kind: 'done', outcome: over.aborted ? 'aborted' : 'completed' };
  }
}

/** Cures what can be cured, as the command `rescue` does. */
async function recover({ context, signal }: EngineProcess): Promise<void> {
  for (const { id, cure } of await troublesOf(context, signal)) if (cure) await rescue(context, id, signal);
}

function asksForRescue(error: UpgradeError): boolean {
  const fixes = error instanceof BlockedError ? error.blockers.map(({ fix }) => fix) : [error.fix];
  return fixes.some((fix) => fix?.includes('emqx-blue-green rescue'));
}

/** Does what an error says; returns its code where nothing can be done. */
async function stopCodeOf(scene: Scene, error: unknown): Promise<string | undefined> {
  const { judge, stage } = scene;
  const began = judge.facts.journal !== undefined;
  if (error instanceof ProcessKilled) return undefined;
  // The command could not even read the cluster: the user runs it again.
  if (error instanceof PortError && error.code === 'unavailable') return undefined;
  if (error instanceof PortError && !began) return undefined;
  if (error instanceof BlockedError) return undefined;
  if (!(error instanceof UpgradeError)) {
    judge.fail('named errors', `${(error as Error)?.name}: ${(error as Error)?.message}`);
    return 'UNNAMED';
  }
  leavesNothingOpen(scene, error);
  if (AFTER_RELEASE.includes(error.code) && judge.causes.released.size === 0) {
    judge.fail('named errors', `${error.code}, although no pod was removed: ${error.message}`);
  }
  // With all old pods gone there is nothing to continue with, whatever is found first.
  if (FINAL.includes(error.code) || judge.causes.released.size >= stage.size.replicas + stage.size.replicants)
    return error.code;
  switch (error.code) {
    case 'GREEN_NOT_READY':
      // The run waits for pods of the new set that a quota refuses, whatever else is not ready yet; no other fault lasts as long.
      if (!/were not created: .*exceeded quota/.test(error.message)) {
        const isQuota = scene.clock.now() < scene.quotaUntil && arePodsMissing(scene);
        const why = isQuota
          ? 'a quota refuses pods, but the run stops with'
          : 'nothing prevented the run from continuing, but it stops with';
        judge.fail('named errors', `${why}: ${error.message}`);
      }
      return undefined;
    case 'WRITE_REFUSED':
      if (scene.policies === 0) judge.fail('named errors', `no policy rejects anything: ${error.message}`);
      return undefined;
    case 'LEASE_LOST':
    // The user logs in again, or waits for the API server.
    case 'ACCESS_LOST':
    case 'UNREACHABLE':
    case 'PODS_LOST':
      return undefined;
    case 'STALLED':
      // No fault lasts as long, and none refuses what others may do.
      judge.fail('named errors', `${error.code}, although nothing prevented the run from continuing: ${error.message}`);
      return undefined;
    case 'TEMPLATE_CHANGED': {
      if (asksForRescue(error)) return undefined;
      const { journal } = judge.facts;
      scene.trace.describe('user: sets the template back');
      await scene.setTemplate(journal?.aborted ? 'old' : 'new');
      return undefined;
    }
    case 'UNEXPECTED_SETS':
      if (asksForRescue(error)) {
        if (!judge.causes.templateChanged)
          judge.fail(
            'named errors',
            `the template was not changed, but the operator wants a third set: ${error.message}`,
          );
        return undefined;
      }
      await removeStrangers(scene);
      return undefined;
    case 'BLOCKED':
    case 'BLUE_GONE':
    case 'DELETED':
    case 'DETACHED':
    case 'NO_CURE':
    case 'NO_RUN':
    case 'NOT_TAKEN_UP':
    case 'REPLICAS_CHANGED':
    case 'SPEC_LOST':
    case 'UNDRIVEN':
      judge.fail('named errors', `${error.code}: ${error.message}`);
      return error.code;
  }
}

function arePodsMissing({ judge: { facts } }: Scene): boolean {
  return facts.sets.some(({ metadata, spec }) => facts.podsOf(metadata.name).length < (spec.replicas ?? 0));
}

/** A run that stops leaves the cluster in a safe state: the operator held, and no device evicted. */
function leavesNothingOpen({ judge, stage }: Scene, { code, message }: UpgradeError): void {
  const { facts } = judge;
  const { journal } = facts;
  // A process without access cannot leave the cluster in a safe state.
  if (['LEASE_LOST', 'ACCESS_LOST', 'UNREACHABLE'].includes(code) || !journal || !HELD_PHASES.includes(journal.phase))
    return;
  if (!facts.isHeld) judge.fail('P3', `the run stops with ${code} and leaves the operator released: ${message}`);
  const size = stage.world.pods.running.filter(({ node }) => node.evacuation.state === 'evicting_conns').length;
  if (size > 0 && code === 'STALLED')
    judge.fail('P1', `the run stops with ${code}, but ${size} nodes continue to evict`);
}

/** Scales a third set, without clients, to 0. */
async function removeStrangers({ judge, user, trace }: Scene): Promise<void> {
  const { facts } = judge;
  const { journal } = facts;
  for (const set of facts.sets) {
    const { name } = set.metadata;
    if (!set.spec.replicas || (journal && isPart(journal, name))) continue;
    trace.describe(`user: scales ${name} to 0`);
    await user.scale(refTo(set), 0);
  }
}

/** Whether a set is one of those that a run replaces, or creates. */
function isPart(journal: Journal, set: string): boolean {
  return setsOf(journal, 'from').includes(set) || setsOf(journal, 'to').includes(set);
}

function headline(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return `${code ?? 'no code'}: ${message?.split('\n').slice(0, 2).join(' ') ?? String(error)}`;
}
