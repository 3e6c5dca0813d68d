import { inc } from 'semver';
import type { KubeObject } from '../kubernetes';
import { type EmqxResource, generationOf, type Manifest, TRAFFIC_LABEL } from '../resource';
import type { ClusterManifests } from '../sandbox/quickstart';
import type { StageNotes } from '../sandbox/stage';
import { UnfitManifestError } from '../simulator/unfit-manifest-error';
import { UpgradeError } from '../upgrade';
import { nodesWanted } from '../upgrade/observation';
import { CommandError, InputError } from './errors';
import { EXIT } from './exit';
import { type GenerationWord, KIND_OF_GENERATION } from './kinds';
import type { OptionReader } from './options';
import { safe } from './render/text';

/** Most nodes that are simulated: each takes memory, and ports of its own in `demo` and `sandbox`. */
export const MOST_REPLICAS = 100;

/**
 * Reads the manifest of a cluster that is simulated on this machine.
 *
 * @param replicas the number of nodes. @default - that of the manifest
 */
export function localManifest(
  reader: OptionReader,
  file: string | undefined,
  replicas?: number,
): Manifest<EmqxResource> | undefined {
  const manifest = file === undefined ? undefined : reader.manifest('--file', file);
  const count =
    replicas ?? (manifest ? nodesWanted(generationOf(manifest.resource).withDefaults(manifest.resource)) : 0);
  if (count > MOST_REPLICAS) {
    reader.problem({
      path: manifest?.resource.kind === 'EMQX' ? 'spec' : 'spec.replicas',
      value: count,
      bound: `at most ${MOST_REPLICAS} for a simulation`,
      reason: 'each node is held in the memory of this machine',
      fix: 'simulate a smaller cluster, for example with simulate --replicas',
    });
  }
  return manifest;
}

/** The kind of the cluster that is simulated: that of the manifest, or of the generation on the command line. */
export function localKind(
  manifest: Manifest<EmqxResource> | undefined,
  generation: GenerationWord | undefined,
): EmqxResource['kind'] {
  return manifest?.resource.kind ?? KIND_OF_GENERATION[generation ?? '4'];
}

/** The version to upgrade to, where one is given. */
export function localVersion(
  reader: OptionReader,
  manifest: Manifest<EmqxResource> | undefined,
  { file, generation, setVersion }: { file?: string; generation?: GenerationWord; setVersion?: string },
): string | undefined {
  if (setVersion === undefined) return undefined;
  const isUnread = file !== undefined && !manifest;
  return reader.version('--set-version', setVersion, isUnread ? undefined : localKind(manifest, generation));
}

/** The cluster of a manifest; without a manifest that of the quickstart of this kind, with this rate. */
export async function manifestsOf(
  manifest: Manifest<EmqxResource> | undefined,
  kind: EmqxResource['kind'],
  rate: number,
): Promise<ClusterManifests> {
  if (manifest) return { cluster: manifest.resource, objects: manifest.others as KubeObject[] };
  const { quickstart, quickstartOfEmqx } = await import('../sandbox/quickstart.js');
  return kind === 'EMQX' ? quickstartOfEmqx(rate) : quickstart(rate);
}

/** Turns an error that the manifest causes into one of wrong input. */
export async function asInputError<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof UnfitManifestError ? new InputError(error.message, error.fix) : error;
  }
}

/** The same of an upgrade that may stop: what is advised for a real cluster is of no use, for nobody can resume a simulated one. */
export async function asSimulated<T>(work: Promise<T>): Promise<T> {
  try {
    return await asInputError(work);
  } catch (error) {
    if (!(error instanceof UpgradeError) || error.code !== 'STALLED') throw error;
    const fix =
      'a real one would stop, too: docs/devices.md has which devices come back; --offline-budget none moves the others all the same';
    throw new CommandError(EXIT.stopped, error.code, `the simulated upgrade stopped: ${error.reason}`, fix, {
      cause: error,
    });
  }
}

/** The next patch version. */
export function nextVersionOf(version: string): string {
  return inc(version, 'patch')!;
}

/** Notes on how a simulated cluster differs from its manifest. */
export function stageNotes(
  service: string,
  cluster: string,
  { addedService, canBeSwitched, assumedSecrets }: StageNotes,
): string[] {
  return [
    ...(addedService ? [`The manifest has no Service for devices: ${service} was added`] : []),
    ...(canBeSwitched ? [] : [unswitchable(service, cluster)]),
    ...assumedSecrets.map((name) => `The Secret ${name} is not in the manifest: it is assumed to exist`),
  ].map(safe);
}

function unswitchable(service: string, cluster: string): string {
  const consequence = 'during an upgrade it routes devices to old and new nodes alike';
  return `Devices connect through the Service ${service}, which upgrades do not switch: ${consequence}; to change that, add the label ${TRAFFIC_LABEL}: ${cluster}`;
}
