import { type Access, recordedUpgrade } from '../test/_recorded-upgrade';
import { ApiServer } from './_api-server';
import { describeKube } from './_describe-kube';
import { applyAll } from './_manifests';
import { ACCOUNT, accessObjects, grantAccess, PODS, SET, upgradeNamespace } from './_upgrade-namespace';

const NAMESPACE = 'upgrade-access';
const NAMESPACE_OF_ALL = 'upgrade-access-of-all';

const core = `/api/v1/namespaces/${NAMESPACE}`;
const apps = `/apis/apps/v1/namespaces/${NAMESPACE}`;
const emqx = `/apis/apps.emqx.io/v1beta4/namespaces/${NAMESPACE}`;
const leases = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases`;
const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${NAMESPACE}`;

const FORBIDDEN: readonly (readonly [what: string, method: string, path: string])[] = [
  ['delete a pod', 'DELETE', `${core}/pods/${PODS[0]}`],
  ['delete all pods', 'DELETE', `${core}/pods`],
  ['evict a pod', 'POST', `${core}/pods/${PODS[0]}/eviction`],
  ['make a pod', 'POST', `${core}/pods`],
  ['change a pod', 'PATCH', `${core}/pods/${PODS[0]}`],
  ['run a command in a pod', 'POST', `${core}/pods/${PODS[0]}/exec`],
  ['attach to a pod', 'POST', `${core}/pods/${PODS[0]}/attach`],
  ['put a container into a pod', 'PATCH', `${core}/pods/${PODS[0]}/ephemeralcontainers`],
  ['change a stateful set', 'PATCH', `${apps}/statefulsets/${SET}`],
  ['replace a stateful set', 'PUT', `${apps}/statefulsets/${SET}`],
  ['delete a stateful set', 'DELETE', `${apps}/statefulsets/${SET}`],
  ['make a stateful set', 'POST', `${apps}/statefulsets`],
  ['change the status of a stateful set', 'PATCH', `${apps}/statefulsets/${SET}/status`],
  ['make a Deployment', 'POST', `${apps}/deployments`],
  ['read a license', 'GET', `${core}/secrets/emqx-license`],
  ['list Secrets', 'GET', `${core}/secrets`],
  ['change the password', 'PATCH', `${core}/secrets/emqx-ee-bootstrap-user`],
  ['change the Service of another cluster', 'PATCH', `${core}/services/other-mqtt`],
  ['delete the Service', 'DELETE', `${core}/services/emqx-ee-mqtt`],
  ['make a Service', 'POST', `${core}/services`],
  ['write endpoints', 'POST', `/apis/discovery.k8s.io/v1/namespaces/${NAMESPACE}/endpointslices`],
  ['read another cluster', 'GET', `${emqx}/emqxenterprises/other`],
  ['change another cluster', 'PATCH', `${emqx}/emqxenterprises/other`],
  ['list clusters', 'GET', `${emqx}/emqxenterprises`],
  ['delete its cluster', 'DELETE', `${emqx}/emqxenterprises/emqx-ee`],
  ['make a cluster', 'POST', `${emqx}/emqxenterprises`],
  ['write the status of its cluster', 'PATCH', `${emqx}/emqxenterprises/emqx-ee/status`],
  ['read the journal of another cluster', 'GET', `${core}/configmaps/other-upgrade`],
  ['change the journal of another cluster', 'PATCH', `${core}/configmaps/other-upgrade`],
  ['list ConfigMaps', 'GET', `${core}/configmaps`],
  ['take the lease of another cluster', 'PATCH', `${leases}/other-upgrade`],
  ['list leases', 'GET', leases],
  ['give itself rights', 'PATCH', `${rbac}/roles/${ACCOUNT}`],
  ['bind itself to a role', 'POST', `${rbac}/rolebindings`],
  ['make a token of an account', 'POST', `${core}/serviceaccounts/default/token`],
  ['list the pods of another namespace', 'GET', '/api/v1/namespaces/default/pods'],
  ['list the pods of all namespaces', 'GET', '/api/v1/pods'],
  ['list the Secrets of another namespace', 'GET', '/api/v1/namespaces/kube-system/secrets'],
  ['list the clusters of all namespaces', 'GET', '/apis/apps.emqx.io/v1beta4/emqxenterprises'],
  ['list the nodes of Kubernetes', 'GET', '/api/v1/nodes'],
  [
    'change a custom resource definition',
    'PATCH',
    '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/emqxenterprises.apps.emqx.io',
  ],
];

