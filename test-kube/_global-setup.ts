import { customResourceDefinitions } from '../src/resource/crd';
import { ApiServer } from './_api-server';
import { buildCli } from './_cli';
import { hasLab } from './_lab';
import { served } from './_served';

/** Makes the API server know the operator's kinds, and compiles the command line, before any test. */
export default async function globalSetup(): Promise<void> {
  if (!hasLab) return;
  const admin = ApiServer.admin();
  const definitions = customResourceDefinitions();
  await Promise.all(definitions.map((definition) => admin.apply(definition)));
  await served(definitions);
  buildCli();
}
