import { actionText } from './action-text';
import type { Action } from './step';

/** Reports what a run does. */
export class ActionLog {
  /** Nodes that were made to leave the EMQX cluster. */
  private readonly left = new Set<string>();

  constructor(private readonly report: (text: string) => void) {}

  /** An order that is repeated until its effect is seen is reported once. @param version what the old nodes run */
  add(action: Action, version: string): void {
    if (action.do === 'force-leave' && this.left.has(action.node)) return;
    if (action.do === 'force-leave') this.left.add(action.node);
    this.report(actionText(action, version));
  }
}
