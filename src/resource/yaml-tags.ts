import type { ScalarTag, Tags } from 'yaml';

/**
 * The scalars of YAML as kubectl reads them: it is written in Go, and its library reads neither YAML 1.1 nor 1.2 to the letter.
 *
 * - `on`, `yes` and `y` are true; `0o12`, `012`, `0xA` and `0b1010` are 10, in capitals, too; `1_000` is a thousand.
 * - Dates, `1:30`, `e5` and `.` are text.
 * - A value must match its tag: `!!int x` cannot be read. An unknown tag counts as `!!str`.
 *
 * @see sigs.k8s.io/yaml, `goyaml.v2/resolve.go`; compared with kubectl in the tests
 */
export function kubectlTags(tags: Tags): Tags {
  return [...tags.filter((tag) => typeof tag !== 'string' && KEPT.has(tag.tag)), ...SCALARS];
}

const PREFIX = 'tag:yaml.org,2002:';
const KEPT = new Set(['map', 'seq', 'str', 'merge'].map((name) => PREFIX + name));

type Scalar = string | number | boolean | null;

/** Words with a special value. */
const WORDS: ReadonlyMap<string, Scalar> = new Map<string, Scalar>([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'on', 'On', 'ON', 'true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['n', 'N', 'no', 'No', 'NO', 'off', 'Off', 'OFF', 'false', 'False', 'FALSE'].map((word) => [word, false] as const),
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['.nan', '.NaN', '.NAN'].map((word) => [word, Number.NaN] as const),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map((word) => [word, Number.POSITIVE_INFINITY] as const),
  ...['-.inf', '-.Inf', '-.INF'].map((word) => [word, Number.NEGATIVE_INFINITY] as const),
]);

const INTEGERS: readonly (readonly [form: RegExp, base: number])[] = [
  [/^([-+]?)0[xX]([0-9a-fA-F]+)$/, 16],
  [/^([-+]?)0[oO]?([0-7]+)$/, 8],
  [/^([-+]?)0[bB]([01]+)$/, 2],
];

const FLOAT = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;

/** The value of a scalar without quotes and tag. */
function resolve(text: string): Scalar {
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  if (!/^[-+.0-9]/.test(text)) return text;
  const plain = text.replaceAll('_', '');
  for (const [form, base] of INTEGERS) {
    const [, sign, digits] = form.exec(plain) ?? [];
    if (digits !== undefined) return (sign === '-' ? -1 : 1) * Number.parseInt(digits, base);
  }
  const number = FLOAT.test(plain) ? Number(plain) : Number.NaN;
  return Number.isFinite(number) ? number : text;
}

/** An explicit tag, whose type the value must have. */
function explicit(name: string, isOfIt: (value: Scalar, text: string) => boolean): ScalarTag {
  return {
    tag: PREFIX + name,
    resolve(text, onError) {
      const value = name === 'timestamp' ? text : resolve(text);
      if (!isOfIt(value, text)) onError(`not of the tag ${name}`);
      return value;
    },
  };
}

const SCALARS: ScalarTag[] = [
  { tag: `${PREFIX}plain`, default: true, test: /^[-+.0-9]|^[a-zA-Z]{1,5}$|^~?$/, resolve },
  explicit('int', (value) => Number.isInteger(value)),
  explicit('float', (value) => typeof value === 'number'),
  explicit('bool', (value) => typeof value === 'boolean'),
  explicit('null', (value) => value === null),
  explicit('timestamp', (_, text) => /^\d{4}-\d/.test(text)),
  {
    tag: `${PREFIX}binary`,
    resolve(text, onError) {
      const bytes = text.replaceAll('\n', '');
      if (!/^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(bytes)) onError('not base64');
      return Buffer.from(bytes, 'base64').toString();
    },
  },
];
