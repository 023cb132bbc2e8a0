import type { AccountId } from './api/AccountId.ts';
import type { Chat } from './chat.svelte.ts';
import type { Connection } from './connection.svelte.ts';

/** How long a "types" holds without another, in ms: the server's time. */
const HOLDS = 6_000;
/** Between two words of "I am typing", in ms. */
const AGAIN = 4_000;

/** Who types: told to others now and then, and forgotten when nothing more is heard. */
export class Typing {
  readonly #connection: Connection;
  /** When it was last said, by conversation. */
  readonly #said = new Map<string, number>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** The reader typed a letter. */
  own(chat: Chat): void {
    const now = this.#connection.clock.now();
    if (this.#connection.status !== 'online' || now - (this.#said.get(chat.id) ?? 0) < AGAIN) return;
    this.#said.set(chat.id, now);
    this.#say(chat.id, true);
  }

  /** The reader sent it, or left. */
  stop(chat: Chat): void {
    if (this.#said.delete(chat.id)) this.#say(chat.id, false);
  }

  /** Somebody else types, or stopped. */
  heard(chat: Chat | undefined, account: AccountId, typing: boolean): void {
    if (!chat) return;
    const key = `${chat.id} ${account}`;
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
    if (!typing) {
      chat.typing.delete(account);
      return;
    }
    chat.typing.set(account, this.#connection.clock.now());
    const forget = (): void => {
      chat.typing.delete(account);
      this.#timers.delete(key);
    };
    this.#timers.set(key, setTimeout(forget, HOLDS));
  }

  clear(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#said.clear();
  }

  #say(conversation: string, typing: boolean): void {
    void this.#connection.command({ type: 'typing', to: { conversation }, typing }).catch(() => undefined);
  }
}
