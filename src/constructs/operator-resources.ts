import { Size } from 'cdk8s';
import type { Rule } from '../resource/rules';
import type { Findings } from './_findings';
import { bytesOf } from './_memory';
import { checkNodeResources, type NodeResources } from './node-resources';

/** Processor and memory of one replica of the operator. */
export interface OperatorResources extends NodeResources {
  /** Reserved, in thousandths of a processor. @default 100 */
  readonly cpuRequestMillis?: number;
  /** At most, in thousandths of a processor. @default 500 */
  readonly cpuLimitMillis?: number;
  /** Reserved; whole mebibytes. @default Size.mebibytes(128) */
  readonly memoryRequest?: Size;
  /** At most; whole mebibytes. Beyond it the operator is killed and restarted. @default Size.mebibytes(512) */
  readonly memoryLimit?: Size;
}

export function withDefaultResources(given: OperatorResources | undefined): Required<OperatorResources> {
  return {
    cpuRequestMillis: given?.cpuRequestMillis ?? 100,
    cpuLimitMillis: given?.cpuLimitMillis ?? 500,
    memoryRequest: given?.memoryRequest ?? Size.mebibytes(128),
    memoryLimit: given?.memoryLimit ?? Size.mebibytes(512),
  };
}

export function checkOperatorResources(findings: Findings, path: string, given: OperatorResources): void {
  const resources = withDefaultResources(given);
  checkNodeResources(findings, path, resources);
  for (const name of ['memoryRequest', 'memoryLimit'] as const) {
    findings.check(`${path}.${name}`, bytesOf(resources[name]), wholeMebibytes);
  }
}

/** For a number of bytes; a value that is not a size was already reported. */
const wholeMebibytes: Rule = (bytes) =>
  typeof bytes !== 'number' || bytes % MEBIBYTE === 0
    ? undefined
    : {
        bound: 'whole mebibytes',
        reason: 'smaller parts cannot be rendered',
        fix: 'write for example Size.mebibytes(128)',
      };

const MEBIBYTE = 1024 * 1024;
