/** How far the server's clock is from this one, from the round trips of pings. */
export class Clock {
  /** server time = own time + `offset`, in ms. */
  offset = $state(0);
  /** Half of the shortest round trip, in ms; infinite before the first. */
  error = $state(Number.POSITIVE_INFINITY);
  /** How many round trips were measured. */
  samples = $state(0);

  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Now by the server's clock, in ms. */
  now(): number {
    return this.#now() + this.offset;
  }

  /**
   * Takes a round trip: sent at `sent` by the own clock, answered with the server's time `server`. The shortest one
   * counts, as its middle is known best.
   */
  sample(sent: number, server: number): void {
    const back = this.#now();
    const half = (back - sent) / 2;
    if (half < 0) return;
    this.samples += 1;
    if (half <= this.error) {
      this.error = half;
      this.offset = server - (sent + half);
    }
  }

  /** Takes a bare time of the server, until the first round trip says it better. */
  hint(server: number): void {
    if (this.samples === 0) this.offset = server - this.#now();
  }
}
