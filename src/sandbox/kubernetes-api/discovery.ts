import { ACCESS_REVIEW } from './access-review';
import { API_RESOURCES, type ApiResource, groupOf } from './api-resource';

/** The Kubernetes version whose behaviour the sandbox simulates. */
const VERSION = { major: '1', minor: '33' };

const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'delete', 'patch', 'update'];

/** The answer to a discovery request; undefined for another path. */
export function discovery(pathname: string): object | undefined {
  if (pathname === '/version') return { ...VERSION, gitVersion: `v${VERSION.major}.${VERSION.minor}.0+sandbox` };
  if (pathname === '/api') return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
  if (pathname === '/apis') return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups().map(groupObject) };
  const [, root, group = '', version] = pathname.split('/');
  if (root === 'apis' && version === undefined) {
    return groups().includes(group) ? { kind: 'APIGroup', apiVersion: 'v1', ...groupObject(group) } : undefined;
  }
  const groupVersion = pathname.replace(/^\/apis?\//, '');
  const isKnown = pathname === '/api/v1' || groupVersions().includes(groupVersion);
  return isKnown ? resourceList(groupVersion) : undefined;
}

/** As `v1` and `apps/v1`. */
export function groupVersions(): string[] {
  return [...new Set([...API_RESOURCES, ACCESS_REVIEW].map(({ apiVersion }) => apiVersion))];
}

function groups(): string[] {
  const all = groupVersions().map((apiVersion) => groupOf({ apiVersion }));
  return [...new Set(all)].filter((group) => group !== '');
}

function groupObject(name: string) {
  const versions = groupVersions()
    .filter((apiVersion) => groupOf({ apiVersion }) === name)
    .map((groupVersion) => ({ groupVersion, version: groupVersion.slice(name.length + 1) }));
  return { name, versions, preferredVersion: versions[0] };
}

function resourceList(groupVersion: string): object {
  const resources = API_RESOURCES.filter(({ apiVersion }) => apiVersion === groupVersion).flatMap(resourceEntries);
  const { apiVersion, plural, kind } = ACCESS_REVIEW;
  if (groupVersion === apiVersion) {
    resources.push({ name: plural, singularName: kind.toLowerCase(), namespaced: false, kind, verbs: ['create'] });
  }
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources };
}

function resourceEntries({
  kind,
  plural,
  namespaced,
  shortNames,
  subresources,
  inAll,
  readOnly,
}: ApiResource): object[] {
  return [
    {
      name: plural,
      singularName: kind.toLowerCase(),
      namespaced,
      kind,
      verbs: readOnly ? READ : [...READ, ...WRITE],
      ...(shortNames.length > 0 && { shortNames }),
      ...(inAll && { categories: ['all'] }),
    },
    ...subresources.map((part) => ({
      name: `${plural}/${part}`,
      singularName: '',
      namespaced,
      verbs: ['get', 'patch', 'update'],
      ...(part === 'scale' ? { group: 'autoscaling', version: 'v1', kind: 'Scale' } : { kind }),
    })),
  ];
}
