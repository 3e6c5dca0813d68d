import * as z from 'zod';
import { shortened } from '../errors';

/** What is wrong with one field of a request. */
const Problem = z.object({
  path: z.string().optional(),
  value: z.unknown().optional(),
  reason: z.union([z.string(), z.object({ expected: z.string() }).transform(({ expected }) => `expected ${expected}`)]),
  unknown: z.string().optional(),
});
const Problems = z.union([Problem.transform((problem) => [problem]), z.array(Problem).min(1)]);

/**
 * A message as people read it. That of a request with wrong fields is JSON inside a string: an object per field, or a list of them.
 * At most 500 characters.
 */
export function readable(message: string): string {
  return shortened(problemsIn(message) ?? message);
}

function problemsIn(message: string): string | undefined {
  if (!/^\s*[[{]/.test(message)) return undefined;
  try {
    const problems = Problems.safeParse(JSON.parse(message));
    return problems.data?.map(described).join('; ');
  } catch {
    return undefined;
  }
}

function described({ path = '', value, reason, unknown }: z.output<typeof Problem>): string {
  if (unknown !== undefined) return `unknown fields: ${unknown}`;
  const field = path.replace(/^root\.?/, '');
  const given = value === undefined ? '' : ` (${JSON.stringify(value)})`;
  return field === '' ? `${reason}${given}` : `${field}${given}: ${reason}`;
}
