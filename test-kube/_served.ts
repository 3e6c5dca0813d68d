import type { CustomResourceDefinition } from '../src/resource/crd';
import { ApiServer } from './_api-server';
import { kubectl } from './_lab';

/** Resolves when the API server serves every kind of the definitions; it does so a moment after they are Established. */
export async function served(definitions: readonly CustomResourceDefinition[]): Promise<void> {
  const names = definitions.map(({ metadata }) => `customresourcedefinition/${metadata.name}`);
  // There are no conditions to wait for before the names are accepted, and without any kubectl gives up.
  for (const wait of ['jsonpath={.status.acceptedNames.singular}', 'condition=Established']) {
    kubectl(['wait', `--for=${wait}`, '--timeout=60s', ...names]);
  }
  const kinds = definitions.flatMap(({ spec }) =>
    spec.versions.map(({ name }) => ({ apiVersion: `${spec.group}/${name}`, kind: spec.names.kind })),
  );
  for (let tries = 0; tries < 5000; tries++) {
    const admin = ApiServer.admin(); // it would remember what it has discovered
    const found = await Promise.all(kinds.map((kind) => admin.resourceOf(kind)));
    if (!found.includes(undefined)) return;
  }
  throw new Error('the API server does not serve all of the kinds that are Established');
}
