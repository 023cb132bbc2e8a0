import type { Tone } from './emoji.ts';
import type { Store } from './settings.svelte.ts';

const KEY = 'skein.emoji';
/** Pictures that are remembered. */
const MOST = 24;
/** UTF-16 units of the longest picture: a family with skin tones. */
const LONGEST = 40;

/** Which emoji somebody uses on this device, and in which skin tone. */
export class EmojiTaste {
  #recent = $state.raw<readonly string[]>([]);
  #tone = $state<Tone>(0);
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
    try {
      const kept = JSON.parse(store.getItem(KEY) ?? '{}') as { recent?: unknown; tone?: unknown };
      if (Array.isArray(kept.recent)) {
        this.#recent = kept.recent
          .filter((each): each is string => typeof each === 'string' && each !== '' && each.length <= LONGEST)
          .slice(0, MOST);
      }
      if ([0, 1, 2, 3, 4, 5].includes(kept.tone as number)) this.#tone = kept.tone as Tone;
    } catch {
      // Another version of the page wrote it: begin anew.
    }
  }

  /** The newest first. */
  get recent(): readonly string[] {
    return this.#recent;
  }

  get tone(): Tone {
    return this.#tone;
  }
  set tone(value: Tone) {
    this.#tone = value;
    this.#keep();
  }

  /** One was used. */
  used(picture: string): void {
    this.#recent = [picture, ...this.#recent.filter((each) => each !== picture)].slice(0, MOST);
    this.#keep();
  }

  #keep(): void {
    try {
      this.#store.setItem(KEY, JSON.stringify({ recent: this.#recent, tone: this.#tone }));
    } catch {
      // Storage is full or forbidden: it holds until the page closes.
    }
  }
}
