import { SvelteMap } from 'svelte/reactivity';

import { again } from '../again.ts';
import type { Chat } from '../chat.svelte.ts';
import type { Words } from '../outbox-item.ts';
import type { Outbox } from '../outbox.svelte.ts';
import type { Uploads } from './uploads.svelte.ts';

/** Files chosen for a chat at once; no message carries as many. */
const MOST = 200;

/** Files that are chosen and not sent, by chat; and the way to what brings them to the server, which is loaded with the first. */
export class FileDesk {
  /** What brings them there, once it is loaded. */
  uploads = $state.raw<Uploads>();
  readonly #chosen = new SvelteMap<string, readonly File[]>();
  readonly #make: () => Promise<Uploads>;
  readonly #outbox: () => Outbox | undefined;
  #loading: Promise<Uploads> | undefined;

  constructor(make: () => Promise<Uploads>, outbox: () => Outbox | undefined) {
    this.#make = make;
    this.#outbox = outbox;
  }

  /** What is chosen for a chat. It stays while the reader looks elsewhere. */
  of(conversation: string): readonly File[] {
    return this.#chosen.get(conversation) ?? [];
  }

  choose(conversation: string, files: readonly File[]): void {
    if (files.length > 0) this.#put(conversation, [...this.of(conversation), ...files].slice(0, MOST));
  }

  unchoose(conversation: string, files: readonly File[]): void {
    this.#put(conversation, this.of(conversation).filter((each) => !files.includes(each)));
  }

  /** Sends files with words. Says no when too much waits already. Rejects where the page cannot load what it takes. */
  async send(chat: Chat, files: readonly File[], words: Words): Promise<boolean> {
    const taken = (await this.load()).send(chat, files, words);
    if (taken) this.unchoose(chat.id, files);
    return taken;
  }

  /** Goes on with what waits in the outbox, if files do; those that are whole already are forgotten here once they are sent. */
  begin(): void {
    if (!this.#outbox()?.items.some(({ files }) => files)) return;
    void this.load().then(
      (uploads) => uploads.begin(),
      // With the next connection.
      () => undefined,
    );
  }

  load(): Promise<Uploads> {
    this.#loading ??= again(this.#make).then(
      (uploads) => (this.uploads = uploads),
      (thrown: unknown) => {
        this.#loading = undefined;
        throw thrown;
      },
    );
    return this.#loading;
  }

  clear(): void {
    this.#chosen.clear();
    this.uploads?.clear();
    this.uploads = this.#loading = undefined;
  }

  #put(conversation: string, files: readonly File[]): void {
    if (files.length > 0) this.#chosen.set(conversation, files);
    else this.#chosen.delete(conversation);
  }
}
