import type { Phase } from '../../upgrade';
import type { Random } from '../random';
import type { Scene } from './scene';
import type { StageSize } from './stage-objects';

/** One kind of trouble, by name. */
export interface Fault {
  /** What it does, in one line. */
  does: string;
  /** The phases in which it may begin. @default - any but the last */
  phases?: readonly Phase[];
  /** It begins within a moment of the first process, whatever the phase. @default false */
  fromStart?: boolean;
  /** What it changes of the world before anything begins. */
  size?: Partial<StageSize>;
  /** Makes the trouble, and resolves when it is over. */
  act?(scene: Scene, random: Random): Promise<void> | void;
}

/** A whole number in [from, to]. */
export function whole(random: Random, from: number, to: number): number {
  return from + random.below(to - from + 1);
}
