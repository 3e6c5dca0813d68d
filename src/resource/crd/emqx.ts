import { EMQX_KIND } from '../v2beta1/constants';
import { emqxSpec } from '../v2beta1/spec';
import { emqxStatus } from '../v2beta1/status';
import {
  AGE_COLUMN,
  CONDITION_COLUMN,
  type CustomResourceDefinition,
  customResourceDefinition,
} from './custom-resource-definition';

/** EMQX: a cluster of EMQX 5 or 6. Resources are validated by the same schema. */
export function emqxDefinition(): CustomResourceDefinition {
  return customResourceDefinition({
    kind: EMQX_KIND,
    plural: 'emqxes',
    shortNames: ['emqx'],
    versions: [
      {
        name: 'v2beta1',
        spec: emqxSpec,
        status: emqxStatus,
        scale: {
          specReplicasPath: '.spec.replicantTemplate.spec.replicas',
          // No such field of the status exists; the operator's own definition has it so.
          statusReplicasPath: '.status.replicantNodeReplicas',
        },
        printerColumns: [CONDITION_COLUMN, AGE_COLUMN],
      },
    ],
  });
}
