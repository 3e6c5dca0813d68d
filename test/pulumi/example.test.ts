import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import { parse } from 'yaml';
import { checkInputs, inputsOf, resourceOf } from '../../src/pulumi/inputs';
import { type Emqx, readClusterManifest, readManifest, withDefaults } from '../../src/resource';
import { disconnected, mockEngine, type Registered } from './_mocks';

const ROOT = path.resolve(__dirname, '../..');

/** What a project registers as its cluster, in the version that its configuration has at first. */
async function clusterOf(folder: string) {
  const project = parse(readFileSync(path.join(ROOT, folder, 'Pulumi.yaml'), 'utf8')) as {
    main?: string;
    config: { version: { default: string } };
  };
  const registered = mockEngine();
  pulumi.runtime.setConfig('emqx:version', project.config.version.default);
  await import(path.join(ROOT, folder, project.main ?? '.'));
  await disconnected();
  const [{ inputs }, ...others] = registered.filter(({ type }) => /:E[E5]$/.test(type)) as [Registered];
  expect(others).toEqual([]);
  expect(checkInputs({}, inputs)).toEqual([]);
  return { inputs, version: project.config.version.default };
}

test('the example describes the tutorial’s cluster, in the version of the configuration', async () => {
  const { inputs } = await clusterOf('.');
  const tutorial = readFileSync(path.join(ROOT, 'docs/tutorial.md'), 'utf8');
  const [, manifest] = /<<'END'\n([\s\S]*?)^END$/m.exec(tutorial)!;
  const { resource } = readManifest(manifest!, 'docs/tutorial.md');
  expect(resourceOf(inputsOf(inputs))).toEqual(withDefaults(resource));
});

test('the example of EMQX 5 describes the cluster that cdk8s describes, with the operator’s own Service', async () => {
  const { inputs, version } = await clusterOf('examples/v5/pulumi');
  const manifest = readFileSync(path.join(ROOT, 'examples/manifests/emqx.k8s.yaml'), 'utf8');
  const { resource } = readClusterManifest(manifest, 'emqx.k8s.yaml') as { resource: Emqx };
  const { spec, ...described } = resourceOf(inputsOf(inputs)) as Emqx;
  const { updateStrategy, listenersServiceTemplate, ...others } = spec;
  const { updateStrategy: _, listenersServiceTemplate: __, ...theirs } = resource.spec;
  expect({ ...described, others }).toEqual({
    apiVersion: resource.apiVersion,
    kind: 'EMQX',
    metadata: { name: 'emqx', namespace: 'default' },
    others: { ...theirs, image: `emqx/emqx-enterprise:${version}` },
  });
  expect(updateStrategy?.initialDelaySeconds).toBe(5);
  expect(listenersServiceTemplate).toMatchObject({ enabled: true, spec: { type: 'NodePort' } });
});
