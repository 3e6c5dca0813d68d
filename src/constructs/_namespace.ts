import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { DEFAULT_NAMESPACE } from '../resource/constants';
import type { Rule } from '../resource/rules';

/** The given namespace, or the chart's, or "default". */
export function namespaceOf(scope: Construct, given: string | undefined): string {
  return given ?? Chart.of(scope).namespace ?? DEFAULT_NAMESPACE;
}

export const dnsLabel: Rule = (value) =>
  typeof value === 'string' && /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(value)
    ? undefined
    : {
        bound: "a DNS label of 1 to 63 characters: a-z, 0-9 and '-', no '-' first or last",
        reason: 'Kubernetes refuses other names of namespaces',
        fix: 'write the name of a namespace, for example "messaging"',
      };
