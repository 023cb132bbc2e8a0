/**
 * What a call waits for before people talk. Each phase has a deadline, and a word for what is missing as soon as it takes long
 * enough to wonder.
 */
import { Timers } from './timers.ts';
import type { World } from './world.ts';

/** The browser's microphone; the server's word; the other side's addresses; a way; its seal; the first sound. */
export type Missing = 'devices' | 'server' | 'addresses' | 'path' | 'seal' | 'sound';

/** Wondering begins, in ms. */
const SLOW = 3_000;
/** The first sound comes with the way; a little later it is missing, in ms. */
const SLOW_SOUND = 5_000;
/** Between two looks at a way that is being made, in ms. */
const LOOK = 500;

export class Phases {
  /** What is missing, once it is worth a word. */
  missing = $state.raw<Missing | undefined>();

  readonly #timers: Timers<'slow' | 'deadline' | 'look'>;
  #now: Missing | undefined;

  constructor(world: Pick<World, 'after'>) {
    this.#timers = new Timers((ms, run) => world.after(ms, run));
  }

  /** Waits for something new. `over` runs if it has not come within `lasts` ms. */
  enter(phase: Missing, lasts?: number, over?: () => void): void {
    if (lasts !== undefined && over) this.#timers.set('deadline', lasts, over);
    if (phase === this.#now) return;
    this.#now = phase;
    this.missing = undefined;
    this.#timers.set('slow', phase === 'sound' ? SLOW_SOUND : SLOW, () => (this.missing = phase));
  }

  /** Looks again and again how far a way is, until it stands; what is missing at the deadline is told. */
  follow(far: () => Missing, lasts: number, over: (missing: Missing) => void): void {
    this.#timers.set('deadline', lasts, () => over(far()));
    const look = (): void => {
      this.enter(far());
      this.#timers.set('look', LOOK, look);
    };
    look();
  }

  /** Nothing is missing, or this is not any more. */
  done(phase?: Missing): void {
    if (phase !== undefined && phase !== this.#now) return;
    this.#now = undefined;
    this.missing = undefined;
    this.#timers.clearAll();
  }
}
