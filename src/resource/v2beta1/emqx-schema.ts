import * as z from 'zod';
import { objectMeta } from '../metadata';
import { EMQX_API_VERSION, EMQX_KIND } from './constants';
import { emqxSpec } from './spec';
import { emqxStatus } from './status';

/**
 * The custom resource EMQX, version v2beta1: the only source of its types, its validation and its definition. Structure only;
 * whether values make sense is checked by `parseEmqx`.
 *
 * @see EMQX Operator 2.2.29
 */
export const emqx = z.strictObject({
  apiVersion: z.literal(EMQX_API_VERSION),
  kind: z.literal(EMQX_KIND),
  metadata: objectMeta,
  spec: emqxSpec,
  status: emqxStatus.optional(),
});
