import { API_VERSION, KIND } from './constants';
import type { Problem } from './problem';
import { EMQX_API_VERSION, EMQX_KIND } from './v2beta1/constants';

/** What a field of the other generation's resource is in this one; undefined where there is nothing like it. */
type Counterparts = Readonly<Record<string, string | undefined>>;

/** Fields that only an EmqxEnterprise has, and their counterparts in an EMQX. */
const OF_EMQX_ENTERPRISE: Counterparts = {
  blueGreenUpdate: 'spec.updateStrategy',
  emqxACL: 'authorization in spec.config.data',
  emqxConfig: 'spec.config.data',
  emqxContainer: 'spec.coreTemplate.spec',
  license: 'license.key in spec.config.data',
  persistent: 'spec.coreTemplate.spec.volumeClaimTemplates',
  reloaderImage: undefined,
  replicas: 'spec.coreTemplate.spec.replicas',
  serviceTemplate: 'spec.listenersServiceTemplate',
  template: 'spec.coreTemplate',
};

/** Fields that only an EMQX has, and their counterparts in an EmqxEnterprise. */
const OF_EMQX: Counterparts = {
  config: 'spec.template.spec.emqxContainer.emqxConfig',
  coreTemplate: 'spec.template',
  dashboardServiceTemplate: 'spec.serviceTemplate',
  listenersServiceTemplate: 'spec.serviceTemplate',
  replicantTemplate: undefined,
  revisionHistoryLimit: undefined,
  topologySpreadConstraints: undefined,
  updateStrategy: 'spec.blueGreenUpdate',
};

type Explanation = Pick<Problem, 'reason' | 'fix'>;

/** Of a field of an EmqxEnterprise in an EMQX: where it belongs. Undefined for any other field. */
export function inEmqx(field: string): Explanation | undefined {
  return explain(field, OF_EMQX_ENTERPRISE, `${KIND} (${API_VERSION}), the resource of EMQX 4.4`, EMQX_KIND);
}

/** Of a field of an EMQX in an EmqxEnterprise: where it belongs. Undefined for any other field. */
export function inEmqxEnterprise(field: string): Explanation | undefined {
  return explain(field, OF_EMQX, `${EMQX_KIND} (${EMQX_API_VERSION}), the resource of EMQX 5 and 6`, KIND);
}

function explain(field: string, fields: Counterparts, owner: string, here: string): Explanation | undefined {
  if (!Object.hasOwn(fields, field)) return undefined;
  const counterpart = fields[field];
  return {
    reason: `it belongs to an ${owner}, and would be dropped silently`,
    fix: counterpart === undefined ? `remove it: an ${here} has nothing like it` : `write ${counterpart} in an ${here}`,
  };
}
