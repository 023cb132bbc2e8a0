/** Where the reader is: the address's part after `#`, split at slashes. The browser's own back button works. */
export class Route {
  #segments = $state.raw<readonly string[]>([]);
  readonly #window: Pick<Window, 'location' | 'addEventListener' | 'history'>;

  constructor(window: Pick<Window, 'location' | 'addEventListener' | 'history'>) {
    this.#window = window;
    this.#read();
    window.addEventListener('hashchange', () => this.#read());
  }

  /** `chats`, `people`, `calls`, `settings`, `register`, `recover`; the first one by default. */
  get section(): string {
    return this.#segments[0] ?? 'chats';
  }

  /** What follows the section: a conversation, a call, a page of settings. */
  get id(): string | undefined {
    return this.#segments[1];
  }

  /** Goes to an address such as `#/chats/12`. */
  go(address: string): void {
    if (this.#window.location.hash === address) return;
    this.#window.location.hash = address;
    // `hashchange` comes later; what is drawn in this turn already sees the new place.
    this.#read();
  }

  /** Goes there without leaving a step behind. */
  replace(address: string): void {
    this.#window.history.replaceState(null, '', address);
    this.#read();
  }

  #read(): void {
    this.#segments = split(this.#window.location.hash);
  }
}

/** The address of a place. */
export function address(...segments: string[]): string {
  return `#/${segments.map(encodeURIComponent).join('/')}`;
}

function split(hash: string): string[] {
  const segments = [];
  for (const part of hash.replace(/^#\/?/, '').split('/').slice(0, 8)) {
    if (part === '') continue;
    try {
      segments.push(decodeURIComponent(part));
    } catch {
      segments.push(part);
    }
  }
  return segments;
}
