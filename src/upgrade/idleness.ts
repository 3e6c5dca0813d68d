import type { Journal } from './journal';
import { loadOf, type Observation } from './observation';

/** A longer gap between observations is not counted: nothing was seen then. */
const BLIND_MS = 5_000;

/** For how long there was no progress, as far as it was watched. */
export class Idleness {
  /** Since the last time something moved. */
  ms = 0;
  private seenAt: number | undefined;
  private doing = '';
  /** Fewest connections and sessions seen on the nodes that are evacuated. */
  private least = Number.POSITIVE_INFINITY;

  /** The run has advanced: what it waited for before says nothing about what it waits for next. */
  reset(): void {
    this.ms = 0;
    this.doing = '';
  }

  observe({ phase, from, to, aborted }: Journal, waitingFor: string, observation: Observation): void {
    const doing = `${phase}: ${waitingFor}`;
    const { connections, sessions } = loadOf(observation, (aborted ? to.set : from.set) ?? '');
    const left = connections + sessions;
    const moved = doing !== this.doing || left < this.least;
    const elapsed = observation.at - (this.seenAt ?? observation.at);
    this.ms = moved ? 0 : this.ms + Math.min(elapsed, BLIND_MS);
    this.least = doing === this.doing ? Math.min(this.least, left) : left;
    this.doing = doing;
    this.seenAt = observation.at;
  }
}