describeKube('the account of UpgradeAccess', () => {
  let admin: ApiServer;
  let account: ApiServer;
  let accountOfAll: ApiServer;
  let requests: Access[];

  beforeAll(async () => {
    admin = ApiServer.admin();
    await upgradeNamespace(admin, NAMESPACE);
    await admin.namespace(NAMESPACE_OF_ALL);
    await grantAccess(admin, NAMESPACE_OF_ALL);
    account = admin.as(NAMESPACE, ACCOUNT);
    accountOfAll = admin.as(NAMESPACE_OF_ALL, ACCOUNT);
    // Each different request once.
    const recorded = await recordedUpgrade();
    requests = [...new Map(recorded.map((request) => [JSON.stringify(request), request])).values()];
  });

  test.each([
    ['one cluster', NAMESPACE, ['emqx-ee']],
    ['every cluster', NAMESPACE_OF_ALL, undefined],
  ])('for %s is taken, with its Role and RoleBinding, and stored as it was sent', async (_, namespace, clusters) => {
    const outcome = await applyAll(admin, 'UpgradeAccess', accessObjects(namespace, clusters));
    expect(outcome.applied.map(({ kind }) => kind)).toEqual(['ServiceAccount', 'Role', 'RoleBinding']);
    expect(outcome.warnings).toEqual([]);
    expect(outcome.differences).toEqual([]);
  });

  test('may send every request of an upgrade', async () => {
    expect(requests.length).toBeGreaterThan(15);
    expect(await refused(account, NAMESPACE, requests)).toEqual([]);
    expect(await refused(accountOfAll, NAMESPACE_OF_ALL, requests)).toEqual([]);
  });

  test('may watch what it lists, and reach the management API through the pods', async () => {
    // Quotas are looked at before an upgrade, and not followed.
    const lists = requests.filter(({ verb, resource }) => verb === 'list' && resource !== 'resourcequotas');
    const watches = lists.map((access) => ({ ...access, verb: 'watch' }));
    expect(watches.map(({ resource }) => resource).sort()).toEqual([
      'configmaps',
      'emqxenterprises',
      'endpointslices',
      'leases',
      'pods',
      'services',
      'statefulsets',
    ]);
    const forward = { group: '', resource: 'pods', subresource: 'portforward', name: PODS[0]! };
    const forwards = ['get', 'create'].map((verb) => ({ verb, ...forward }));
    expect(await refused(account, NAMESPACE, [...watches, ...forwards])).toEqual([]);
  });

  test('may send none of them in another namespace', async () => {
    const all = requests.map(show).sort();
    expect(await refused(account, 'default', requests)).toEqual(all);
    expect(await refused(accountOfAll, NAMESPACE, requests)).toEqual(all);
  });

  test('may send none of them that names another cluster, if clusters are named', async () => {
    const ofAnother = requests
      .filter(({ name, resource }) => name && !['pods', 'statefulsets', 'namespaces'].includes(resource))
      .map((access) => ({ ...access, name: access.name!.replace('emqx-ee', 'other') }));
    expect(ofAnother.map(show).sort()).toEqual([
      'get /endpoints other',
      'get /secrets other-bootstrap-user',
      'get /secrets other-upgrade',
      'list /configmaps other-upgrade',
      'list apps.emqx.io/emqxenterprises other',
      'list coordination.k8s.io/leases other-upgrade',
      'patch /configmaps other-upgrade',
      'patch /endpoints other',
      'patch /secrets other-upgrade',
      'patch /services other-mqtt',
      'patch apps.emqx.io/emqxenterprises other',
      'patch coordination.k8s.io/leases other-upgrade',
      'watch /configmaps other-upgrade',
      'watch apps.emqx.io/emqxenterprises other',
      'watch coordination.k8s.io/leases other-upgrade',
    ]);
    expect(await refused(account, NAMESPACE, ofAnother)).toEqual(ofAnother.map(show).sort());
    expect(await refused(accountOfAll, NAMESPACE_OF_ALL, ofAnother)).toEqual([]);
  });

  test.each(FORBIDDEN)('may not %s', async (_, method, path) => {
    const at = `${path}?dryRun=All`;
    const { status, body } = await account.request(method, at);
    expect({ status, reason: body.reason }).toEqual({ status: 403, reason: 'Forbidden' });
    expect(body.message).toContain(`system:serviceaccount:${NAMESPACE}:${ACCOUNT}`);
    // There is such a path: who may do everything gets to where the request itself is looked at.
    expect([403, 404, 405]).not.toContain((await admin.request(method, at)).status);
  });
});

function show({ verb, group, resource, subresource, name }: Access): string {
  return `${verb} ${group}/${[resource, subresource].filter(Boolean).join('/')} ${name ?? ''}`.trim();
}

/** What the API server would not let somebody do. */
async function refused(who: ApiServer, namespace: string, accesses: readonly Access[]): Promise<string[]> {
  const allowed = await Promise.all(accesses.map((access) => mayI(who, namespace, access)));
  return accesses
    .filter((_, index) => !allowed[index])
    .map(show)
    .sort();
}

async function mayI(who: ApiServer, namespace: string, access: Access): Promise<boolean> {
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: { namespace, ...access } },
  };
  const { status, body } = await who.request<{ status: { allowed: boolean } }>(
    'POST',
    '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    { type: 'application/json', body: review },
  );
  if (status !== 201) throw new Error(`${status}: ${body.message}`);
  return body.status.allowed;
}
