import type { KubeObject } from '../../kubernetes/kube-api';
import { isRecord } from '../../simulator/kubernetes/json';
import { badRequest } from './refused';

/** Which objects a request is about. */
export type Selector = (object: KubeObject) => boolean;

/**
 * Reads the selectors of a request: `labelSelector` as kubectl writes it (`a=b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`,
 * `!a`) and `fieldSelector` (`metadata.name=ee`, `status.phase!=Running`), on any field; the `source` of an Event is its component.
 *
 * @throws Refused 400
 */
export function selectorOf(query: URLSearchParams): Selector {
  const labels = termsOf(query.get('labelSelector')).map(labelTerm);
  const fields = termsOf(query.get('fieldSelector')).map(fieldTerm);
  const all = [...labels, ...fields];
  return (object) => all.every((one) => one(object));
}

/** The terms between the commas, except those inside of brackets. */
function termsOf(text: string | null): string[] {
  return (text ?? '')
    .split(/,(?![^(]*\))/)
    .map((term) => term.trim())
    .filter((term) => term !== '');
}

const KEY = String.raw`([\w./-]+)`;
const ABSENT = new RegExp(`^!\\s*${KEY}$`);
const PRESENT = new RegExp(`^${KEY}$`);
const COMPARED = new RegExp(`^${KEY}\\s*(==?|!=)\\s*([\\w.-]*)$`);
const LISTED = new RegExp(`^${KEY}\\s+(in|notin)\\s*\\(([^()]*)\\)$`);

function labelTerm(term: string): Selector {
  const listed = LISTED.exec(term);
  if (listed) {
    const [, key = '', operator, list = ''] = listed;
    const values = new Set(list.split(',').map((value) => value.trim()));
    return (object) => values.has(label(object, key) ?? ABSENT_LABEL) === (operator === 'in');
  }
  const compared = COMPARED.exec(term);
  if (compared) {
    const [, key = '', operator, value] = compared;
    return (object) => (label(object, key) === value) === (operator !== '!=');
  }
  const absent = ABSENT.exec(term)?.[1];
  if (absent !== undefined) return (object) => label(object, absent) === undefined;
  const present = PRESENT.exec(term)?.[1];
  if (present !== undefined) return (object) => label(object, present) !== undefined;
  throw badRequest(`unable to parse requirement: ${term}`);
}

/** No label has this value. */
const ABSENT_LABEL = '\n';

function label(object: KubeObject, key: string): string | undefined {
  return object.metadata.labels?.[key];
}

function fieldTerm(term: string): Selector {
  const [, path = '', operator, value] = /^([\w.]+)(==?|!=)(.*)$/.exec(term) ?? [];
  if (operator === undefined) throw badRequest(`invalid field selector: ${term}`);
  return (object) => (fieldAt(object, stepsTo(path, object)) === value) === (operator !== '!=');
}

function stepsTo(path: string, { kind }: KubeObject): string[] {
  return kind === 'Event' && path === 'source' ? ['source', 'component'] : path.split('.');
}

/** The text of a field; empty when it is absent. */
function fieldAt(object: KubeObject, path: readonly string[]): string {
  let value: unknown = object;
  for (const step of path) value = isRecord(value) ? value[step] : undefined;
  return value === undefined ? '' : String(value);
}
