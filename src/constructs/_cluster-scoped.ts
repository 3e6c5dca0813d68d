import { ApiObject, JsonPatch } from 'cdk8s';
import type { IConstruct } from 'constructs';

/** Takes the chart's namespace off an object that belongs to none: cdk8s puts it on every object. */
export function clusterScoped(object: IConstruct): void {
  const manifest = ApiObject.of(object);
  if (manifest.metadata.namespace !== undefined) manifest.addJsonPatch(JsonPatch.remove('/metadata/namespace'));
}
