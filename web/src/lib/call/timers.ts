/** Timers by name; setting one again replaces it. */
export class Timers<Name extends string> {
  readonly #after: (ms: number, run: () => void) => () => void;
  readonly #running = new Map<Name, () => void>();

  constructor(after: (ms: number, run: () => void) => () => void) {
    this.#after = after;
  }

  set(name: Name, ms: number, run: () => void): void {
    this.clear(name);
    this.#running.set(
      name,
      this.#after(ms, () => {
        this.#running.delete(name);
        run();
      }),
    );
  }

  clear(...names: Name[]): void {
    for (const name of names) {
      this.#running.get(name)?.();
      this.#running.delete(name);
    }
  }

  clearAll(): void {
    this.clear(...this.#running.keys());
  }
}
