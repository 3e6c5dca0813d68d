import { type Document, isCollection, isMap, isScalar, LineCounter, parseAllDocuments, visit } from 'yaml';
import { KIND } from './constants';
import { HIDDEN, type Problem } from './problem';
import { ResourceError } from './resource-error';
import { at } from './structure';
import { kubectlTags } from './yaml-tags';

/**
 * The objects in a YAML or JSON text, as kubectl reads it: those of each document, and those in lists.
 *
 * @param source where the text comes from, for the error
 * @throws ResourceError with all problems together
 */
export function manifestObjects(text: string, source: string): object[] {
  const lineCounter = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter,
    prettyErrors: false, // they quote the text, which may hold a license
    version: '1.1',
    customTags: kubectlTags,
    resolveKnownTags: false,
    logLevel: 'error', // no warnings about unknown tags
  });
  const values: object[] = [];
  const problems: Problem[] = [];
  const lineOf = (offset: number | undefined) => {
    const { line, col } = lineCounter.linePos(offset ?? 0);
    return `line ${line}, column ${col}`;
  };
  [...documents].forEach((document, index) => {
    const error = document.errors[0]; // the others follow from it
    if (error) {
      // The error's message may quote the text; its code does not.
      const what = error.code.toLowerCase().replaceAll('_', ' ');
      problems.push(notYaml(lineOf(error.pos[0]), `it cannot be read from here on (${what})`));
      return;
    }
    const unfit = unfitForJson(document);
    if (unfit) {
      problems.push(notYaml(lineOf(unfit.offset), unfit.reason));
      return;
    }
    try {
      const value: unknown = document.toJS();
      if (isMap(document.contents)) values.push(...objectsIn(value as object));
      else if (value !== null) problems.push(notObject(index));
    } catch {
      problems.push(notYaml(`document ${index + 1}`, 'its aliases cannot be resolved'));
    }
  });
  if (problems.length > 0) throw new ResourceError(source, problems);
  return values;
}

/** The first value in a document that JSON cannot represent: Kubernetes stores JSON. */
function unfitForJson(document: Document): { offset: number | undefined; reason: string } | undefined {
  let found: { offset: number | undefined; reason: string } | undefined;
  visit(document, {
    Pair: (_, { key }) => {
      const isNull = isScalar(key) && key.value === null;
      if (!isNull && !isCollection(key)) return undefined;
      const offset = (key as { range?: [number, number, number] | null }).range?.[0];
      found = { offset, reason: `the name of a field is ${isNull ? 'null' : 'no text'}` };
      return visit.BREAK;
    },
    Scalar: (_, { value, range }) => {
      if (typeof value !== 'number' || Number.isFinite(value)) return undefined;
      found = { offset: range?.[0], reason: 'JSON has neither infinity nor NaN' };
      return visit.BREAK;
    },
  });
  return found;
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

function notYaml(path: string, reason: string): Problem {
  return { path, value: HIDDEN, bound: 'YAML', reason, fix: 'check the indentation, colons and quotes there' };
}

function notObject(index: number): Problem {
  return {
    path: `document ${index + 1}`,
    value: HIDDEN,
    bound: 'an object',
    reason: 'a manifest is a sequence of Kubernetes objects',
    fix: 'remove what is not an object, or choose another file',
  };
}
