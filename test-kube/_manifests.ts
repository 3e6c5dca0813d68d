import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../src/kubernetes';
import type { ApiServer } from './_api-server';
import { differences } from './_differences';
import { tally } from './_lab';

export const examples = path.resolve(__dirname, '../examples');

/** Paths of the manifests below a folder, relative to it; the project of a Pulumi program is none. */
export function yamlFiles(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return files.filter((file) => file.endsWith('.yaml') && path.basename(file) !== 'Pulumi.yaml').sort();
}

/** The objects of a manifest, as kubectl reads it: documents without content are left out. @throws Error when it is not YAML */
export function objectsOf(file: string): KubeObject[] {
  return parseAllDocuments(readFileSync(file, 'utf8'), { version: '1.1' }).flatMap((document) => {
    if (document.errors[0]) throw document.errors[0];
    return (document.toJS() as KubeObject | null) ?? [];
  });
}

/** API groups of others, whose kinds the control plane of these tests does not have. */
const FOREIGN = ['cert-manager.io', 'monitoring.coreos.com'];

/** What a manifest's objects became. */
export interface Outcome {
  /** Objects that the server took, in their order. */
  readonly applied: readonly KubeObject[];
  /** What is not stored as it was sent. */
  readonly differences: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Applies objects, and reads each one back. Those of a kind that belongs to somebody else are left out, and counted.
 *
 * @param source what the objects are counted as
 * @param query `dryRun: 'All'` stores nothing; the server's answer then stands for what would be stored
 * @throws Error when the server refuses one
 */
export async function applyAll(
  admin: ApiServer,
  source: string,
  objects: readonly KubeObject[],
  query: { dryRun?: 'All' } = {},
): Promise<Outcome> {
  const outcome = { applied: [] as KubeObject[], differences: [] as string[], warnings: [] as string[] };
  for (const object of objects) {
    const what = `${object.kind} ${[object.metadata.namespace, object.metadata.name].filter(Boolean).join('/')}`;
    if (FOREIGN.includes(object.apiVersion.split('/')[0]!)) {
      tally('skipped', `${what} of ${source}: no ${object.apiVersion} here`);
      continue;
    }
    const answer = await admin.apply(object, { ...query });
    const stored = query.dryRun ? answer.body : await admin.read(object);
    outcome.applied.push(object);
    outcome.differences.push(...differences(object, stored).map((difference) => `${what}: ${difference}`));
    outcome.warnings.push(...answer.warnings);
    tally('accepted', `${what} of ${source}`);
  }
  return outcome;
}
