import { parse } from 'yaml';
import { GROUP } from '../../resource';
import { mergePatch } from '../../simulator/kubernetes/merge-patch';
import { groupOf } from './api-resource';
import { jsonPatch } from './json-patch';
import type { KubernetesRequest } from './kubernetes-request';
import { badRequest, Refused } from './refused';
import type { ResourcePath } from './resource-path';
import { strategicMergePatch } from './strategic-merge-patch';

/** The body of a PATCH request. */
export interface PatchBody {
  type: 'json' | 'merge' | 'strategic' | 'apply';
  body: unknown;
  /** The manager that applies; without effect for the other types. */
  fieldManager: string;
  /** Whether an apply takes fields from their managers. */
  force: boolean;
}

const TYPES: Readonly<Record<string, PatchBody['type']>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
};

/**
 * Reads a patch of what a path leads to.
 *
 * @throws Refused 415 for a type that cannot be; among them the strategic one of a custom resource, as on a real server
 */
export function readPatch({ resource }: ResourcePath, { headers, url, body }: KubernetesRequest): PatchBody {
  const contentType = String(headers['content-type'] ?? '');
  const type = TYPES[contentType.split(';')[0]!.trim()];
  if (!type || (type === 'strategic' && groupOf(resource) === GROUP)) {
    const accepted = Object.keys(TYPES).filter((name) => TYPES[name] !== 'strategic' || groupOf(resource) !== GROUP);
    const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`;
    throw new Refused(415, 'UnsupportedMediaType', message);
  }
  return {
    type,
    body: type === 'apply' ? readYaml(body) : readJson(body),
    fieldManager: url.searchParams.get('fieldManager') ?? '',
    force: url.searchParams.get('force') === 'true',
  };
}

/** The object as a patch changes it; for an apply ask the store instead. */
export function applyPatch<T extends object>(target: T, { type, body }: PatchBody): T {
  if (type === 'json') return jsonPatch(target, body);
  return type === 'strategic' ? strategicMergePatch(target, body) : mergePatch(target, body);
}

/** @throws Refused 400 */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw badRequest('the body is not JSON');
  }
}

function readYaml(text: string): unknown {
  try {
    return parse(text) as unknown;
  } catch {
    throw badRequest('the body is not YAML');
  }
}
