import type { EmqxResource } from './generations';
import { withoutHeartbeats } from './hold';
import { withDefaults } from './v1beta4/defaults';
import type { EmqxEnterprise } from './v1beta4/emqx-enterprise';
import { emqxWithVersion } from './v2beta1/with-version';

/** The same resource, complete, with another version of EMQX. */
export function withVersion<Resource extends EmqxResource>(resource: Resource, version: string): Resource {
  return (
    resource.kind === 'EMQX' ? emqxWithVersion(resource, version) : enterpriseWithVersion(resource, version)
  ) as Resource;
}

function enterpriseWithVersion(resource: EmqxEnterprise, version: string): EmqxEnterprise {
  const next = withDefaults(resource);
  const node = next.spec.template!.spec!.emqxContainer!;
  node.image = { ...node.image, version };
  const { blueGreenUpdate } = next.spec;
  if (blueGreenUpdate?.initialDelaySeconds !== undefined) {
    blueGreenUpdate.initialDelaySeconds = withoutHeartbeats(blueGreenUpdate.initialDelaySeconds);
  }
  return next;
}
