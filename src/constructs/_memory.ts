import { type Size, SizeRoundingBehavior } from 'cdk8s';
import { canonicalQuantity } from '../resource/canonical-quantity';
import type { Rule } from '../resource/rules';

/** A size in bytes; undefined if it is not a size. */
export function bytesOf(size: unknown): number | undefined {
  return isSize(size) ? size.toKibibytes({ rounding: SizeRoundingBehavior.NONE }) * 1024 : undefined;
}

/** As Kubernetes writes it, for example `10Gi`; undefined if it cannot be written. */
export function quantityOf(size: unknown): string | undefined {
  const bytes = bytesOf(size);
  return Number.isSafeInteger(bytes) ? (canonicalQuantity(`${bytes! / 1024}Ki`) as string) : undefined;
}

/** At least one byte, and whole bytes. */
export const memory: Rule = (value) => {
  const bytes = bytesOf(value);
  if (bytes === undefined) {
    return {
      bound: 'a Size',
      reason: 'a bare number does not say its unit',
      fix: 'write for example Size.gibibytes(8), of cdk8s',
    };
  }
  if (Number.isSafeInteger(bytes) && bytes >= 1) return undefined;
  return {
    bound: 'a whole number of bytes, at least 1',
    reason: bytes < 1 ? 'it must not be empty' : 'the API server stores no fractions of a byte',
    fix: 'write for example Size.gibibytes(8)',
  };
};

/** By its methods, not by its class: a program may have loaded cdk8s twice. */
function isSize(value: unknown): value is Size {
  return typeof (value as Partial<Size> | null)?.toKibibytes === 'function';
}
