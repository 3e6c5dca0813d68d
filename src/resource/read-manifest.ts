import { API_VERSION, KIND } from './constants';
import type { EmqxEnterprise } from './emqx-enterprise';
import { manifestObjects } from './manifest-objects';
import { problemsOfOther } from './other-objects';
import { problemsOf } from './parse';
import type { Problem } from './problem';
import { otherEmqx } from './related-kinds';
import { ResourceError } from './resource-error';
import { at } from './structure';

/** A manifest with one cluster in it. */
export interface Manifest {
  readonly resource: EmqxEnterprise;
  /** The manifest's other objects, in their order. */
  readonly others: readonly object[];
}

/**
 * Reads a YAML manifest (one or more documents, or lists of objects, as kubectl reads them) that holds exactly one EmqxEnterprise.
 * A field that is null counts as left out, as it does to the API server (but for server-side apply, which refuses it).
 *
 * @param source where the text comes from, for the error, for example the name of a file
 * @throws ResourceError with all problems together
 */
export function readManifest(text: string, source: string): Manifest {
  const objects = manifestObjects(text, source).map(withoutNulls);
  const clusters = objects.filter((object) => at(object, ['kind']) === KIND);
  const [cluster] = clusters;
  if (!cluster || clusters.length > 1) throw new ResourceError(source, [notOne(objects, cluster !== undefined)]);
  const others = objects.filter((object) => object !== cluster);
  const problems = [
    ...problemsOf(cluster),
    ...others.flatMap((other) => problemsOfOther(other, labelOf(other, objects.indexOf(other)))),
  ];
  if (problems.length > 0) throw new ResourceError(source, problems);
  return { resource: cluster as EmqxEnterprise, others };
}

function notOne(objects: readonly object[], isSeveral: boolean): Problem {
  const kinds = objects.map((object) => at(object, ['kind']));
  const problem = {
    path: 'kind',
    value: kinds.length < 2 ? kinds[0] : kinds.join(', '),
    bound: `${KIND}, in exactly one document`,
  };
  if (isSeveral) {
    const fix = 'write each cluster into a manifest of its own';
    return { ...problem, reason: 'it must be clear which cluster is meant', fix };
  }
  const related = objects.map(otherEmqx).find(Boolean);
  const fix = `choose another file: a cluster has apiVersion: ${API_VERSION} and kind: ${KIND}`;
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
