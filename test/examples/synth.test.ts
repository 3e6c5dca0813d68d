import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readClusterManifest, readManifest, withDefaults, withEmqxDefaults } from '../../src/resource';
import { examples, run } from './_run';

const DELAY = 'emqx-blue-green/initial-delay-seconds';

interface Manifest {
  metadata: { annotations?: Record<string, string> };
}

const manifests = path.join(examples, 'manifests');
const committed = Object.fromEntries(
  readdirSync(manifests).map((file) => [file, readFileSync(path.join(manifests, file), 'utf8')]),
);
const clusters = Object.entries(committed).filter(([, text]) => /^kind: (EmqxEnterprise|EMQX)$/m.test(text));

test('the examples synthesize their committed manifests, byte for byte', () => {
  const { error, written } = run(path.join(examples, 'synth.ts'));
  expect(error).toBeUndefined();
  const programs = readdirSync(examples, { recursive: true, encoding: 'utf8' }).filter(isProgram);
  expect(Object.keys(written)).toHaveLength(programs.length);
  expect(written).toEqual(committed);
});

test.each(clusters)('%s can be read back, and its cluster is complete', (file, text) => {
  const { resource, others } = readClusterManifest(text, file);
  const completed = resource.kind === 'EMQX' ? withEmqxDefaults(resource) : withDefaults(resource);
  expect(completed).toEqual(resource);
  expect(others).toContainEqual(expect.objectContaining({ kind: 'Service' }));
});

function isProgram(file: string): boolean {
  return path.basename(file) === 'main.ts' && !file.includes('node_modules');
}

test("the tutorial's manifest and the quickstart describe the same cluster, which the quickstart holds", () => {
  const read = (file: string) => readManifest(readFileSync(path.join(examples, file), 'utf8'), file);
  const [tutorial, quickstart] = [read('tutorial/emqx-ee.yaml').resource, read('manifests/emqx-ee.k8s.yaml')];
  const update = tutorial.spec.blueGreenUpdate!;
  const kept = (quickstart.others as Manifest[]).map(({ metadata }) => metadata.annotations?.[DELAY]);
  expect(kept).toEqual([String(update.initialDelaySeconds)]);
  update.initialDelaySeconds = 2_000_000_000;
  expect(withDefaults(tutorial)).toEqual(quickstart.resource);
});
