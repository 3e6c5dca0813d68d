import type { Size } from 'cdk8s';
import type { Rule } from '../resource/rules';
import type { EmqxEnterpriseSpec } from '../resource/v1beta4/emqx-enterprise';
import { atLeastOne } from './_at-least-one';
import type { Findings } from './_findings';
import { bytesOf, memory, quantityOf } from './_memory';

/**
 * CPU and memory of one EMQX node.
 *
 * @see https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
 */
export interface NodeResources {
  /** Request, in thousandths of a CPU. @default - none */
  readonly cpuRequestMillis?: number;
  /** Limit, in thousandths of a CPU. Beyond it the node is throttled. @default - no limit */
  readonly cpuLimitMillis?: number;
  /** Request. @default - none */
  readonly memoryRequest?: Size;
  /** Limit. Beyond it the node is killed, and its connections with it. @default - no limit */
  readonly memoryLimit?: Size;
}

type Resources = NonNullable<
  NonNullable<NonNullable<EmqxEnterpriseSpec['template']>['spec']>['emqxContainer']
>['resources'];

/** As the custom resource has it. */
export function resourcesOf(resources: NodeResources): Resources {
  return {
    ...amounts('requests', resources.cpuRequestMillis, resources.memoryRequest),
    ...amounts('limits', resources.cpuLimitMillis, resources.memoryLimit),
  };
}

function amounts(kind: string, cpuMillis: number | undefined, size: Size | undefined) {
  const cpu = cpuMillis === undefined ? {} : { cpu: `${cpuMillis}m` };
  const room = size === undefined ? {} : { memory: quantityOf(size) };
  return cpuMillis === undefined && size === undefined ? {} : { [kind]: { ...cpu, ...room } };
}

export function checkNodeResources(findings: Findings, path: string, resources: NodeResources): void {
  const { cpuRequestMillis, cpuLimitMillis, memoryRequest, memoryLimit } = resources;
  checkPair(findings, [`${path}.cpuRequestMillis`, cpuRequestMillis], [`${path}.cpuLimitMillis`, cpuLimitMillis], CPU);
  checkPair(findings, [`${path}.memoryRequest`, memoryRequest], [`${path}.memoryLimit`, memoryLimit], MEMORY);
}

interface Measure {
  readonly rule: Rule;
  readonly amount: (value: unknown) => number | undefined;
  readonly shown: (value: unknown) => unknown;
}

/** Checks request and limit, then the request against the limit. */
function checkPair(
  findings: Findings,
  [requestPath, request]: readonly [path: string, value: unknown],
  [limitPath, limit]: readonly [path: string, value: unknown],
  { rule, amount, shown }: Measure,
): void {
  if (request !== undefined) findings.check(requestPath, request, rule);
  if (limit !== undefined) findings.check(limitPath, limit, rule);
  if (rule(request) || rule(limit) || amount(request)! <= amount(limit)!) return;
  findings.report(requestPath, shown(request), {
    bound: `at most the limit, ${String(shown(limit))}`,
    reason: 'Kubernetes refuses to reserve more than a container may use, and no node would start',
    fix: 'raise the limit, too',
  });
}

const millis = atLeastOne({
  reason: 'it counts thousandths of a CPU',
  fix: 'write for example 500 for half a CPU',
});

const CPU: Measure = { rule: millis, amount: Number, shown: (value) => value };
const MEMORY: Measure = { rule: memory, amount: bytesOf, shown: quantityOf };
