import type { Secret } from '../kubernetes/core-types';
import type { Random } from '../random';

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** A text of 64 random letters and digits, as the operator makes its passwords. */
export function randomPassword(random: Random): string {
  return Array.from({ length: 64 }, () => letters[random.below(letters.length)]).join('');
}

/** The password of a user in a bootstrap file (`user:password` per line) of a Secret. @throws Error when it has none */
export function passwordIn(secret: Secret, key: string, user: string): string {
  const lines = Buffer.from(secret.data?.[key] ?? '', 'base64').toString();
  const line = lines.split('\n').find((each) => each.startsWith(`${user}:`));
  if (!line) throw new Error(`the secret does not contain the ${key}`);
  return line.slice(user.length + 1);
}
