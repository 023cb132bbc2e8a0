import type { Command } from './api/Command.ts';
import type { Done } from './api/Done.ts';
import type { ObjectInfo } from './api/ObjectInfo.ts';
import { command, isLoading, revive, type Item } from './outbox-item.ts';
import { Refused } from './refused.ts';
import type { Store } from './settings.svelte.ts';

export type { Item } from './outbox-item.ts';

/** Items that are kept; more are refused at once. */
export const MOST = 200;

type Send = (command: Command) => Promise<Done>;

/**
 * Keeps what was written until the server has it, over reloads and restarts of the browser. One after another, in the
 * order of writing; a refused one steps aside for the next, and so does one whose files are not whole: words do not wait for a
 * film. Messages with files keep their order among themselves, as one file is uploaded after the other.
 *
 * Each item has a key of its own in the store, so that two tabs do not undo each other; both may send one, as its id
 * makes that harmless.
 */
export class Outbox {
  items = $state.raw<readonly Item[]>([]);
  /** Hears of one that was sent, or that nobody wants. */
  onGone: (item: Item) => void = () => undefined;

  readonly #store: Store & Pick<Storage, 'key' | 'length'>;
  readonly #prefix: string;
  readonly #send: Send;
  readonly #sent: (item: Item, done: Done) => void;
  #busy = false;
  #later: ReturnType<typeof setTimeout> | undefined;

  constructor(
    store: Store & Pick<Storage, 'key' | 'length'>,
    account: string,
    send: Send,
    sent: (item: Item, done: Done) => void,
  ) {
    this.#store = store;
    this.#prefix = `skein.outbox.${account}.`;
    this.#send = send;
    this.#sent = sent;
    this.items = this.#read();
  }

  /** What waits in a conversation, oldest first. */
  of(conversation: string): readonly Item[] {
    return this.items.filter((item) => item.conversation === conversation);
  }

  /** Takes words. Says no when too much waits already. */
  add(item: Item): boolean {
    if (this.items.length >= MOST) return false;
    const placed = { ...item, turn: this.#turn() };
    this.items = [...this.items, placed];
    this.#keep(placed);
    void this.flush();
    return true;
  }

  /** Sends a refused one again, as the last. */
  retry(client: string): void {
    const item = this.items.find((each) => each.client === client);
    if (!item) return;
    const { refused, limit: _, at: __, ...kept } = item;
    // What lay on the server for a day without a message is gone: the files are uploaded again.
    const again = refused === 'not_found' && kept.files && kept.forwards === undefined ? { files: kept.files.map(({ object: _gone, ...file }) => file) } : {};
    const fresh: Item = { ...kept, ...again, turn: this.#turn() };
    this.items = [...this.items.filter((each) => each !== item), fresh];
    this.#keep(fresh);
    void this.flush();
  }

  /** A file of one is whole. */
  filed(client: string, file: string, object: ObjectInfo): void {
    this.#change(client, (item) => ({ ...item, files: item.files!.map((each) => (each.client === file ? { ...each, object } : each)) }));
    void this.flush();
  }

  /** One goes without this file; where nothing is left, not at all. */
  without(client: string, file: string): void {
    const item = this.items.find((each) => each.client === client);
    const files = item?.files?.filter((each) => each.client !== file) ?? [];
    if (!item || (files.length === 0 && item.text.trim() === '')) return this.remove(client);
    const { files: _, ...words } = item;
    this.#change(client, () => (files.length > 0 ? { ...words, files } : words));
    if (item.at === file) this.retry(client);
    else void this.flush();
  }

  /** A file of one was refused. */
  refuse(client: string, file: string, { code, limit }: Refused): void {
    this.#change(client, (item) => ({ ...item, refused: code, at: file, ...(limit === undefined ? {} : { limit }) }));
  }

  /** The message is there, or nobody wants it any more. */
  remove(client: string): void {
    const item = this.items.find((each) => each.client === client);
    this.items = this.items.filter((each) => each !== item);
    this.#store.removeItem(this.#prefix + client);
    if (item) this.onGone(item);
  }

  /** Another tab has changed what is kept: what it took out or changed is so here too. What it took in, it sends itself. */
  follow({ key, newValue }: Pick<StorageEvent, 'key' | 'newValue'>): void {
    const item = this.items.find((each) => this.#prefix + each.client === key);
    if (!item) return;
    // This tab may have written it since: what is kept now counts, but one that was taken out stays out.
    const changed = newValue === null ? undefined : revive(this.#store.getItem(this.#prefix + item.client));
    if (changed) {
      this.items = this.items.map((each) => (each === item ? changed : each));
    } else {
      this.remove(item.client);
    }
  }

  /** Whether one waits here or in another tab. */
  isKept(client: string): boolean {
    return this.#store.getItem(this.#prefix + client) !== null || this.items.some((item) => item.client === client);
  }

  /** Sends what waits, one by one. Stops quietly when the connection breaks; call it again when it is back. */
  async flush(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    clearTimeout(this.#later);
    try {
      for (;;) {
        const item = this.items.find((each) => each.refused === undefined && !isLoading(each));
        if (!item) return;
        const goesOn = await this.#one(item);
        if (!goesOn) return;
      }
    } finally {
      this.#busy = false;
    }
  }

  async #one(item: Item): Promise<boolean> {
    let done: Done;
    try {
      done = await this.#send(command(item));
    } catch (thrown) {
      return this.#refused(item, Refused.from(thrown));
    }
    this.#sent(item, done);
    this.remove(item.client);
    return true;
  }

  #refused(item: Item, refused: Refused): boolean {
    if (refused.code === 'offline' || refused.kind === 'unauthorized') return false;
    if (refused.kind === 'too_many' || refused.kind === 'unavailable') {
      this.#later = setTimeout(() => void this.flush(), refused.retry_after ?? 5_000);
      return false;
    }
    const limit = refused.limit === undefined ? {} : { limit: refused.limit };
    const marked: Item = { ...item, refused: refused.code, ...limit };
    this.#change(item.client, () => marked);
    return true;
  }

  /** Puts one in the place of itself; it may have been removed meanwhile. */
  #change(client: string, to: (item: Item) => Item): void {
    const item = this.items.find((each) => each.client === client);
    if (!item) return;
    const changed = to(item);
    this.items = this.items.map((each) => (each === item ? changed : each));
    this.#keep(changed);
  }

  #keep(item: Item): void {
    try {
      this.#store.setItem(this.#prefix + item.client, JSON.stringify(item));
    } catch {
      // Storage is full: it waits in memory only.
    }
  }

  /** After all that wait here or in another tab. */
  #turn(): number {
    return Math.max(0, ...[...this.items, ...this.#read()].map(({ turn }) => turn ?? 0)) + 1;
  }

  #read(): Item[] {
    const items: Item[] = [];
    for (let index = 0; index < this.#store.length; index += 1) {
      const key = this.#store.key(index);
      if (!key?.startsWith(this.#prefix)) continue;
      const item = revive(this.#store.getItem(key));
      if (item) items.push(item);
    }
    return items.sort((a, b) => (a.turn ?? 0) - (b.turn ?? 0) || a.written - b.written).slice(0, MOST);
  }
}
