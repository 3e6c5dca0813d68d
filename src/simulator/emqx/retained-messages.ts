import type { SimulatedClock } from '../clock';
import type { Routed } from './routed-message';
import { matches } from './topic-router';

/** Messages that are kept for those who subscribe later: the last one of each topic. */
export class RetainedMessages {
  private readonly byTopic = new Map<string, Routed>();

  constructor(private readonly clock: SimulatedClock) {}

  get isEmpty(): boolean {
    return this.byTopic.size === 0;
  }

  /** A message without a payload deletes the retained one. */
  keep(message: Routed): void {
    if (message.payload.length === 0) this.byTopic.delete(message.topic);
    else this.byTopic.set(message.topic, message);
  }

  clear(): void {
    this.byTopic.clear();
  }

  /** Those that a filter stands for. What has expired is forgotten. */
  *matching(filter: string): Iterable<Routed> {
    for (const message of this.byTopic.values()) {
      if (message.expiresAt !== undefined && message.expiresAt <= this.clock.now()) this.byTopic.delete(message.topic);
      else if (matches(filter, message.topic)) yield message;
    }
  }
}
