import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { KubeObject } from '../src/kubernetes';
import { parseEmqxEnterprise, readManifest, withDefaults } from '../src/resource';
import { ApiServer } from './_api-server';
import { describeKube } from './_describe-kube';
import { differences } from './_differences';
import { kubectl, labFile } from './_lab';
import { applyAll, examples, objectsOf, yamlFiles } from './_manifests';

const all = yamlFiles(examples);
const real = all.filter((file) => file.startsWith('real/'));
const files = all.filter((file) => !file.startsWith('invalid/') && !real.includes(file));
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

  // Unlike server-side apply, a plain one drops fields that are null.
  test.each(real)('%s is applied by kubectl, and stored as it is read here', async (file) => {
    // What was exported has addresses of the cluster that it comes from.
    const text = readFileSync(path.join(examples, file), 'utf8').replaceAll('10.96.', '127.96.');
    const { resource, others } = readManifest(text, file);
    const objects = [resource, ...others] as KubeObject[];
    for (const { metadata } of objects) if (metadata.namespace) await admin.namespace(metadata.namespace);
    const copy = labFile(path.basename(file));
    writeFileSync(copy, text);
    kubectl(['apply', '-f', copy]);
    // What was exported belongs to a cluster by its uid, which this one does not have: it is collected as garbage.
    applied = objects.filter(({ kind, metadata }) => kind !== 'Namespace' && !metadata.ownerReferences);
    for (const object of applied) {
      const { status: _, ...wanted } = object as KubeObject & { status?: unknown };
      const { name, namespace, labels } = object.metadata;
      const metadata = { name, ...(namespace && { namespace }), ...(labels && { labels }) };
      expect(differences({ ...wanted, metadata }, await admin.read(object))).toEqual([]);
    }
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
