import { isDeepStrictEqual } from 'node:util';
import { type ClusterView, planUpgrade, type UpgradePlan } from '../upgrade';
import { downgradeOf } from '../upgrade/downgrade';
import { isOpen, type Journal } from '../upgrade/journal';
import { targetOf } from '../upgrade/target';
import { within } from '../upgrade/time-limit';
import { connectedDevices, cutOffText } from './devices';
import { EngineLog } from './engine-log';
import { AnotherClusterError, type Identity, recognise } from './identity';
import { changedProperties, hasUnknown, inputsOf, type Raw } from './inputs';
import { ClusterLink, goneText, reasonOf } from './link';
import { timeText } from './progress-row';
import type { ClusterInputs } from './resource-type';
import { typeOf } from './resource-types';
import { type Seen, stateOf } from './state';
import { requestOf } from './update';

export interface DiffResult {
  changes: boolean;
  /** The properties whose change replaces the cluster. */
  replaces: string[];
}

type State = ClusterInputs & Partial<Seen>;

/** A cluster is identified by these. */
const IDENTITY: readonly string[] = ['name', 'namespace'];

/** A change of these is never an upgrade, whatever the generation. */
const IN_PLACE = ['blueGreenUpdate', 'service', 'exposure', 'upgrade', 'deleteVolumes', 'kubeconfig', 'context'];

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
      const { namespace = 'default', name } = state;
      const devices = await look(state, state.identity, log, connectedDevices);
      log.log('warning', `replaces the cluster ${namespace}/${name}: ${cutOffText(devices ?? null)}`);
      return { changes: true, replaces };
    }
    const seen = hasUnknown([inputs.kubeconfig, inputs.context])
      ? undefined
      : await look(inputs, state.identity, log, (link, signal, view) => planned(link, inputs, view, signal));
    if (seen && !seen.view) throw new Error(goneText(inputs));
    const isUpgrading = isOpen(seen?.view?.journal) || state.phase === 'upgrading';
    if (!isUpgrading) refuseDowngrade(state, inputs);
    const isUnsettled = isUpgrading || state.phase !== 'running' || (state.drift ?? []).length > 0;
    const hasChanges = isUnsettled || changed.length > 0;
    if (hasChanges)
      log.log('info', outcomeOf(state, inputs, changed, seen) + (isFollowed(inputs, seen) ? '' : leaseText(seen)));
    return { changes: hasChanges, replaces };
  } finally {
    await log.close();
  }
}

/** What the cluster has, and the plan where an upgrade of it would be one; undefined where it could not be read. */
interface Look {
  readonly view: ClusterView | undefined;
  readonly plan?: UpgradePlan | undefined;
  readonly isUpgrade: boolean;
  /** Another process that holds the lease, and may be driving an upgrade of it now. */
  readonly holder?: string | undefined;
  /** Of the template that the properties ask for; undefined where not all of them are known. */
  readonly digest?: string;
}

/** Reads something of the cluster that a state is about; undefined, and a line says why, without an answer in time. */
async function look<T>(
  place: ClusterInputs,
  known: Identity | undefined,
  log: EngineLog,
  read: (link: ClusterLink, signal: AbortSignal, view: ClusterView | undefined) => Promise<T>,
): Promise<T | undefined> {
  let link: ClusterLink | undefined;
  try {
    const opened = await ClusterLink.open(place);
    link = opened;
    return await within(opened.clock, READ_MS, async (signal) => {
      const { view } = await recognise(opened, known, signal);
      return read(opened, signal, view);
    });
  } catch (error) {
    if (error instanceof AnotherClusterError) throw error;
    log.log('warning', `the cluster could not be read, so this is by the state alone: ${reasonOf(error)}`);
    return undefined;
  } finally {
    link?.close();
  }
}

async function planned(
  link: ClusterLink,
  inputs: ClusterInputs,
  view: ClusterView | undefined,
  signal: AbortSignal,
): Promise<Look> {
  const { live, holder: other } = view?.lease ?? {};
  const holder = live && other !== link.holder ? other : undefined;
  if (!view || Object.values(inputs).some(hasUnknown)) return { view, isUpgrade: false, holder };
  const request = requestOf(inputs);
  const { applied, digest } = targetOf(view, request);
  if (isOpen(view.journal)) return { view, isUpgrade: false, digest, holder };
  const isUpgrade = !applied;
  const context = link.context({ report: () => undefined });
  const plan = isUpgrade ? await planUpgrade(context, request, signal).catch(() => undefined) : undefined;
  return { view, plan, isUpgrade, holder };
}

