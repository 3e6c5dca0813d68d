import type { Action } from './decide';
import { PortError } from './ports';

/** An API server that has just started knows no rights for a moment. */
const PASSING = 5;

/** How often in a row the API server has refused what was to be done: a policy does not go by being asked again. */
export class Refusals {
  private count = 0;
  private latest = '';

  /** Its sentence, once it is no passing refusal. */
  get reason(): string | undefined {
    return this.count >= PASSING ? this.latest : undefined;
  }

  /** What became of actions that were taken together. Orders to nodes go another way. */
  see(actions: readonly Action[], results: readonly PromiseSettledResult<void>[]): void {
    const writes = results.filter((_, index) => !isOrder(actions[index]));
    const refused = writes.find((result) => result.status === 'rejected' && isRefusal(result.reason));
    if (refused?.status === 'rejected') {
      this.count++;
      this.latest = (refused.reason as PortError).message;
    } else if (writes.some(({ status }) => status === 'fulfilled')) this.count = 0;
  }
}

function isOrder(action: Action | undefined): boolean {
  return action?.do === 'start-evacuation' || action?.do === 'stop-evacuation';
}

function isRefusal(error: unknown): boolean {
  return error instanceof PortError && error.code === 'refused';
}
