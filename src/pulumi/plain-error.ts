/**
 * An error as the host of dynamic providers is to show it. The engine reports the message with the resource; besides, the host prints
 * `${error}: ${error.stack}` for the methods that cannot fail in part, which becomes one short line here instead of the stack.
 */
class PlainError extends Error {
  constructor(
    private readonly what: string,
    cause: unknown,
  ) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.stack = 'failed';
  }

  override toString(): string {
    return this.what;
  }
}

/** The same result; an error without its stack, which says nothing to those who run `pulumi`. */
export async function withoutStack<T>(what: string, result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    throw new PlainError(what, error);
  }
}
