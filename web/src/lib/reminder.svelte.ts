import type { Store } from './settings.svelte.ts';

const DAY = 86_400_000;
/** After "later", in ms: tomorrow, then a week after that. Then nobody is asked any more. */
const WAITS = [DAY, 7 * DAY];

type Kept = { asked: number; at: number };

/** Asks again for the recovery code that was not kept. */
export class Reminders {
  readonly #store: Store;
  readonly #now: () => number;
  #version = $state(0);

  constructor(store: Store, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  /** The code is safe. */
  kept(account: string): void {
    this.#store.removeItem(key(account));
    this.#version += 1;
  }

  /** Not now. */
  later(account: string): void {
    const asked = (this.#read(account)?.asked ?? -1) + 1;
    const wait = WAITS[asked];
    if (wait === undefined) this.kept(account);
    else this.#keep(account, { asked, at: this.#now() + wait });
  }

  /** Nobody has seen the code: it is time to ask. */
  now(account: string): void {
    this.#keep(account, { asked: -1, at: this.#now() });
  }

  /** Whether it is time to ask. */
  due(account: string): boolean {
    void this.#version;
    const kept = this.#read(account);
    return kept !== undefined && this.#now() >= kept.at;
  }

  #keep(account: string, kept: Kept): void {
    try {
      this.#store.setItem(key(account), JSON.stringify(kept));
    } catch {
      // Without a store nobody is reminded.
    }
    this.#version += 1;
  }

  #read(account: string): Kept | undefined {
    try {
      const kept = JSON.parse(this.#store.getItem(key(account)) ?? 'null') as Partial<Kept> | null;
      return typeof kept?.asked === 'number' && typeof kept.at === 'number' ? (kept as Kept) : undefined;
    } catch {
      return undefined;
    }
  }
}

function key(account: string): string {
  return `skein.recovery.${account}`;
}
