/** The custom resource definitions of EMQX Operator 2.2.29, rendered from this project's own schemas. */
import type { CustomResourceDefinition } from './custom-resource-definition';
import { emqxDefinition } from './emqx';
import { emqxBrokerDefinition, emqxEnterpriseDefinition } from './emqx-enterprise';
import { emqxPluginDefinition } from './emqx-plugin';
import { rebalanceDefinition } from './rebalance';

export type { CustomResourceDefinition } from './custom-resource-definition';
export type { StructuralSchema } from './structural-schema';
export { emqxDefinition, emqxEnterpriseDefinition, rebalanceDefinition };

/**
 * All five definitions, as new plain objects at each call: the operator starts a controller for each of them and fails
 * if one is missing.
 *
 * - The versions v1beta3 and v2alpha1, deprecated and read by no controller, are left out. On a cluster that stores
 *   resources of these versions the API server refuses these definitions as an update, until `status.storedVersions` is migrated.
 * - There is no `spec.conversion`, so that no webhook is needed.
 *
 * @see EMQX Operator 2.2.29, `config/crd/bases`
 */
export function customResourceDefinitions(): CustomResourceDefinition[] {
  return [
    emqxEnterpriseDefinition(),
    emqxBrokerDefinition(),
    emqxPluginDefinition(),
    rebalanceDefinition(),
    emqxDefinition(),
  ];
}
