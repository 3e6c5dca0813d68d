const NOTATION = /^([+-]?)(\d+)?(?:\.(\d*))?(n|u|m|k|M|G|T|P|E|[KMGTPE]i)?$/;
const DECIMAL = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const NANO = 1_000_000_000n;

/**
 * A quantity in the canonical form in which Kubernetes writes it: `0.5` is `500m`, `1024Mi` is `1Gi`. The
 * operator's webhook stores quantities in this form; another one would look like a change forever.
 *
 * Values that are not quantities, and powers of ten written with an exponent, are returned as given.
 *
 * @see Kubernetes API, `resource.Quantity`
 */
export function canonicalQuantity(value: unknown): unknown {
  const parts = partsOf(value);
  if (!parts) return value;
  const { sign, nanos, suffix } = parts;
  const minus = sign === '-' && nanos > 0n ? '-' : '';
  const binary = suffix.endsWith('i') && nanos >= 1024n * NANO && nanos % NANO === 0n;
  return minus + (binary ? shortest(nanos / NANO, 1024n, BINARY) : shortest(nanos, 1000n, DECIMAL));
}

/** A quantity in billionths; undefined if it is not a quantity, or is written with an exponent. */
export function nanosOf(value: unknown): bigint | undefined {
  const parts = partsOf(value);
  return parts && (parts.sign === '-' ? -parts.nanos : parts.nanos);
}

function partsOf(value: unknown): { sign: string; nanos: bigint; suffix: string } | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const [, sign, whole = '', fraction = '', suffix = ''] = NOTATION.exec(String(value)) ?? [];
  if (sign === undefined || whole + fraction === '') return undefined;
  const divisor = 10n ** BigInt(fraction.length);
  const nanos = (BigInt(whole + fraction) * unitOf(suffix) + divisor - 1n) / divisor; // parts of a billionth are rounded up
  return { sign, nanos, suffix };
}

/** One unit in billionths. */
function unitOf(suffix: string): bigint {
  const binary = BINARY.indexOf(suffix);
  return binary > 0 ? 1024n ** BigInt(binary) * NANO : 1000n ** BigInt(DECIMAL.indexOf(suffix));
}

/** With the largest unit that leaves no fraction. */
function shortest(amount: bigint, base: bigint, units: readonly string[]): string {
  if (amount === 0n) return '0';
  let unit = 0;
  let rest = amount;
  while (rest % base === 0n && unit < units.length - 1) {
    rest /= base;
    unit++;
  }
  return `${rest}${units[unit]}`;
}
