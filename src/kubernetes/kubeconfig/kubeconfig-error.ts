/** The cluster cannot be reached: no kubeconfig, no such context, or an invalid one. */
export class KubeconfigError extends Error {
  override readonly name = 'KubeconfigError';
}

/** The credentials of a kubeconfig cannot be used, or could not be obtained. Not a network error. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';
  constructor(
    message: string,
    /** What to do about it. */
    readonly fix: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** The error message, without the excerpt that parsers print: it may be a token. */
export function readable(error: unknown): string {
  const { name, code, linePos, message } = error as Error & { code?: unknown; linePos?: { line: number }[] };
  if (name === 'SyntaxError') return 'not JSON';
  if (name === 'YAMLParseError') return `not YAML (${String(code)}), line ${linePos?.[0]?.line ?? 1}`;
  return typeof code === 'string' ? code : message.trim();
}
