import { isMap, LineCounter, parseAllDocuments } from 'yaml';
import { API_VERSION, KIND } from './constants';
import type { EmqxEnterprise } from './emqx-enterprise';
import { parseEmqxEnterprise } from './parse';
import { HIDDEN, type Problem } from './problem';
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
 *
 * @param source where the text comes from, for the error, for example the name of a file
 * @throws ResourceError with all problems at once
 */
export function readManifest(text: string, source: string): Manifest {
  const documents = readDocuments(text, source);
  const clusters = documents.filter((document) => at(document, ['kind']) === KIND);
  const first = clusters[0];
  if (first && clusters.length === 1) {
    const resource = parseEmqxEnterprise(first, source);
    return { resource, others: documents.filter((document) => document !== first) };
  }
  const kinds = documents.map((document) => at(document, ['kind']));
  throw new ResourceError(source, [
    {
      path: 'kind',
      value: kinds.length < 2 ? kinds[0] : kinds.join(', '),
      bound: `${KIND}, in exactly one document`,
      reason: first ? 'it must be clear which cluster is meant' : `no document of the manifest describes a cluster`,
      fix: first
        ? 'write each cluster into a manifest of its own'
        : `write apiVersion: ${API_VERSION} and kind: ${KIND}, or choose another file`,
    },
  ]);
}

function readDocuments(text: string, source: string): object[] {
  const lineCounter = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter,
    prettyErrors: false, // they quote the text, which may hold a license
    // kubectl reads YAML 1.1 (`on` is true), but takes dates and 1:30 for text.
    version: '1.1',
    customTags: (tags) =>
      tags.filter((tag) => typeof tag === 'string' || (tag.format !== 'TIME' && !tag.tag.endsWith(':timestamp'))),
  });
  const values: object[] = [];
  const problems: Problem[] = [];
  [...documents].forEach((document, index) => {
    const error = document.errors[0]; // the others follow from it
    if (error) {
      const { line, col } = lineCounter.linePos(error.pos[0]);
      // The error's message may quote the text; its code does not.
      const what = error.code.toLowerCase().replaceAll('_', ' ');
      problems.push(notYaml(`line ${line}, column ${col}`, `it cannot be read from here on (${what})`));
      return;
    }
    try {
      const value: unknown = document.toJS({ reviver: withoutNullTimestamp });
      if (isMap(document.contents)) values.push(...objectsIn(value as object));
      else if (value !== null) problems.push(notObject(index));
    } catch {
      problems.push(notYaml(`document ${index + 1}`, 'its aliases cannot be resolved'));
    }
  });
  if (problems.length > 0) throw new ResourceError(source, problems);
  return values;
}

/** The object itself, or those in a `List`, as kubectl writes it for several objects. */
function objectsIn(value: object): object[] {
  const items = at(value, ['items']);
  const isList = at(value, ['apiVersion']) === 'v1' && at(value, ['kind']) === 'List';
  if (!isList && at(value, ['kind']) !== `${KIND}List`) return [value];
  return Array.isArray(items)
    ? items.filter((item) => typeof item === 'object' && item !== null).flatMap(objectsIn)
    : [];
}

/** Go programs write `creationTimestamp: null` where they mean to write nothing. */
function withoutNullTimestamp(key: unknown, value: unknown): unknown {
  return key === 'creationTimestamp' && value === null ? undefined : value;
}

function notYaml(path: string, reason: string): Problem {
  return { path, value: HIDDEN, bound: 'YAML', reason, fix: 'mind the indentation, colons and quotes around there' };
}

function notObject(index: number): Problem {
  return {
    path: `document ${index + 1}`,
    value: HIDDEN,
    bound: 'an object',
    reason: 'a manifest is a sequence of Kubernetes objects',
    fix: 'remove what is none, or choose another file',
  };
}
