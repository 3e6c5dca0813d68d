import type { QuotaView } from '../upgrade';
import { isKubeError, type KubeApi, type KubeObject } from './kube-api';

interface ResourceQuota extends KubeObject {
  spec?: { scopes?: string[]; scopeSelector?: object };
  status?: { hard?: Record<string, string>; used?: Record<string, string> };
}

/** The quotas of a namespace that apply to every pod; undefined without the right to read them. */
export async function quotasIn(
  api: KubeApi,
  namespace: string,
  signal?: AbortSignal,
): Promise<QuotaView[] | undefined> {
  try {
    const { items } = await api.list<ResourceQuota>({ apiVersion: 'v1', kind: 'ResourceQuota', namespace }, signal);
    return items
      .filter(({ spec }) => !spec?.scopeSelector && (spec?.scopes ?? []).every((scope) => scope === 'NotTerminating'))
      .map(({ metadata, status }) => ({ name: metadata.name, hard: status?.hard ?? {}, used: status?.used ?? {} }));
  } catch (error) {
    if (isKubeError(error, 'Forbidden')) return undefined;
    throw error;
  }
}
