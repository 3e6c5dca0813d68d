import type * as z from 'zod';
import type { emqxEnterprise } from './emqx-enterprise-schema';
import type { emqxEnterpriseSpec } from './spec';
import type { emqxEnterpriseStatus } from './status';

/** A custom resource EmqxEnterprise. @useDeclaredType */
export type EmqxEnterprise = z.infer<typeof emqxEnterprise>;
/** The wanted state. @useDeclaredType */
export type EmqxEnterpriseSpec = z.infer<typeof emqxEnterpriseSpec>;
/** The state as the operator reports it. @useDeclaredType */
export type EmqxEnterpriseStatus = z.infer<typeof emqxEnterpriseStatus>;
