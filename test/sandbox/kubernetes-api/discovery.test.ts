import { ask } from './_ask';
import { cleanup, served } from './_served';

afterEach(() => cleanup.run());

async function get(path: string) {
  return (await ask((await served()).server, 'GET', path)).body;
}

test('a client finds groups, their versions, and what is in them', async () => {
  expect(await get('/version')).toMatchObject({ major: '1', minor: '33' });
  expect(await get('/api')).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
  const { groups } = await get('/apis');
  expect(groups.map(({ name }: { name: string }) => name)).toEqual(
    expect.arrayContaining(['apps', 'apps.emqx.io', 'authorization.k8s.io', 'discovery.k8s.io']),
  );
  expect(new Set(groups.map(({ name }: { name: string }) => name)).size).toBe(groups.length);
  const versions = ['v2beta1', 'v1beta4'].map((version) => ({ groupVersion: `apps.emqx.io/${version}`, version }));
  expect(await get('/apis/apps.emqx.io')).toMatchObject({
    kind: 'APIGroup',
    versions,
    preferredVersion: versions[0],
  });
  expect(await get('/apis/batch')).toMatchObject({ code: 404 });
});

test('each resource is told with its names, its parts and what can be done with it', async () => {
  const { groupVersion, resources } = await get('/apis/apps/v1');
  expect(groupVersion).toBe('apps/v1');
  expect(resources).toContainEqual({
    name: 'statefulsets',
    singularName: 'statefulset',
    namespaced: true,
    kind: 'StatefulSet',
    verbs: ['get', 'list', 'watch', 'create', 'delete', 'patch', 'update'],
    shortNames: ['sts'],
    categories: ['all'],
  });
  expect(resources).toContainEqual(
    expect.objectContaining({ name: 'statefulsets/scale', group: 'autoscaling', kind: 'Scale' }),
  );
  expect(resources).toContainEqual(expect.objectContaining({ name: 'statefulsets/status', kind: 'StatefulSet' }));
  const [definitions] = (await get('/apis/apiextensions.k8s.io/v1')).resources;
  expect(definitions).toMatchObject({ namespaced: false, verbs: ['get', 'list', 'watch'] });
  expect((await get('/apis/authorization.k8s.io/v1')).resources).toMatchObject([{ verbs: ['create'] }]);
});

test('the OpenAPI documents tell that fields can be validated, and what an EmqxEnterprise is made of', async () => {
  const { paths } = await get('/openapi/v3');
  const { serverRelativeURL } = paths['apis/apps.emqx.io/v1beta4'];
  const document = await get(serverRelativeURL);
  expect(
    document.paths['/apis/apps.emqx.io/v1beta4/namespaces/{namespace}/emqxenterprises/{name}'].patch,
  ).toMatchObject({
    'x-kubernetes-group-version-kind': { group: 'apps.emqx.io', version: 'v1beta4', kind: 'EmqxEnterprise' },
    parameters: [{ name: 'fieldValidation', in: 'query' }],
  });
  const { spec } = document.components.schemas.EmqxEnterprise.properties;
  expect(spec.properties.blueGreenUpdate.properties.initialDelaySeconds).toMatchObject({ type: 'integer' });
  expect(await get('/openapi/v3/apis/batch/v1')).toMatchObject({ code: 404 });
  expect(await get('/openapi/v2')).toBeUndefined();
});