/** What will happen, in one line: diffs of secret properties, of drift and of interrupted runs show nothing by themselves. */
function outcomeOf(state: State, inputs: ClusterInputs, changed: readonly string[], look?: Look): string {
  const { version } = inputs;
  const { view, plan, isUpgrade = false } = look ?? {};
  const { journal } = view ?? {};
  if (isOpen(journal)) {
    const run = `the upgrade ${journal.from.version} → ${journal.to.version}, in phase ${journal.phase}`;
    if (journal.aborted) return `finishes the rollback of ${run}`;
    const course = courseOf(journal, version, look?.digest);
    if (course === 'resumes' && isFollowed(inputs, look)) return `follows ${run}, which ${look?.holder} drives`;
    if (course) return `${course} ${run}`;
    const { from, to } = journal;
    return `up is refused: these properties ask for something else than ${run}; set them as they were with version ${to.version} to resume it, or with ${from.version} to roll it back`;
  }
  const drift = state.drift ?? [];
  const setBack = drift.length > 0 ? `up sets back what was changed in the cluster: ${drift.join(', ')}` : '';
  const changedNames = changed.flatMap((name) => namesOf(name, state, inputs));
  const properties = [...changedNames, ...drift].join(', ');
  const stops = (plan?.checks ?? []).filter(({ status }) => status === 'blocker');
  if (stops.length > 0) {
    return `up is refused: ${stops.map(({ finding, fix }) => [finding, fix].filter(Boolean).join('; ')).join('; ')}`;
  }
  if (plan) {
    const { from, to, connections, capPerSecond, lowerBoundMs } = plan;
    const what =
      from.version === to.version
        ? `upgrade of version ${to.version} (${properties})`
        : `upgrade ${from.version} → ${to.version}`;
    const devices =
      connections === null ? 'an unknown number of devices' : `${connections.toLocaleString('en-US')} devices`;
    const time = lowerBoundMs === null ? '' : `, about ${timeText(lowerBoundMs)}`;
    return `${what}: ${devices} are moved${time} at ${capPerSecond}/s${handoverText(inputs)}`;
  }
  if (isUpgrade) return `upgrade (${properties}): every device is moved once`;
  // Without the cluster and all values nobody knows whether that is an upgrade, but for properties that never cause one.
  const isKnown = look !== undefined && !Object.values(inputs).some(hasUnknown);
  const inPlace = [...IN_PLACE, ...typeOf(inputs).inPlace];
  const isInPlace = (name: string) => inPlace.some((one) => name === one || name.startsWith(`${one}.`));
  if (!isKnown && !changedNames.every(isInPlace))
    return `an upgrade, if the pods change (${properties}): then every device is moved once`;
  const changes = changed.length > 0 ? `up changes, without an upgrade: ${changedNames.join(', ')}` : '';
  return [changes, setBack].filter(Boolean).join('; ') || 'waits until the cluster is at rest';
}

/** Whether it is as it should be that another process drives a run. */
function isFollowed({ upgrade }: ClusterInputs, look?: Look): boolean {
  return upgrade?.runner === 'cluster' && look?.holder !== undefined && isOpen(look.view?.journal);
}

function handoverText({ upgrade }: ClusterInputs): string {
  if (upgrade?.runner !== 'cluster') return '';
  return upgrade.wait === false ? '; up hands it over, and does not wait' : '; up hands it over, and follows it';
}

/** Whether the holder lives, one read does not show. */
function leaseText(look?: Look): string {
  const { holder } = look ?? {};
  if (holder === undefined) return '';
  return `; ${holder} has the lease, and may be driving an upgrade: up waits until it is free, and is refused while that process renews it`;
}

/** What up does about an open run, as `update` decides it: by the whole template where it is known, otherwise by the version; undefined
 * where it is neither resumed nor rolled back. */
function courseOf({ from, to, target }: Journal, version: string, digest: string | undefined): string | undefined {
  const isBack = digest === undefined ? version === from.version && version !== to.version : digest === from.digest;
  if (isBack && digest !== target) return 'rolls back';
  const isSame = digest === undefined ? version === to.version || hasUnknown(version) : digest === target;
  return isSame ? 'resumes' : undefined;
}

/** Of settings by name those that differ, since Pulumi shows of secrets only that they differ. */
function namesOf(property: string, olds: State, news: ClusterInputs): string[] {
  const { named } = typeOf(news);
  const differing = (path: string, before: unknown = {}, after: unknown = {}): string[] => {
    if (!named.includes(path) || !isFields(before) || !isFields(after)) return [path];
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    const parts = names
      .filter((name) => !isDeepStrictEqual(before[name], after[name]))
      .flatMap((name) => differing(`${path}.${name}`, before[name], after[name]));
    return parts.length === 0 ? [path] : parts;
  };
  return differing(property, (olds as unknown as Raw)[property], (news as unknown as Raw)[property]);
}

function isFields(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** In the middle of an upgrade the old version means the rollback, which is no downgrade. */
function refuseDowngrade(state: State, { version, upgrade }: ClusterInputs): void {
  if (hasUnknown(version)) return;
  const downgrade = downgradeOf(state.version, version);
  if (!downgrade || (downgrade.isWithinLine && upgrade?.acceptDowngrade)) return;
  throw new Error(`${downgrade.finding}; ${downgrade.fix}`);
}
