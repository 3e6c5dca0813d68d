import { inc } from 'semver';
import type { KubeObject } from '../kubernetes';
import { type Manifest, TRAFFIC_LABEL } from '../resource';
import type { ClusterManifests } from '../sandbox/quickstart';
import type { StageNotes } from '../sandbox/stage';
import { UnfitManifestError } from '../simulator/unfit-manifest-error';
import { InputError } from './errors';
import type { OptionReader } from './options';
import { safe } from './render/text';

/** Nodes that are simulated at most: each is held in memory, and by `demo` and `sandbox` on ports of its own. */
export const MOST_REPLICAS = 100;

/**
 * Reads the manifest of a cluster that is simulated on this machine.
 *
 * @param replicas the nodes it gets instead of those of the manifest. @default - those of the manifest
 */
export function localManifest(reader: OptionReader, file: string | undefined, replicas?: number): Manifest | undefined {
  const manifest = file === undefined ? undefined : reader.manifest('--file', file);
  const count = replicas ?? manifest?.resource.spec.replicas ?? 0;
  if (count > MOST_REPLICAS) {
    reader.problem({
      path: 'spec.replicas',
      value: count,
      bound: `at most ${MOST_REPLICAS} to be simulated`,
      reason: 'each node is held in the memory of this machine',
      fix: 'simulate a smaller cluster: simulate takes --replicas',
    });
  }
  return manifest;
}

/** The cluster of a manifest; without one the quickstart's, with this rate. */
export async function manifestsOf(manifest: Manifest | undefined, rate: number): Promise<ClusterManifests> {
  if (manifest) return { cluster: manifest.resource, objects: manifest.others as KubeObject[] };
  return (await import('../sandbox/quickstart.js')).quickstart(rate);
}

/** What is simulated of a manifest. Where the manifest is to blame for the end, the input is wrong. */
export async function asInputError<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof UnfitManifestError ? new InputError(error.message, error.fix) : error;
  }
}

/** The version that comes next. */
export function nextVersionOf(version: string): string {
  return inc(version, 'patch')!;
}

/** What is to be said of a simulated cluster beyond its manifest. */
export function stageNotes(
  service: string,
  cluster: string,
  { addedService, canBeSwitched, assumedSecrets }: StageNotes,
): string[] {
  return [
    ...(addedService ? [`The manifest brings no Service for devices: ${service} was added`] : []),
    ...(canBeSwitched ? [] : [unswitchable(service, cluster)]),
    ...assumedSecrets.map((name) => `The Secret ${name} is not in the manifest, and is taken as given`),
  ].map(safe);
}

function unswitchable(service: string, cluster: string): string {
  const consequence = 'during an upgrade it leads devices to old and new nodes alike';
  return `Devices enter by the Service ${service}, which is not switched: ${consequence}; give it the label ${TRAFFIC_LABEL}: ${cluster}`;
}
