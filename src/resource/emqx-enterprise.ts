import type * as z from 'zod';
import type { emqxEnterprise } from './emqx-enterprise-schema';
import type { emqxEnterpriseSpec } from './spec';
import type { emqxEnterpriseStatus } from './status';

/** A custom resource EmqxEnterprise. @useDeclaredType */
export type EmqxEnterprise = z.infer<typeof emqxEnterprise>;
/** What is wanted. @useDeclaredType */
export type EmqxEnterpriseSpec = z.infer<typeof emqxEnterpriseSpec>;
/** What the operator found. @useDeclaredType */
export type EmqxEnterpriseStatus = z.infer<typeof emqxEnterpriseStatus>;
