import { type Clock, type LeaseWait, leaseWaitText } from '../upgrade';
import { json, safe } from './render/text';
import { Screen } from './screen';
import type { Output } from './shell';

/** Without a terminal to redraw on, a line is written at this interval, ms. */
const AGAIN_MS = 10_000;

/** Shows whose lease a command waits for, and for how long at most. */
export class LeaseCountdown {
  private readonly screen: Screen | undefined;
  private writeBelowMs = Number.POSITIVE_INFINITY;

  constructor(
    private readonly out: Output,
    private readonly clock: Clock,
    private readonly form: 'text' | 'json',
  ) {
    this.screen = out.isTTY && form === 'text' ? new Screen(out) : undefined;
  }

  show(wait: LeaseWait): void {
    const { leftMs } = wait;
    const text = leaseWaitText(wait);
    this.screen?.draw(safe(`waiting for ${text}`));
    if (this.screen || leftMs > this.writeBelowMs) return;
    this.writeBelowMs = leftMs - AGAIN_MS;
    const line =
      this.form === 'json' ? json({ kind: 'waiting', at: this.clock.now(), text }) : safe(`waiting for ${text}`);
    this.out.write(`${line}\n`);
  }
}
