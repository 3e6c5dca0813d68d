import { generationOf, versionOf } from '../resource';
import { copyOf } from '../resource/copy';
import type { ClusterView, Gate, UpgradeReport } from '../upgrade';
import { isOpen } from '../upgrade/journal';
import { reportOf } from '../upgrade/report';
import type { Marks } from './identity';
import { inputsOf, type Raw } from './inputs';
import type { ClusterInputs } from './resource-type';
import { kindOf } from './resource-types';
import { isRunning, servingSet } from './running';

/** The format of the state. The installed library must read what every older one has written: a new format gets a new number. */
export const STATE_SCHEMA = 1;

/**
 * The last observed phase of a cluster.
 *
 * - `running`: at rest, as described. The only phase in which nothing is left to do.
 * - `creating`: applied, and not seen running yet.
 * - `upgrading`: an upgrade is open, whether a process drives it now or not.
 * - `changing`: anything else.
 */
export type ClusterPhase = 'running' | 'creating' | 'upgrading' | 'changing';

/** Report of the last upgrade of a cluster. */
export interface LastUpgrade {
  readonly outcome: UpgradeReport['outcome'];
  readonly fromVersion: string;
  readonly toVersion: string;
  /** From the claim to the end. */
  readonly durationMs: number;
  /** From the first disconnect until the old nodes were observed to be empty; in an abort the new ones. */
  readonly evacuateMs: number;
  /** Devices that had been moved when the upgrade was aborted; absent where unknown, and unless it was aborted. */
  readonly moved?: number;
  /** Devices that were moved back then; absent where unknown, and unless it was aborted. */
  readonly movedBack?: number;
  /** The cap on disconnects in the whole cluster. */
  readonly capPerSecond: number;
  /** On the old nodes when it began; absent where it is unknown. */
  readonly connections?: number;
  readonly sessions?: number;
  /** Lost sessions, as far as observed; absent where unknown. */
  readonly sessionsLost?: number;
  /** Whether connections and subscriptions were back in the end, and, where devices were sampled, those with MQTT 3.1 no more than before. */
  readonly gates: Readonly<Partial<Record<Gate['id'], Gate['verdict']>>>;
}

/** The outputs beyond the inputs: the last observed state. The cluster itself is authoritative. */
export interface Seen extends Marks {
  readonly schema: typeof STATE_SCHEMA;
  readonly phase: ClusterPhase;
  /** The version before the current or last upgrade; empty where there never was one. */
  readonly fromVersion: string;
  /** The target version of the current upgrade, or the wanted version. */
  readonly toVersion: string;
  /** The revision of the serving nodes: the value of a label of their pods (`controller-revision-hash`; of EMQX 5 and 6
   * `apps.emqx.io/pod-template-hash`); empty while it is not known. */
  readonly revision: string;
  /** Names of the pods, without those that are being removed. */
  readonly nodes: readonly string[];
  /** `<namespace>/<name>` of the ConfigMap in which an upgrade keeps its state. */
  readonly journal: string;
  readonly lastUpgrade?: LastUpgrade;
  /** Paths in the custom resource that were changed outside of Pulumi. */
  readonly drift: readonly string[];
}

/** What a resource holds in Pulumi's state. */
export type State = ClusterInputs & Seen;

/**
 * Reads outputs that this version of the library, or an older one, has written.
 *
 * @throws Error when a newer version has written them
 */
export function stateOf(outputs: Raw): ClusterInputs & Partial<Seen> {
  const { schema } = outputs;
  if (typeof schema === 'number' && schema > STATE_SCHEMA) {
    throw new Error(
      `the state of this cluster has format ${schema}, written by a newer emqx-blue-green; this one reads format ${STATE_SCHEMA}: install the newer one`,
    );
  }
  return { ...outputs, ...inputsOf(outputs) };
}

/** The outputs for a cluster as observed now. */
export function seen(view: ClusterView, { identity, owner }: Marks, drift: readonly string[] = []): Seen {
  const { journal, resource } = view;
  const { name, namespace = 'default' } = resource.metadata;
  const set = servingSet(view);
  const last = journal && !isOpen(journal) ? lastUpgradeOf(reportOf(journal)) : undefined;
  return copyOf({
    schema: STATE_SCHEMA,
    phase: isOpen(journal) ? 'upgrading' : isRunning(view) ? 'running' : 'changing',
    fromVersion: journal?.from.version ?? '',
    toVersion: isOpen(journal) ? journal.to.version : versionOf(resource),
    revision: set?.revision ?? '',
    nodes: view.pods.flatMap(({ name, terminating }) => (terminating ? [] : [name])).sort(),
    journal: `${namespace}/${generationOf(resource).companionOf(name)}`,
    lastUpgrade: last,
    drift,
    identity,
    owner,
  } as Seen);
}

/** The outputs for a cluster that could not be read. */
export function unseen(inputs: ClusterInputs, marks: Marks, phase: ClusterPhase): Seen {
  const { name, namespace, version } = inputs;
  const journal = `${namespace}/${generationOf({ kind: kindOf(inputs) }).companionOf(name)}`;
  return {
    schema: STATE_SCHEMA,
    phase,
    fromVersion: '',
    toVersion: version,
    revision: '',
    nodes: [],
    journal,
    drift: [],
    ...marks,
  };
}

function lastUpgradeOf(report: UpgradeReport): LastUpgrade {
  const { outcome, from, to, durationMs, evacuateMs, capPerSecond, connections, sessions, sessionsLost } = report;
  const { moved = null, movedBack = null } = report.rollback ?? {};
  return {
    outcome,
    fromVersion: from.version,
    toVersion: to.version,
    durationMs,
    evacuateMs,
    ...(moved !== null && { moved }),
    ...(movedBack !== null && { movedBack }),
    capPerSecond,
    ...(connections !== null && { connections }),
    ...(sessions !== null && { sessions }),
    ...(sessionsLost !== null && { sessionsLost }),
    gates: Object.fromEntries(report.gates.map(({ id, verdict }) => [id, verdict])),
  };
}
