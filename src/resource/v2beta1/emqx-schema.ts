import * as z from 'zod';
import { objectMeta } from '../metadata';
import { EMQX_API_VERSION, EMQX_KIND, EMQX_V2_API_VERSION } from './constants';
import { emqxSpec, emqxV2Spec } from './spec';
import { emqxStatus, emqxV2Status } from './status';

/**
 * The custom resource EMQX, as version v2beta1 has it: the only source of its types, its validation and its definition. Structure only;
 * whether values make sense is checked by `parseEmqx`.
 *
 * @see EMQX Operator 2.2.29
 */
export const emqx = z.strictObject({
  apiVersion: z.enum([EMQX_API_VERSION, EMQX_V2_API_VERSION]),
  kind: z.literal(EMQX_KIND),
  metadata: objectMeta,
  spec: emqxSpec,
  status: emqxStatus.optional(),
});

/** Its version v2, of operator 2.3. */
export const emqxV2 = emqx.extend({ spec: emqxV2Spec, status: emqxV2Status.optional() });

/** The schema of a resource by its version; that of v2beta1 for any other. */
export function emqxSchemaOf(apiVersion: unknown): z.ZodType {
  return apiVersion === EMQX_V2_API_VERSION ? emqxV2 : emqx;
}
