import { KIND } from '../constants';
import { emqxEnterpriseSpec } from '../v1beta4/spec';
import { emqxEnterpriseStatus } from '../v1beta4/status';
import {
  AGE_COLUMN,
  CONDITION_COLUMN,
  type CustomResourceDefinition,
  customResourceDefinition,
} from './custom-resource-definition';

/** How `kubectl scale` and `kubectl get` see a cluster of EMQX 4.4. */
const CLUSTER = {
  scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
  printerColumns: [CONDITION_COLUMN, AGE_COLUMN],
} as const;

/** EmqxEnterprise: a cluster of EMQX Enterprise 4.4. Resources are validated by the same schema. */
export function emqxEnterpriseDefinition(): CustomResourceDefinition {
  return customResourceDefinition({
    kind: KIND,
    plural: 'emqxenterprises',
    versions: [{ name: 'v1beta4', spec: emqxEnterpriseSpec, status: emqxEnterpriseStatus, ...CLUSTER }],
  });
}

/** EmqxBroker: a cluster of open source EMQX 4.4, which knows neither a license nor blue-green upgrades. */
export function emqxBrokerDefinition(): CustomResourceDefinition {
  return customResourceDefinition({
    kind: 'EmqxBroker',
    plural: 'emqxbrokers',
    versions: [
      {
        name: 'v1beta4',
        spec: emqxEnterpriseSpec.omit({ license: true, blueGreenUpdate: true }),
        status: emqxEnterpriseStatus.omit({ blueGreenUpdateStatus: true }),
        ...CLUSTER,
      },
    ],
  });
}
