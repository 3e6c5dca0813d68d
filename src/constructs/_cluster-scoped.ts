import { ApiObject, JsonPatch } from 'cdk8s';
import type { IConstruct } from 'constructs';

/** Removes the chart's namespace from a cluster-scoped object: cdk8s adds it to every object. */
export function clusterScoped(object: IConstruct): void {
  const manifest = ApiObject.of(object);
  if (manifest.metadata.namespace !== undefined) manifest.addJsonPatch(JsonPatch.remove('/metadata/namespace'));
}
