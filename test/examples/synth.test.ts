import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readManifest, withDefaults } from '../../src/resource';
import { examples, run } from './_run';

const programs = readdirSync(examples).filter((name) => readdirSync(path.join(examples, name)).includes('main.ts'));

const clusters = programs.filter((name) =>
  readFileSync(path.join(examples, name, 'main.ts'), 'utf8').includes('new EmqxEnterpriseCluster('),
);

describe('an example', () => {
  test.each(programs)('%s synthesizes its committed manifests, byte for byte', (name) => {
    const { error, written } = run(path.join(examples, name, 'main.ts'));
    expect(error).toBeUndefined();
    const folder = path.join(examples, name, 'manifests');
    const committed = Object.fromEntries(
      readdirSync(folder).map((file) => [file, readFileSync(path.join(folder, file), 'utf8')]),
    );
    expect(Object.keys(committed)).not.toEqual([]);
    expect(written).toEqual(committed);
  });

  test.each(clusters)('%s has manifests that can be read back, and are complete', (name) => {
    const folder = path.join(examples, name, 'manifests');
    for (const file of readdirSync(folder)) {
      const { resource, others } = readManifest(readFileSync(path.join(folder, file), 'utf8'), file);
      expect(withDefaults(resource)).toEqual(resource);
      expect(others).toEqual([expect.objectContaining({ kind: 'Service' })]);
    }
  });
});

test("the tutorial's manifest and the quickstart describe the same cluster", () => {
  const read = (file: string) => readManifest(readFileSync(path.join(examples, file), 'utf8'), file).resource;
  expect(withDefaults(read('tutorial/emqx-ee.yaml'))).toEqual(read('quickstart/manifests/emqx-ee.k8s.yaml'));
});
