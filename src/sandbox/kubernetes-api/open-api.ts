import { customResourceDefinitions } from '../../resource/crd';
import { API_RESOURCES, type ApiResource, groupOf } from './api-resource';
import { groupVersions } from './discovery';

/** The document of version 2: empty, in the binary form in which kubectl asks for it to check kinds that it found nowhere else. */
export const OPEN_API_V2 = '/openapi/v2';

/**
 * The OpenAPI documents (version 3) as far as kubectl reads them: that field validation may be asked for, and the schemas of
 * the operator's custom resources, for `kubectl explain`. Undefined for another path.
 */
export function openApi(pathname: string): object | undefined {
  if (pathname === '/openapi/v3') {
    const paths = groupVersions().map((version) => {
      const path = documentPath(version);
      return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=sandbox` }];
    });
    return { paths: Object.fromEntries(paths) };
  }
  const version = groupVersions().find((one) => pathname === `/openapi/v3/${documentPath(one)}`);
  return version === undefined ? undefined : documentOf(version);
}

function documentPath(groupVersion: string): string {
  return `${groupVersion.includes('/') ? 'apis' : 'api'}/${groupVersion}`;
}

function documentOf(groupVersion: string): object {
  const resources = API_RESOURCES.filter(({ apiVersion }) => apiVersion === groupVersion);
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes API of the emqx-blue-green sandbox', version: groupVersion },
    paths: Object.fromEntries(resources.flatMap(pathsOf)),
    components: { schemas: Object.fromEntries(resources.flatMap(schemaOf)) },
  };
}

function pathsOf(resource: ApiResource): [string, object][] {
  const { apiVersion, plural, namespaced } = resource;
  const collection = `/${documentPath(apiVersion)}${namespaced ? '/namespaces/{namespace}' : ''}/${plural}`;
  const asked = { 'x-kubernetes-group-version-kind': gvkOf(resource), responses: {} };
  const validated = { ...asked, parameters: [{ name: 'fieldValidation', in: 'query', schema: { type: 'string' } }] };
  if (resource.readOnly)
    return [
      [collection, { get: asked }],
      [`${collection}/{name}`, { get: asked }],
    ];
  return [
    [collection, { get: asked, post: validated }],
    [`${collection}/{name}`, { get: asked, put: validated, patch: validated }],
  ];
}

function schemaOf(resource: ApiResource): [string, object][] {
  const definition = customResourceDefinitions().find(({ spec }) => spec.names.kind === resource.kind);
  const schema = definition?.spec.versions.at(-1)?.schema.openAPIV3Schema;
  return schema ? [[resource.kind, { ...schema, 'x-kubernetes-group-version-kind': [gvkOf(resource)] }]] : [];
}

function gvkOf(resource: ApiResource) {
  const { apiVersion, kind } = resource;
  return { group: groupOf(resource), version: apiVersion.slice(apiVersion.indexOf('/') + 1), kind };
}
