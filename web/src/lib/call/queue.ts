/** A queue with a bound: what comes when it is full is counted and dropped, so that no peer can make it grow. */
export class BoundedQueue<T> {
  #items: T[] = [];
  /** How many did not fit. */
  dropped = 0;
  readonly bound: number;

  constructor(bound: number) {
    this.bound = bound;
  }

  get size(): number {
    return this.#items.length;
  }

  push(item: T): boolean {
    if (this.#items.length >= this.bound) {
      this.dropped += 1;
      return false;
    }
    this.#items.push(item);
    return true;
  }

  /** Takes everything, oldest first. */
  drain(): T[] {
    const items = this.#items;
    this.#items = [];
    return items;
  }
}
