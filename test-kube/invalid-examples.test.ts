import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { KubeObject } from '../src/kubernetes';
import { type Answer, ApiServer } from './_api-server';
import { describeKube } from './_describe-kube';
import { tally } from './_lab';
import { examples, objectsOf } from './_manifests';

const folder = path.join(examples, 'invalid');
const file = (name: string) => path.join(folder, name);

/** Refused by the API server, too, which names this. */
const BY_THE_SERVER: Readonly<Record<string, string>> = {
  'another-api-version.yaml': 'page not found',
  'another-kind.yaml': 'unknown field "spec.blueGreenUpdate"',
  'misplaced-fields.yaml': 'unknown field "spec.bootstrapAPIKeys"',
  'name-empty.yaml': 'metadata.name: Required value',
  'name-upper-case.yaml': 'metadata.name: Invalid value: "EMQX-ee"',
  'rate-fraction.yaml': 'sessEvictRate in body must be of type integer',
  'rate-negative.yaml': 'connEvictRate in body should be greater than or equal to 1',
  'rate-string.yaml': 'connEvictRate in body must be of type integer',
  'rate-zero.yaml': 'connEvictRate in body should be greater than or equal to 1',
  'several-problems.yaml': 'metadata.name: Invalid value: "EMQX"',
  'unknown-fields.yaml': 'unknown field "spec.blueGreenUpdate.evacuationStrategy.connEvictionRate"',
  'version-missing.yaml': 'image.version: Required value',
  'version-v1beta3.yaml': 'page not found',
  'version-number.yaml': 'image.version in body must be of type string',
  'fields-of-emqx-5.yaml': 'unknown field "spec.coreTemplate"',
  'v5/both-bounds-of-a-budget.yaml': 'minAvailable cannot be set when maxUnavailable is specified',
  'v5/fields-of-emqx-enterprise.yaml': 'unknown field "spec.blueGreenUpdate"',
  'v5/rate-zero.yaml': 'connEvictRate in body should be greater than or equal to 1',
  'v5/several-problems.yaml': 'metadata.name: Invalid value: "EMQX"',
  'v5/unknown-fields.yaml': 'unknown field "spec.config.text"',
  'v5/version-of-operator-3.yaml': 'page not found',
};

/** Taken by the API server, and refused by us alone: why its schema does not tell. */
const BY_US_ALONE: Readonly<Record<string, string>> = {
  'both-license-forms.yaml': 'the schema takes all three forms at once',
  'delay-negative.yaml': 'the schema sets no minimum',
  'emqx-5.yaml': 'it describes a cluster of another generation',
  'management-listener-moved.yaml': 'a setting of EMQX may be any text',
  'name-too-long.yaml': 'a name may have 253 characters; ours leaves room for what is made of it',
  'node-port-out-of-range.yaml': 'the operator makes a Service of it later, and only that is refused',
  'node-port-twice.yaml': 'the operator makes a Service of it later, and only that is refused',
  'rate-missing.yaml': 'the schema does not require it',
  'replicas-zero.yaml': 'the schema sets no minimum',
  'two-clusters.yaml': 'each of them is sound; which one is meant is a question of ours',
  'version-latest.yaml': 'the schema takes any text; the webhook refuses it',
  'version-not-semver.yaml': 'the schema takes any text; the webhook refuses it',
  'version-pre-release.yaml': 'the schema takes any text; the webhook refuses it',
  'version-too-new.yaml': 'the schema takes any text; the webhook refuses it',
  'version-too-old.yaml': 'the schema takes any text; the webhook refuses it',
  'version-with-v.yaml': 'the schema takes any text',
  'wait-takeover-missing.yaml': 'the schema does not require it',
  'wait-takeover-too-long.yaml': "the schema knows no maximum but that of 32 bits; the limit is that of EMQX's timers",
  'wait-takeover-zero.yaml': 'the schema takes 0; EMQX then waits for 60 s',
  'v5/api-key-without-secret.yaml': 'the schema requires neither form in full',
  'v5/cluster-domain.yaml': 'the schema takes any text',
  'v5/config-address-without-quotes.yaml': 'a configuration may be any text',
  'v5/config-comment-in-list.yaml': 'a configuration may be any text',
  'v5/config-in-braces.yaml': 'a configuration may be any text',
  'v5/config-substitution.yaml': 'a configuration may be any text',
  'v5/config-url-in-comment.yaml': 'a configuration may be any text',
  'v5/dashboard-no-object.yaml': 'a configuration may be any text',
  'v5/dashboard-off.yaml': 'a configuration may be any text',
  'v5/eleven-cores.yaml': 'the schema sets no maximum',
  'v5/image-latest.yaml': 'the schema takes any text',
  'v5/image-of-emqx-4.yaml': 'the schema takes any text',
  'v5/image-too-old.yaml': 'the schema takes any text',
  'v5/image-without-patch.yaml': 'the schema takes any text',
  'v5/name-of-a-node.yaml': 'a variable may have any name',
  'v5/name-too-long.yaml': 'a name may have 253 characters; ours leaves room for what is made of it',
  'v5/old-spelling-of-tolerations.yaml': 'the schema has both spellings',
  'v5/open-source-image.yaml': 'the schema takes any text',
  'v5/rates-missing.yaml': 'the schema fills rates in only where their object is there',
  'v5/wait-takeover-missing.yaml': 'the schema does not require it',
};

/** Not even sent. */
const NO_MANIFEST: Readonly<Record<string, string>> = {
  'not-yaml.yaml': 'it cannot be read',
};

/** Not tried here: what is wrong in it is no custom resource, or has no form in JSON. */
const NOT_TRIED = ['not-json.yaml', 'objects-beside.yaml'];

describeKube('a counter-example', () => {
  let admin: ApiServer;

  beforeAll(() => {
    admin = ApiServer.admin();
  });

  async function create(object: KubeObject): Promise<Answer> {
    const served = await admin.resourceOf(object);
    const plural = served?.name ?? `${object.kind.toLowerCase()}s`;
    const url = `/apis/${object.apiVersion}/namespaces/default/${plural}?fieldValidation=Strict&dryRun=All`;
    return admin.request('POST', url, { type: 'application/json', body: object });
  }

  test('is a manifest of the tables here, each of one of them, or a program, which writes no manifest', () => {
    const tables = [...[BY_THE_SERVER, BY_US_ALONE, NO_MANIFEST].flatMap((table) => Object.keys(table)), ...NOT_TRIED];
    const manifests = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.yaml'),
    );
    expect(tables.sort()).toEqual(manifests.sort());
  });

  test.each(Object.entries(BY_THE_SERVER))('%s is refused by the API server: %s', async (name, reason) => {
    const objects = objectsOf(file(name));
    expect(objects).toHaveLength(1);
    const { status, body } = await create(objects[0]!);
    expect(body.message).toContain(reason);
    expect([400, 404, 422]).toContain(status);
    tally('refused', name);
  });

  test.each(Object.entries(BY_US_ALONE))('%s is taken by the API server: %s', async (name) => {
    for (const object of objectsOf(file(name))) {
      const { status, body, warnings } = await create(object);
      expect(body.message).toBeUndefined();
      expect(status).toBe(201);
      expect(warnings).toEqual([]);
    }
  });

  test.each(Object.entries(NO_MANIFEST))('%s is not sent: %s', (name) => {
    expect(() => objectsOf(file(name))).toThrow();
  });
});
