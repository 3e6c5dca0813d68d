import { TransportError } from '../../emqx/transport';
import { isKubeError } from '../../kubernetes/kube-api';

/** The operator's process dies: what it does when Go code panics, because nothing there recovers. */
export class OperatorPanic extends Error {
  override readonly name = 'OperatorPanic';
}

/** No stateful set of the cluster has all of its nodes in the EMQX cluster. */
export class StatefulSetNotReady extends Error {
  override readonly name = 'StatefulSetNotReady';
  constructor() {
    super('Sts not ready');
  }
}

/**
 * For `catch`: throws the error on with the operator's words in front of its message, as they appear in events. A panic
 * stays what it is.
 */
export function failing(words: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof OperatorPanic) throw error;
    throw new Error(`${words}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  };
}

/**
 * Whether the operator takes an error lightly: it tries again in 1 s instead of backing off. So it does when an object is
 * missing or was changed meanwhile, when a connection was cut, and when no stateful set is ready.
 */
export function isCommon(error: unknown): boolean {
  let cause = error;
  while (cause instanceof Error && cause.cause !== undefined) cause = cause.cause;
  return (
    isKubeError(cause, 'NotFound') ||
    isKubeError(cause, 'Conflict') ||
    cause instanceof StatefulSetNotReady ||
    (cause instanceof TransportError && cause.code === 'reset')
  );
}
