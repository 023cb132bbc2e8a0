import type { WholeStore } from './store.ts';

const PREFIX = 'skein.draft.';
const OUTBOX = 'skein.outbox.';
/** Letters of a draft that are kept. The server's bound is far below. */
const LETTERS = 64 * 1_024;
/** Drafts of an account that are kept; more stay on their page. */
const MOST = 100;

/** What was typed and the server does not have yet, on this device: it survives the page, and a start without a network. */
export class KeptDrafts {
  readonly #store: WholeStore;
  readonly #account: () => string;

  constructor(store: WholeStore, account: () => string) {
    this.#store = store;
    this.#account = account;
  }

  read(chat: string): string | undefined {
    return this.#store.getItem(this.#key(chat)) ?? undefined;
  }

  /** Keeps it; an empty one says that the words are gone. */
  keep(chat: string, text: string): void {
    const key = this.#key(chat);
    if (this.#account() === '' || text.length > LETTERS) return;
    if (this.#store.getItem(key) === null && keys(this.#store, this.#key('')).length >= MOST) return;
    try {
      this.#store.setItem(key, text);
    } catch {
      // Storage is full: it lives as long as the page.
    }
  }

  /** The server has it. */
  drop(chat: string): void {
    this.#store.removeItem(this.#key(chat));
  }

  #key(chat: string): string {
    return `${PREFIX}${this.#account()}.${chat}`;
  }
}

/** Forgets everything of an account that waits on this device, for good: it was deleted. */
export function forgetAccount(store: WholeStore, account: string): void {
  if (account === '') return;
  for (const key of keys(store, 'skein.')) {
    if ([`${OUTBOX}${account}.`, `${PREFIX}${account}.`].some((begin) => key.startsWith(begin)) || key === `skein.recovery.${account}`) store.removeItem(key);
  }
}

/** How much of anybody waits on this device: messages to be sent, and drafts. */
export function waiting(store: WholeStore): { messages: number; drafts: number } {
  return {
    messages: keys(store, OUTBOX).length,
    drafts: keys(store, PREFIX).filter((key) => (store.getItem(key) ?? '').trim() !== '').length,
  };
}

function keys(store: WholeStore, prefix: string): string[] {
  return Array.from({ length: store.length }, (_, index) => store.key(index) ?? '').filter((key) => key.startsWith(prefix));
}
