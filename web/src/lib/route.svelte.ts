/** Places of those who are not signed in. */
const DOOR: readonly string[] = ['sign-in', 'register', 'recover'];

/** Where the reader is: the address's part after `#`, split at slashes. The browser's own back button works. */
export class Route {
  #segments = $state.raw<readonly string[]>([]);
  readonly #window: Pick<Window, 'location' | 'addEventListener' | 'history'>;

  constructor(window: Pick<Window, 'location' | 'addEventListener' | 'history'>) {
    this.#window = window;
    this.#read();
    window.addEventListener('hashchange', () => {
      this.#mark();
      this.#read();
    });
  }

  /** `chats`, `people`, `calls`, `settings`, `join`, `sign-in`, `register`, `recover`; the first one by default. */
  get section(): string {
    return this.#segments[0] ?? 'chats';
  }

  /** What follows the section: a conversation, a call, a page of settings. */
  get id(): string | undefined {
    return this.#segments[1];
  }

  /** What is shown beside it, or of it: the details of a group. */
  get part(): string | undefined {
    return this.#segments[2];
  }

  /** The message of that conversation to look at: `#/chats/ID/at/MESSAGE`. */
  get message(): string | undefined {
    return this.part === 'at' ? this.#segments[3] : undefined;
  }

  /** Where somebody goes on once they are in: what an address of the door carries, such as an invitation. */
  get onward(): readonly string[] {
    if (this.section === 'join') return this.#segments;
    const at = DOOR.includes(this.section) ? this.#segments.indexOf('join', 1) : -1;
    return at < 0 ? [] : this.#segments.slice(at);
  }

  /** The code of an invitation to this server, where the address of the door carries one. */
  get code(): string | undefined {
    return this.id === 'join' ? undefined : this.id;
  }

  /** The address of a place at the door that leads on to the same. */
  door(place: 'sign-in' | 'register' | 'recover'): string {
    return address(place, ...this.onward);
  }

  /** From the door to where they go on. */
  enter(): void {
    this.replace(this.onward.length > 0 ? address(...this.onward) : '#/chats');
  }

  /** Goes to an address such as `#/chats/12`. */
  go(address: string): void {
    if (this.#window.location.hash === address) return;
    this.#window.location.hash = address;
    this.#mark();
    // `hashchange` comes later; what is drawn in this turn already sees the new place.
    this.#read();
  }

  /** Goes there without leaving a step behind. */
  replace(address: string): void {
    this.#window.history.replaceState(this.#window.history.state, '', address);
    this.#read();
  }

  /** The browser's own step back; where there is none within this page, as after a link from elsewhere, to `address`. */
  back(address: string): void {
    if (isInside(this.#window.history.state)) this.#window.history.back();
    else this.replace(address);
  }

  /** A step that was made on this page has one before it. */
  #mark(): void {
    const { history } = this.#window;
    if (!isInside(history.state)) history.replaceState({ ...(history.state as object | null), inside: true }, '');
  }

  #read(): void {
    this.#segments = split(this.#window.location.hash);
  }
}

function isInside(state: unknown): boolean {
  return typeof state === 'object' && state !== null && 'inside' in state;
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
