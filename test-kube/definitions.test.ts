import type { KubeObject } from '../src/kubernetes';
import { customResourceDefinitions } from '../src/resource/crd';
import { ApiServer } from './_api-server';
import { describeKube } from './_describe-kube';
import { differences } from './_differences';
import { kubectl, tally } from './_lab';
import { served } from './_served';

const definitions = customResourceDefinitions();
const plurals = definitions.map(({ spec }) => spec.names.plural);
const definitionOf = (plural: string) => definitions.find(({ spec }) => spec.names.plural === plural)!;

interface Established extends KubeObject {
  status?: { conditions?: { type: string; status: string; message: string }[]; storedVersions?: string[] };
}

describeKube('a custom resource definition', () => {
  test.each(plurals)('of %s is established, stored as it was sent, and gives no warning', async (plural) => {
    const admin = ApiServer.admin();
    const definition = definitionOf(plural);
    const { warnings } = await admin.apply(definition);
    expect(warnings).toEqual([]);
    const stored = await admin.read<Established>(definition);
    expect(differences(definition, stored)).toEqual([]);
    const conditions = stored.status?.conditions ?? [];
    expect(conditions.map(({ type, status }) => `${type} ${status}`).sort()).toEqual([
      'Established True',
      'NamesAccepted True',
    ]);
    expect(stored.status?.storedVersions).toEqual([definition.spec.versions.at(-1)?.name]);
    tally('accepted', `CustomResourceDefinition ${definition.metadata.name}`);
  });

  // Under the name of another group, so that nothing is taken from the tests that run beside this one.
  test.each([
    ['kubectl apply', 'client-side', []],
    ['kubectl apply --server-side', 'server-side', ['--server-side']],
  ])('is taken by "%s" without a warning, and served', async (_, name, flags) => {
    const renamed = definitions.map(
      (definition) =>
        JSON.parse(JSON.stringify(definition).replaceAll('apps.emqx.io', `${name}.emqx.test`)) as typeof definition,
    );
    kubectl(['apply', '--warnings-as-errors', ...flags, '-f', '-'], renamed);
    await served(renamed);
    kubectl(['delete', '--wait=false', '-f', '-'], renamed);
  });
});
