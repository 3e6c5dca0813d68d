import { inc } from 'semver';
import type { KubeObject } from '../kubernetes';
import type { Manifest } from '../resource';
import type { ClusterManifests } from '../sandbox/quickstart';
import type { Stage } from '../sandbox/stage';
import type { OptionReader } from './options';

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

/** The version that comes next. */
export function nextVersionOf(version: string): string {
  return inc(version, 'patch')!;
}

/** What is to be said of a simulated cluster that is not in its manifest. */
export function stageNotes(
  service: string,
  { addedService, assumedSecrets }: Pick<Stage, 'addedService' | 'assumedSecrets'>,
): string[] {
  return [
    ...(addedService ? [`The manifest brings no Service for devices: ${service} was added`] : []),
    ...assumedSecrets.map((name) => `The Secret ${name} is not in the manifest, and is taken as given`),
  ];
}
