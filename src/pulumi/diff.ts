import { type ClusterView, planUpgrade, type UpgradePlan } from '../upgrade';
import { downgradeOf } from '../upgrade/downgrade';
import { isOpen } from '../upgrade/journal';
import { targetOf } from '../upgrade/target';
import type { EmqxEnterpriseInputs } from './emqx-enterprise-inputs';
import { EngineLog } from './engine-log';
import { AnotherClusterError, recognise } from './identity';
import { changedProperties, hasUnknown, inputsOf, type Raw } from './inputs';
import { ClusterLink, reasonOf } from './link';
import { timeText } from './progress-row';
import { type Seen, stateOf } from './state';
import { requestOf } from './update';

export interface DiffResult {
  changes: boolean;
  /** The properties whose change replaces the cluster. */
  replaces: string[];
}

type State = EmqxEnterpriseInputs & Partial<Seen>;

/** A cluster is identified by these. */
const IDENTITY: readonly string[] = ['name', 'namespace'];

/** How long the cluster is read for at most, ms: a preview waits for it. */
const READ_MS = 3_000;

/**
 * What remains to be done, property by property.
 *
 * The state may be old: a process that was killed in the middle of an upgrade could not write it. So the journal in the cluster is
 * read: an open run is always a change, whatever version is wanted. Without an answer within 3 s the state counts, and a line says so.
 * While the state has a cluster not at rest, or not as described, there is something to do whatever the properties say: a refresh makes
 * the engine forget that the last operation failed.
 *
 * @throws Error where an older version is wanted and that is not accepted, or the kubeconfig leads to another cluster, so that a preview
 * reports it
 */
export async function diff(olds: Raw, news: Raw): Promise<DiffResult> {
  const [state, inputs] = [stateOf(olds), inputsOf(news)];
  const log = new EngineLog(inputs.__progressRow ?? '');
  try {
    const changed = changedProperties(inputsOf(state as unknown as Raw), inputs);
    const replaces = changed.filter((name) => IDENTITY.includes(name) && !hasUnknown(news[name]));
    if (replaces.length > 0) {
      log.log('warning', `replaces the cluster ${state.namespace}/${state.name}: every device on it is cut off`);
      return { changes: true, replaces };
    }
    const seen =
      hasUnknown(inputs.kubeconfig) || hasUnknown(inputs.context) ? undefined : await look(state, inputs, log);
    const isUpgrading = isOpen(seen?.view?.journal) || state.phase === 'upgrading';
    if (!isUpgrading) refuseDowngrade(state, inputs);
    const isUnsettled = isUpgrading || state.phase !== 'running' || (state.drift ?? []).length > 0;
    const changes = isUnsettled || changed.length > 0;
    const outcome = changes ? outcomeOf(state, inputs, changed, seen) : undefined;
    if (outcome !== undefined) log.log('info', outcome);
    return { changes, replaces };
  } finally {
    await log.close();
  }
}

/** What the cluster has, and the plan where an upgrade of it would be one; undefined where it could not be read. */
interface Look {
  readonly view: ClusterView | undefined;
  readonly plan?: UpgradePlan | undefined;
  readonly isUpgrade: boolean;
}

async function look(state: State, inputs: EmqxEnterpriseInputs, log: EngineLog): Promise<Look | undefined> {
  const [late, over] = [new AbortController(), new AbortController()];
  const { signal } = late;
  let link: ClusterLink | undefined;
  try {
    link = await ClusterLink.open(inputs);
    link.clock.sleep(READ_MS, over.signal).then(
      () => late.abort(),
      () => undefined,
    );
    const { view } = await recognise(link, state.identity, signal);
    if (!view || isOpen(view.journal) || Object.values(inputs).some(hasUnknown)) return { view, isUpgrade: false };
    const request = requestOf(inputs);
    const isUpgrade = !targetOf(view, request).applied;
    const context = link.context({ report: () => undefined });
    const plan = isUpgrade ? await planUpgrade(context, request, signal).catch(() => undefined) : undefined;
    return { view, plan, isUpgrade };
  } catch (error) {
    if (error instanceof AnotherClusterError) throw error;
    const reason = signal.aborted ? `no answer within ${READ_MS / 1000} s` : reasonOf(error);
    log.log('warning', `the cluster could not be read, so this is by the state alone: ${reason}`);
    return undefined;
  } finally {
    over.abort();
    link?.close();
  }
}

/** What will happen, in one line: diffs of secret properties, of drift and of interrupted runs show nothing by themselves. */
function outcomeOf(state: State, { version }: EmqxEnterpriseInputs, changed: readonly string[], look?: Look): string {
  const { view, plan, isUpgrade = false } = look ?? {};
  const { journal } = view ?? {};
  if (isOpen(journal)) {
    const run = `the upgrade ${journal.from.version} → ${journal.to.version}, in phase ${journal.phase}`;
    if (journal.aborted) return `finishes the rollback of ${run}`;
    return version === journal.from.version && version !== journal.to.version ? `rolls back ${run}` : `resumes ${run}`;
  }
  const properties = changed.join(', ');
  if (plan) {
    const { from, to, connections, capPerSecond, lowerBoundMs } = plan;
    const what =
      from.version === to.version
        ? `upgrade of version ${to.version} (${properties})`
        : `upgrade ${from.version} → ${to.version}`;
    const devices = connections === null ? 'an unknown number of devices' : `${connections} devices`;
    const time = lowerBoundMs === null ? '' : `, about ${timeText(lowerBoundMs)}`;
    return `${what}: ${devices} are moved${time} at ${capPerSecond}/s`;
  }
  if (isUpgrade || (look === undefined && changed.includes('version')))
    return `upgrade (${properties}): every device is moved once`;
  const drift = state.drift ?? [];
  if (changed.length > 0) return `changes without an upgrade: ${properties}`;
  return drift.length > 0
    ? `sets back what was changed in the cluster: ${drift.join(', ')}`
    : 'waits until the cluster is at rest';
}

/** In the middle of an upgrade the old version means the rollback, which is no downgrade. */
function refuseDowngrade(state: State, { version, upgrade }: EmqxEnterpriseInputs): void {
  if (hasUnknown(version)) return;
  const downgrade = downgradeOf(state.version, version);
  if (!downgrade || (downgrade.isWithinLine && upgrade?.acceptDowngrade)) return;
  throw new Error(`${downgrade.finding}; ${downgrade.fix}`);
}
