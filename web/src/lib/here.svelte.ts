import { locale } from './when.ts';
import type { Words } from './words.svelte.ts';

type Page = Pick<Document, 'addEventListener' | 'hasFocus' | 'visibilityState'>;

/** After so long without a hand on it, nobody sits here, in ms. */
const IDLE = 5 * 60_000;

/** The reader's surroundings: the time, the form of times, whether somebody looks. */
export class Here {
  /** The own clock, renewed twice a minute. */
  #now = $state(0);
  /** The page is in front of somebody. */
  seen = $state(true);
  /** One pane is shown at a time: the window is as narrow as a telephone. */
  narrow = $state(false);
  /** Nobody has touched anything for five minutes. */
  idle = $state(false);

  readonly #words: Words;
  readonly #offset: () => number;
  readonly #wanted: () => readonly string[];
  #narrows: ((scale: number) => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `offset`: server time = own time + it, in ms. */
  constructor(words: Words, wanted: () => readonly string[], clock: () => number, offset: () => number) {
    this.#words = words;
    this.#wanted = wanted;
    this.#offset = offset;
    this.#now = clock();
    setInterval(() => (this.#now = clock()), 30_000);
  }

  /** For words such as "yesterday", in ms: by the server's clock, which stamps all that is dated, however this device's own stands. */
  get now(): number {
    return this.#now + this.#offset();
  }

  /** The tag that times and numbers are formatted by. */
  get tag(): string {
    return locale(this.#words.language, this.#wanted());
  }

  /** Begins to watch the page. */
  watch(page: Page, window: Pick<Window, 'addEventListener' | 'matchMedia'>): void {
    let asked: MediaQueryList | undefined;
    const measure = (): void => void (this.narrow = asked?.matches ?? false);
    this.#narrows = (scale) => {
      asked?.removeEventListener('change', measure);
      asked = window.matchMedia(`(max-width: ${600 * scale - 0.02}px)`);
      asked.addEventListener('change', measure);
      measure();
    };
    this.#narrows(1);
    const look = (): void => {
      this.seen = page.visibilityState === 'visible' && page.hasFocus();
      if (this.seen) this.#touched();
    };
    page.addEventListener('visibilitychange', look);
    window.addEventListener('focus', look);
    window.addEventListener('blur', look);
    for (const kind of ['pointerdown', 'pointermove', 'keydown', 'wheel']) {
      page.addEventListener(kind, () => this.#touched(), { passive: true, capture: true });
    }
    look();
    this.#touched();
  }

  /** The reader's text is so many times as large as the browser's: as much less room there is. */
  scaled(scale: number): void {
    this.#narrows?.(scale);
  }

  #touched(): void {
    if (this.idle) this.idle = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.idle = true), IDLE);
  }
}
