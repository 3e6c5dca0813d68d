import type * as z from 'zod';
import type { emqx } from './emqx-schema';
import type { emqxSpec } from './spec';
import type { emqxStatus } from './status';

/** A custom resource EMQX: a cluster of EMQX 5 or 6. @useDeclaredType */
export type Emqx = z.infer<typeof emqx>;
/** The wanted state. @useDeclaredType */
export type EmqxSpec = z.infer<typeof emqxSpec>;
/** The state as the operator reports it. @useDeclaredType */
export type EmqxStatus = z.infer<typeof emqxStatus>;
