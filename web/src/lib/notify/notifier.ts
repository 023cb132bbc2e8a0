import type { MessageSound } from '../settings.svelte.ts';

/** What the system is to show. */
export type Notice = {
  /** One of a kind replaces the one before. */
  tag: string;
  title: string;
  body: string;
  /** Where a click leads. */
  hash: string;
  /** Stays until somebody does something. */
  stays?: boolean;
};

export type Ports = {
  /** Absent on plain pages of other machines. */
  locks: Pick<LockManager, 'request' | 'query'> | undefined;
  /** Whether the browser lets us, and the reader wants it. */
  wanted: () => boolean;
  show: (notice: Notice) => Promise<void>;
  close: (tag: string) => Promise<void>;
  play: (sound: MessageSound) => void;
};

/** Held by the page that speaks for all pages of this browser: to the system, and by sounds. */
const SPEAKS = 'skein.notify';
const SOUNDS = 'skein.sound';
/** Held by every page that somebody looks at, and for the chat that is open in it. */
const SEEN = 'skein.seen';

/**
 * One notice and one sound, however many pages are open; none where somebody looks at the chat in any of them. The pages
 * agree by the browser's own locks (Web Locks), which end with their page.
 */
export class Notifier {
  readonly #ports: Ports;
  #speaks: boolean;
  #sounds: boolean;
  #letGo: (() => void)[] = [];
  #looksAt: string | undefined;

  constructor(ports: Ports) {
    this.#ports = ports;
    this.#speaks = this.#sounds = ports.locks === undefined;
    this.#hold(SPEAKS, 'exclusive', () => (this.#speaks = true));
  }

  /** Somebody has touched this page, so that the browser lets it sound. */
  touched(): void {
    if (!this.#sounds) this.#hold(SOUNDS, 'exclusive', () => (this.#sounds = true));
  }

  /** Somebody looks at this page, and at a chat in it; or nobody does. */
  looks(seen: boolean, chat: string | undefined): void {
    const at = seen ? (chat ?? '') : undefined;
    if (at === this.#looksAt) return;
    this.#looksAt = at;
    for (const end of this.#letGo.splice(0)) end();
    if (at === undefined) return;
    for (const name of at === '' ? [SEEN] : [SEEN, `${SEEN}.${at}`]) this.#letGo.push(this.#hold(name, 'shared'));
    if (at !== '') void this.#ports.close(tagOf(at)).catch(() => undefined);
  }

  /** A message came in a chat that is not looked at here. */
  async message(chat: string, notice: Omit<Notice, 'tag'>, sound: MessageSound): Promise<void> {
    if (await this.#seen(`${SEEN}.${chat}`)) return;
    if (this.#sounds) this.#ports.play(sound);
    await this.#tell({ ...notice, tag: tagOf(chat) });
  }

  /** Somebody calls, and nobody looks at any page. The answer takes it away. */
  async ring(notice: Notice): Promise<void> {
    if (!(await this.#seen(SEEN))) await this.#tell(notice);
  }

  async #tell(notice: Notice): Promise<void> {
    if (this.#speaks && this.#ports.wanted()) await this.#ports.show(notice);
  }

  async #seen(name: string): Promise<boolean> {
    const { held = [] } = (await this.#ports.locks?.query()) ?? {};
    return held.some((lock) => lock.name === name);
  }

  /** Holds a lock as soon as it is free; the answer lets it go. */
  #hold(name: string, mode: LockMode, got?: () => void): () => void {
    const ended = new AbortController();
    const until = new Promise<void>((resolve) => ended.signal.addEventListener('abort', () => resolve()));
    this.#ports.locks
      ?.request(name, { mode, signal: ended.signal }, () => {
        got?.();
        return until;
      })
      // It was let go before it came, or the browser forbids it here.
      .catch(() => undefined);
    return () => ended.abort();
  }
}

const tagOf = (chat: string): string => `skein.chat.${chat}`;
