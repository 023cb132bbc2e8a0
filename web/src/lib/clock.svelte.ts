/** What two clocks may drift apart, in ms per ms: those of computers stay well below. */
const DRIFT = 100e-6;

/** How far the server's clock is from this one, from the round trips of pings. */
export class Clock {
  /** server time = own time + `offset`, in ms. */
  offset = $state(0);
  /** How many round trips were measured. */
  samples = $state(0);

  readonly #now: () => number;
  /** Half of the round trip that counts, and when it was measured, by the own clock. */
  #half = $state(Number.POSITIVE_INFINITY);
  #at = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Now by the server's clock, in ms. */
  now(): number {
    return this.#now() + this.offset;
  }

  /** So far `offset` may be off, in ms: half of a round trip, and what clocks drift since; infinite before the first. */
  get error(): number {
    return this.#half + Math.abs(this.#now() - this.#at) * DRIFT;
  }

  /**
   * Takes a round trip: sent at `sent` by the own clock, answered with the server's time `server`. The shortest one
   * counts, as its middle is known best, until it is old, or one contradicts it: then a clock was set anew.
   */
  sample(sent: number, server: number): void {
    const back = this.#now();
    const half = (back - sent) / 2;
    if (half < 0) return;
    this.samples += 1;
    const offset = server - (sent + half);
    const { error } = this;
    if (half > error && Math.abs(offset - this.offset) <= half + error) return;
    this.#half = half;
    this.#at = back;
    this.offset = offset;
  }

  /** Takes a bare time of the server, until the first round trip says it better. */
  hint(server: number): void {
    if (this.samples === 0) this.offset = server - this.#now();
  }
}
