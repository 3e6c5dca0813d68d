import { KubeApiError, type KubeObject } from './kube-api';

/** @throws KubeApiError when an answer is not an object of the Kubernetes API */
export function objectIn<T extends KubeObject>(answer: unknown): T {
  if (!hasMetadata(answer)) throw malformed('not an object');
  return answer as T;
}

/** @throws KubeApiError when an answer is not a list of such objects */
export function listIn<T extends KubeObject>(answer: unknown): { items: T[]; resourceVersion: string } {
  const { items, metadata } = (answer ?? {}) as { items?: unknown; metadata?: { resourceVersion?: unknown } };
  const resourceVersion = metadata?.resourceVersion;
  if (!Array.isArray(items) || !items.every(isNamed) || typeof resourceVersion !== 'string') {
    throw malformed('not a list of objects');
  }
  return { items: items as T[], resourceVersion };
}

/** The parsed text, or undefined: without the message of the parser, which quotes its input. */
export function parsedRecord(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function hasMetadata(value: unknown): boolean {
  return isRecord(value) && isRecord(value['metadata']);
}

function isNamed(value: unknown): boolean {
  return hasMetadata(value) && typeof (value as KubeObject).metadata.name === 'string';
}

/** Does not show what it is instead: that may be a secret. */
function malformed(what: string): KubeApiError {
  return new KubeApiError(200, 'InternalError', `the answer is ${what}: is this an API server?`);
}
