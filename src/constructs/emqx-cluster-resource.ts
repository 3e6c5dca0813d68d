import type { Problem } from '../resource/problem';
import type { Emqx } from '../resource/v2beta1/emqx';
import { checkEmqxCluster } from './_check-emqx-cluster';
import { givenEmqx } from './_emqx-resource';
import { LICENSE_VARIABLE } from './_node-template';
import type { Inspected } from './_shape';
import type { EmqxClusterProps } from './emqx-cluster-props';

export { emqxPropertyOf } from './_emqx-property-paths';
export { givenEmqx } from './_emqx-resource';

/** All problems of the properties of a cluster of EMQX 5 or 6 whose types were already checked. */
export function emqxClusterProblems(
  { props, problems }: Inspected<EmqxClusterProps>,
  namespace: string,
): readonly Problem[] {
  return checkEmqxCluster(props, () => givenEmqx(props, namespace), problems);
}

/** Name of the Secret from which the nodes read their license; undefined where they read it from none. */
export function licenseSecretOf({ spec }: Emqx): string | undefined {
  const variable = spec.coreTemplate?.spec?.env?.find(({ name }) => name === LICENSE_VARIABLE);
  const { secretKeyRef } = (variable?.valueFrom ?? {}) as { secretKeyRef?: { name?: string } };
  return secretKeyRef?.name;
}
