import { GROUP, KIND } from './constants';
import { type EmqxResource, generationOf } from './generations';
import { manifestObjects } from './manifest-objects';
import { problemsOfOther } from './other-objects';
import type { Problem } from './problem';
import { otherEmqx } from './related-kinds';
import { ResourceError } from './resource-error';
import { at } from './structure';
import type { EmqxEnterprise } from './v1beta4/emqx-enterprise';
import { problemsOf } from './v1beta4/parse';
import { EMQX_KIND } from './v2beta1/constants';
import { problemsOfEmqx } from './v2beta1/parse';

/** A manifest with one cluster in it. */
export interface Manifest<Cluster = EmqxEnterprise> {
  readonly resource: Cluster;
  /** The manifest's other objects, in their order. */
  readonly others: readonly object[];
}

/** For each kind of cluster, what is wrong with a resource of it. */
const PROBLEMS: Readonly<Record<EmqxResource['kind'], (input: unknown) => Problem[]>> = {
  [KIND]: problemsOf,
  [EMQX_KIND]: problemsOfEmqx,
};

/**
 * Reads a YAML manifest (one or more documents, or lists of objects, as kubectl reads them) that holds exactly one EmqxEnterprise.
 * A field that is null counts as left out, as it does to the API server (but for server-side apply, which refuses it).
 *
 * @param source where the text comes from, for the error, for example the name of a file
 * @throws ResourceError with all problems together
 */
export function readManifest(text: string, source: string): Manifest {
  return readOne<EmqxEnterprise>(text, source, [KIND]);
}

/**
 * Like {@link readManifest}, for a manifest that holds exactly one cluster of either generation: an EmqxEnterprise or an EMQX.
 *
 * @throws ResourceError with all problems together
 */
export function readClusterManifest(text: string, source: string): Manifest<EmqxResource> {
  return readOne<EmqxResource>(text, source, [KIND, EMQX_KIND]);
}

function readOne<Cluster extends EmqxResource>(
  text: string,
  source: string,
  kinds: readonly Cluster['kind'][],
): Manifest<Cluster> {
  const objects = manifestObjects(text, source).map(withoutNulls);
  const kindOf = (object: object) => kinds.find((kind) => isCluster(object, kind));
  const clusters = objects.filter(kindOf);
  const [cluster] = clusters;
  const kind = cluster && kindOf(cluster);
  if (!cluster || !kind || clusters.length > 1) {
    throw new ResourceError(source, [notOne(objects, cluster !== undefined, kinds)]);
  }
  const others = objects.filter((object) => object !== cluster);
  const problems = [
    ...PROBLEMS[kind](cluster),
    ...others.flatMap((other) => problemsOfOther(other, labelOf(other, objects.indexOf(other)))),
  ];
  if (problems.length > 0) throw new ResourceError(source, problems);
  return { resource: cluster as Cluster, others };
}

/** The name of an EmqxEnterprise is its own; "EMQX" might be a kind of another group. */
function isCluster(object: object, kind: EmqxResource['kind']): boolean {
  if (at(object, ['kind']) !== kind) return false;
  return kind === KIND || String(at(object, ['apiVersion'])).startsWith(`${GROUP}/`);
}

function notOne(objects: readonly object[], isSeveral: boolean, expected: readonly EmqxResource['kind'][]): Problem {
  const kinds = objects.map((object) => at(object, ['kind']));
  const problem = {
    path: 'kind',
    value: kinds.length < 2 ? kinds[0] : kinds.join(', '),
    bound: `${expected.join(' or ')}, in exactly one document`,
  };
  if (isSeveral) {
    const fix = 'write each cluster into a manifest of its own';
    return { ...problem, reason: 'it must be clear which cluster is meant', fix };
  }
  const related = objects.map(otherEmqx).find(Boolean);
  const described = expected
    .map((kind) => `apiVersion: ${generationOf({ kind }).apiVersion} and kind: ${kind}`)
    .join(', or ');
  const fix = `choose another file: a cluster has ${described}`;
  return { ...problem, reason: 'no document of the manifest describes a cluster', fix, ...related };
}

function labelOf(object: object, index: number): string {
  const [kind, name] = [at(object, ['kind']), at(object, ['metadata', 'name'])];
  return typeof kind === 'string' && typeof name === 'string' ? `${kind} ${name}` : `object ${index + 1}`;
}

/** The API server drops such fields, wherever they are; Go programs write `creationTimestamp: null`, Helm charts any. */
function withoutNulls<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withoutNulls) as T;
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(([, field]) => field !== null);
  return Object.fromEntries(fields.map(([name, field]) => [name, withoutNulls(field)])) as T;
}
