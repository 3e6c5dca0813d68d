import { withDefaults } from './defaults';
import type { EmqxEnterprise } from './emqx-enterprise';
import { withoutHeartbeats } from './hold';

/** The same resource with another version of EMQX. */
export function withVersion(resource: EmqxEnterprise, version: string): EmqxEnterprise {
  const next = withDefaults(resource);
  const node = next.spec.template!.spec!.emqxContainer!;
  node.image = { ...node.image, version };
  const { blueGreenUpdate } = next.spec;
  if (blueGreenUpdate?.initialDelaySeconds !== undefined) {
    blueGreenUpdate.initialDelaySeconds = withoutHeartbeats(blueGreenUpdate.initialDelaySeconds);
  }
  return next;
}
