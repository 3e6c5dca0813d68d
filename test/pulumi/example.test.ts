import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import { parse } from 'yaml';
import { checkInputs, inputsOf, resourceOf } from '../../src/pulumi/inputs';
import { readManifest, withDefaults } from '../../src/resource';
import { disconnected, mockEngine } from './_mocks';

const ROOT = path.resolve(__dirname, '../..');

test('the example describes the tutorial’s cluster, in the version of the configuration', async () => {
  const project = parse(readFileSync(path.join(ROOT, 'Pulumi.yaml'), 'utf8')) as {
    main: string;
    config: { version: { default: string } };
  };
  const registered = mockEngine();
  pulumi.runtime.setConfig('emqx:version', project.config.version.default);
  await import(path.join(ROOT, project.main));
  await disconnected();
  const { inputs } = registered.find(({ type }) => type.endsWith(':EE'))!;
  expect(checkInputs({}, inputs)).toEqual([]);
  const tutorial = readFileSync(path.join(ROOT, 'docs/tutorial.md'), 'utf8');
  const [, manifest] = /<<'END'\n([\s\S]*?)^END$/m.exec(tutorial)!;
  const { resource } = readManifest(manifest!, 'docs/tutorial.md');
  expect(resourceOf(inputsOf(inputs))).toEqual(withDefaults(resource));
});
