import { KubeApiError, type KubeObject } from '../../../kubernetes/kube-api';
import { type EmqxEnterprise, formatProblem, immutableFields, withDefaults } from '../../../resource';
import { formatPath } from '../../../resource/problem';
import { emqxVersion } from '../../../resource/rules';
import { complete } from '../../../resource/v1beta4/defaults';
import { admitStructure } from '../structure-of';

/**
 * What happens to an EmqxEnterprise before it is stored, in place: by its custom resource definition, which drops unknown
 * fields and refuses what has another structure, and by the operator's two webhooks, which complete it and refuse an EMQX
 * version that the operator does not run, and changes of what cannot change.
 *
 * @throws KubeApiError with all problems: 422 `Invalid`, whose `cause` lists them; or 403 `Forbidden` in the webhook's name
 * @see EMQX Operator 2.2.29, `apis/apps/v1beta4`
 */
export function admitEnterprise(object: KubeObject, previous: KubeObject | undefined): void {
  admitStructure(object);
  const resource = object as EmqxEnterprise & KubeObject;
  complete(resource);
  const refusals = refusalsOf(resource, previous as (EmqxEnterprise & KubeObject) | undefined);
  if (refusals.length > 0) {
    throw new KubeApiError(
      403,
      'Forbidden',
      `admission webhook "validator.enterprise.emqx.io" denied the request: ${refusals.join('; ')}`,
    );
  }
}

function refusalsOf(resource: EmqxEnterprise, previous: EmqxEnterprise | undefined): string[] {
  const steps = ['spec', 'template', 'spec', 'emqxContainer', 'image', 'version'];
  const value = resource.spec.template?.spec?.emqxContainer?.image?.version;
  const violation = emqxVersion(value);
  return [
    ...(violation ? [formatProblem({ path: formatPath(steps), value, ...violation })] : []),
    ...(previous ? immutableFields(withDefaults(previous), resource) : []).map((field) => `refuse to update ${field}`),
  ];
}
