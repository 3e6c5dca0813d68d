import type { KubeObject } from '../../../kubernetes/kube-api';
import type { Emqx } from '../../../resource';
import { completeEmqx } from '../../../resource/v2beta1/defaults';
import { admitStructure } from '../structure-of';

/**
 * What happens to an EMQX before it is stored, in place: its custom resource definition drops unknown fields, refuses what has another
 * structure, and has defaults. There is no webhook.
 *
 * @throws KubeApiError 422 `Invalid` with all problems
 */
export function admitEmqx(object: KubeObject): void {
  admitStructure(object);
  completeEmqx(object as Emqx & KubeObject);
}
