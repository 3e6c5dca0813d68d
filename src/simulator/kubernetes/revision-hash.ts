import { canonical } from './json';

/** Kubernetes' alphabet of names made from numbers: no vowels, no digits that look like one. */
export const safeCharacters = 'bcdfghjklmnpqrstvwxz2456789';

/** Writes a number in Kubernetes' safe alphabet: at most ten characters. */
function safeEncode(value: number): string {
  return [...String(value)].map((digit) => safeCharacters[digit.charCodeAt(0) % safeCharacters.length]).join('');
}

/**
 * A 32-bit FNV-1a hash of a pod template, as Kubernetes and the EMQX operator name revisions and stateful sets by.
 * The text hashed differs from theirs (they print Go structs), so the names differ while their properties do not.
 *
 * @param collisionCount is hashed behind the template when given, to find a free name.
 */
export function templateHash(template: unknown, collisionCount?: number): string {
  const salt = Buffer.alloc(collisionCount === undefined ? 0 : 8);
  if (collisionCount !== undefined) salt.writeUInt32LE(collisionCount);
  let hash = 2166136261;
  for (const bytes of [Buffer.from(canonical(template)), salt]) {
    for (const byte of bytes) hash = Math.imul(hash ^ byte, 16777619);
  }
  return safeEncode(hash >>> 0);
}
