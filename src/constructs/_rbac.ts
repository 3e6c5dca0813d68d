import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import type { PolicyRule } from '../resource/upgrade-rules';
import { clusterScoped } from './_cluster-scoped';

export interface RoleMetadata {
  readonly name: string;
  /** @default - none: a ClusterRole */
  readonly namespace?: string;
}

export function addRole(scope: Construct, id: string, metadata: RoleMetadata, rules: readonly PolicyRule[]): void {
  const role = new ApiObject(scope, id, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: metadata.namespace === undefined ? 'ClusterRole' : 'Role',
    metadata,
    rules,
  });
  if (metadata.namespace === undefined) clusterScoped(role);
}
