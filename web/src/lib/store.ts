import type { Store } from './settings.svelte.ts';

export type WholeStore = Store & Pick<Storage, 'key' | 'length'>;

/** The browser's storage, or one that forgets with the page where the reader has forbidden it. */
export function storeOrMemory(storage: () => WholeStore): WholeStore {
  try {
    const store = storage();
    // Reading fails, too, where it is forbidden.
    store.getItem('skein');
    return store;
  } catch {
    return new Memory();
  }
}

class Memory implements WholeStore {
  readonly #map = new Map<string, string>();

  get length(): number {
    return this.#map.size;
  }

  key(index: number): string | null {
    return [...this.#map.keys()][index] ?? null;
  }

  getItem(key: string): string | null {
    return this.#map.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    this.#map.set(key, value);
  }

  removeItem(key: string): void {
    this.#map.delete(key);
  }
}
