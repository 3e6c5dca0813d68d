import path from 'node:path';
import type { KubeObject } from '../src/kubernetes';
import { parseEmqxEnterprise, withDefaults } from '../src/resource';
import { ApiServer } from './_api-server';
import { describeKube } from './_describe-kube';
import { differences } from './_differences';
import { applyAll, examples, objectsOf, yamlFiles } from './_manifests';

const files = yamlFiles(examples).filter((file) => !file.startsWith('invalid/'));
const kindOf = (file: string) => objectsOf(path.join(examples, file)).map(({ kind }) => kind);

/** What nobody but the one who applies it writes. */
function contentOf(object: KubeObject & { status?: unknown }) {
  const { metadata, status, ...content } = object;
  return { ...content, labels: metadata.labels, generation: metadata.generation };
}

describeKube('an example', () => {
  let admin: ApiServer;
  let applied: readonly KubeObject[] = [];

  beforeAll(() => {
    admin = ApiServer.admin();
  });

  // Examples share names and node ports.
  afterEach(async () => {
    await Promise.all(applied.map((object) => admin.delete(object)));
    applied = [];
  });

  async function apply(source: string, objects: readonly KubeObject[]) {
    for (const { metadata } of objects) if (metadata.namespace) await admin.namespace(metadata.namespace);
    const outcome = await applyAll(admin, source, objects);
    applied = outcome.applied;
    return outcome;
  }

  test.each(files)('%s is taken without a warning, and stored as it was sent', async (file) => {
    const objects = objectsOf(path.join(examples, file));
    const outcome = await apply(file, objects);
    expect(outcome.applied).not.toEqual([]);
    expect(outcome.warnings).toEqual([]);
    expect(outcome.differences).toEqual([]);
  });

  test.each(files)('%s that is applied once more changes nothing', async (file) => {
    const objects = objectsOf(path.join(examples, file));
    await apply(file, objects);
    for (const object of applied) {
      const before = await admin.read(object);
      const { body, warnings } = await admin.apply(object);
      expect(warnings).toEqual([]);
      expect(contentOf(body)).toEqual(contentOf(before));
    }
  });

  const clusters = files.filter((file) => kindOf(file).includes('EmqxEnterprise'));

  test.each(clusters)('%s is stored as it was sent once the defaults are filled in', async (file) => {
    const objects = objectsOf(path.join(examples, file));
    const complete = objects.map((object) =>
      object.kind === 'EmqxEnterprise' ? (withDefaults(parseEmqxEnterprise(object)) as KubeObject) : object,
    );
    const outcome = await apply(`${file} with defaults`, complete);
    expect(outcome.warnings).toEqual([]);
    expect(outcome.differences).toEqual([]);
  });

  test('with a field that the schema lacks would be seen to lose it, if the server did not refuse it', async () => {
    const [object] = objectsOf(path.join(examples, 'tutorial/emqx-ee.yaml')) as (KubeObject & { spec: object })[];
    const surprising = { ...object!, spec: { ...object!.spec, surprise: [1] } };
    await expect(admin.apply(surprising)).rejects.toThrow('.spec.surprise: field not declared in schema');
    const url = `${await admin.collectionOf(surprising)}?fieldValidation=Ignore&dryRun=All`;
    const { body } = await admin.request('POST', url, { type: 'application/json', body: surprising });
    expect(differences(surprising, body)).toEqual(['.spec.surprise: sent [1], stored undefined']);
  });
});
