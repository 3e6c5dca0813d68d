import * as z from 'zod';
import { API_VERSION, KIND } from '../constants';
import { objectMeta } from '../metadata';
import { emqxEnterpriseSpec } from './spec';
import { emqxEnterpriseStatus } from './status';

/**
 * The custom resource EmqxEnterprise, version v1beta4: the only source of its types, its validation and its
 * definition. Structure only; whether values make sense is checked by `parseEmqxEnterprise`.
 *
 * @see EMQX Operator 2.2.29, the last one that reconciles this version
 */
export const emqxEnterprise = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal(KIND),
  metadata: objectMeta,
  spec: emqxEnterpriseSpec,
  status: emqxEnterpriseStatus.optional(),
});
