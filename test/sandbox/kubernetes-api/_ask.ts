import type { KubernetesApiServer } from '../../../src/sandbox/kubernetes-api/kubernetes-api-server';

/** An answer of the API, its body as what it is, to be looked into. */
export interface Told {
  status: number;
  warning: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: whatever an API server may answer
  body: any;
}

/** Sends one request to the API as it stands on the wire. */
export async function ask(
  server: KubernetesApiServer,
  method: string,
  path: string,
  { body, type = 'application/json', accept }: { body?: unknown; type?: string; accept?: string } = {},
): Promise<Told> {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { ...(accept && { accept }), ...(body !== undefined && { 'content-type': type }) },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    warning: response.headers.get('warning'),
    body: text === '' ? undefined : (JSON.parse(text) as unknown),
  };
}

export const MERGE = 'application/merge-patch+json';

/** A custom resource with what the operator's webhook asks for. */
export function enterprise(spec: object = {}, name = 'ee'): object {
  return {
    apiVersion: 'apps.emqx.io/v1beta4',
    kind: 'EmqxEnterprise',
    metadata: { name },
    spec: { template: { spec: { emqxContainer: { image: { version: '4.4.14' } } } }, ...spec },
  };
}

export const ENTERPRISES = '/apis/apps.emqx.io/v1beta4/namespaces/default/emqxenterprises';
