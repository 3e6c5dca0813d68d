import { API_VERSION, GROUP, KIND } from './constants';
import type { Problem } from './problem';
import { at } from './structure';

/** Resources of other EMQX kinds, and what to do with them. */
const RELATED: Readonly<Record<string, Pick<Problem, 'reason' | 'fix'>>> = {
  EMQX: {
    reason: 'this kind describes EMQX 5 and later',
    fix: 'choose the manifest of an EMQX Enterprise 4.4',
  },
  EmqxBroker: {
    reason: 'this kind describes the open-source EMQX 4.4, which cannot evacuate a node',
    fix: 'leave its upgrade to the operator, or choose the manifest of an EMQX Enterprise 4.4',
  },
};

/** The problem of a resource that describes another EMQX; undefined for all others. */
export function otherEmqx(input: unknown): Problem | undefined {
  const [kind, apiVersion] = [at(input, ['kind']), at(input, ['apiVersion'])];
  if (typeof kind !== 'string' || !Object.hasOwn(RELATED, kind)) return undefined;
  if (!String(apiVersion).startsWith(`${GROUP}/`)) return undefined;
  return { path: 'kind', value: kind, bound: KIND, ...RELATED[kind]! };
}

/** The problem of a resource of another kind or version, of which nothing else can be checked. */
export function otherKind(input: unknown): Problem[] {
  const kind = at(input, ['kind']);
  const apiVersion = at(input, ['apiVersion']);
  const related = otherEmqx(input);
  if (related) return [related];
  const reason = 'EMQX Enterprise 4.4 is described by this kind and this version only';
  const problems: Problem[] = [];
  if (kind !== KIND) problems.push({ path: 'kind', value: kind, bound: KIND, reason, fix: `write kind: ${KIND}` });
  if (apiVersion === API_VERSION) return problems;
  const problem = { path: 'apiVersion', value: apiVersion, bound: API_VERSION };
  const isOlder = kind === KIND && typeof apiVersion === 'string' && apiVersion.startsWith(`${GROUP}/v1`);
  return [
    ...problems,
    isOlder
      ? { ...problem, reason: 'other versions have another structure', fix: conversion(input) }
      : { ...problem, reason, fix: `write apiVersion: ${API_VERSION}` },
  ];
}

/** The API server serves each resource in each version. */
function conversion(input: unknown): string {
  const [name, namespace] = ['name', 'namespace'].map((field) => at(input, ['metadata', field]));
  const version = API_VERSION.slice(GROUP.length + 1);
  const of = typeof name === 'string' ? name : 'NAME';
  const within = typeof namespace === 'string' ? ` -n ${namespace}` : '';
  const command = `kubectl get ${KIND.toLowerCase()}s.${version}.${GROUP} ${of}${within} -o yaml`;
  return `let the cluster convert it: ${command}`;
}
