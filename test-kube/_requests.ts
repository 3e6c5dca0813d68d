import { readFileSync } from 'node:fs';
import { labFile } from './_lab';
import { ACCOUNT } from './_upgrade-namespace';

/** A request that the API server has answered, by its audit log. */
export interface AuditedRequest {
  /** As `patch pods/status`. */
  what: string;
  status: number;
}

interface Event {
  verb: string;
  objectRef?: { resource: string; subresource?: string };
  requestURI: string;
  responseStatus?: { code: number };
  impersonatedUser?: { username: string };
}

/** What the account of UpgradeAccess in a namespace has asked so far; watches count when they have ended. */
export function requestsFrom(namespace: string): AuditedRequest[] {
  const user = `system:serviceaccount:${namespace}:${ACCOUNT}`;
  const lines = readFileSync(labFile('audit.log'), 'utf8').split('\n');
  return lines
    .filter((line) => line.includes(user) && line.endsWith('}'))
    .map((line) => JSON.parse(line) as Event)
    .filter(({ impersonatedUser }) => impersonatedUser?.username === user)
    .map(({ verb, objectRef, requestURI, responseStatus }) => ({
      what: `${verb} ${[objectRef?.resource, objectRef?.subresource].filter(Boolean).join('/') || requestURI}`,
      status: responseStatus?.code ?? 0,
    }));
}

/** What that account was refused; that operators may be looked for in all namespaces is not asked for. */
export function refusedTo(namespace: string): AuditedRequest[] {
  return requestsFrom(namespace).filter(({ status, what }) => status === 403 && what !== 'list deployments');
}

/** How many of each kind, the most frequent first. */
export function counted(requests: readonly AuditedRequest[]): string {
  const counts = new Map<string, number>();
  for (const { what } of requests) counts.set(what, (counts.get(what) ?? 0) + 1);
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ');
}
