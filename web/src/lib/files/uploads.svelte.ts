import { SvelteMap } from 'svelte/reactivity';

import type { Chat } from '../chat.svelte.ts';
import { isLoading, type Attached, type Item, type Words } from '../outbox-item.ts';
import type { Outbox } from '../outbox.svelte.ts';
import { Refused } from '../refused.ts';
import type { Keep } from './keep.ts';
import { own, upload, type Ports, type Progress } from './upload.ts';

type Deps = {
  ports: Ports;
  keep: Keep;
  outbox: () => Outbox | undefined;
  /** Puts a message into the outbox. Says no when too much waits already. */
  write: (chat: Chat, words: Words, client: string) => boolean;
  /** Whether a message waits in the outbox of any tab. */
  isWanted: (client: string) => boolean;
  newId: () => string;
};

/** Between the ids of a message and of its file, in the key of what is kept. */
const AND = ' ';

/**
 * Brings the files of messages to the server, one after the other in the order of writing, and tells the outbox when one is
 * whole or refused. Their bytes are kept on this device meanwhile, as far as it lets us.
 */
export class Uploads {
  /** How far a file is, by its id here. */
  readonly progress = new SvelteMap<string, Progress>();
  readonly #deps: Deps;
  readonly #held = new Map<string, Blob>();
  #busy = false;
  #current: { file: string; abort: AbortController } | undefined;

  constructor(deps: Deps) {
    this.#deps = deps;
    void deps.keep.sweep((key) => deps.isWanted(key.split(AND)[0] ?? ''));
  }

  /** Sends files with words. Says no when too much waits already. */
  send(chat: Chat, files: readonly File[], words: Words): boolean {
    const client = this.#deps.newId();
    const attached = files.map((file): Attached => ({ client: this.#deps.newId(), name: file.name, size: file.size }));
    attached.forEach((each, index) => this.#held.set(each.client, files[index]!));
    const taken = this.#deps.write(chat, { ...words, files: attached }, client);
    for (const each of attached) {
      if (!taken) this.#held.delete(each.client);
      else void this.#deps.keep.put(client + AND + each.client, this.#held.get(each.client)!);
    }
    if (taken) this.begin();
    return taken;
  }

  /** Goes on with what waits. */
  begin(): void {
    const outbox = this.#deps.outbox();
    if (outbox) outbox.onGone = (item) => this.#gone(item);
    void this.#run();
  }

  /** The reader has picked a file again whose bytes were lost. Says no where it is another one. */
  give(client: string, file: Attached, blob: Blob): boolean {
    if (blob.size !== file.size) return false;
    this.#held.set(file.client, blob);
    void this.#deps.keep.put(client + AND + file.client, blob);
    this.retry(client);
    return true;
  }

  retry(client: string): void {
    this.#deps.outbox()?.retry(client);
    this.begin();
  }

  /** Takes one file out of a message that waits. */
  without(client: string, file: Attached): void {
    this.#forget(client, file);
    this.#drop(file);
    this.#deps.outbox()?.without(client, file.client);
    this.begin();
  }

  /** Gives a message up, with all that was uploaded for it. */
  cancel(item: Item): void {
    this.#deps.outbox()?.remove(item.client);
    for (const file of item.files ?? []) this.#drop(file);
  }

  /** Somebody signs out. */
  clear(): void {
    this.#current?.abort.abort();
    this.#held.clear();
    this.progress.clear();
  }

  async #run(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (;;) {
        const item = this.#deps.outbox()?.items.find((each) => each.refused === undefined && isLoading(each));
        const file = item?.files?.find(({ object }) => object === undefined);
        if (!item || !file || !(await this.#one(item.client, file))) return;
      }
    } finally {
      this.#busy = false;
    }
  }

  async #one(client: string, file: Attached): Promise<boolean> {
    const abort = new AbortController();
    this.#current = { file: file.client, abort };
    try {
      const blob = this.#held.get(file.client) ?? (await this.#deps.keep.get(client + AND + file.client));
      abort.signal.throwIfAborted();
      if (blob?.size !== file.size) throw own('file_lost');
      this.#held.set(file.client, blob);
      const told = (progress: Progress): void => void this.progress.set(file.client, progress);
      const given = new Promise<never>((_, reject) => abort.signal.addEventListener('abort', () => reject(abort.signal.reason as Error)));
      // Whoever gives up does not wait for an answer that is on its way.
      const object = await Promise.race([upload(this.#deps.ports, { ...file, blob }, told, abort.signal), given]);
      this.#deps.outbox()?.filed(client, file.client, object);
    } catch (thrown) {
      if (abort.signal.aborted) return true;
      const refused = Refused.from(thrown);
      // The page asks for signing in; it goes on after that.
      if (refused.kind === 'unauthorized') return false;
      this.#deps.outbox()?.refuse(client, file.client, refused);
    } finally {
      this.progress.delete(file.client);
      this.#current = undefined;
    }
    return true;
  }

  /** Its message was sent, or nobody wants it. */
  #gone(item: Item): void {
    for (const file of item.files ?? []) this.#forget(item.client, file);
  }

  #forget(client: string, file: Attached): void {
    if (this.#current?.file === file.client) this.#current.abort.abort();
    this.#held.delete(file.client);
    this.progress.delete(file.client);
    void this.#deps.keep.remove(client + AND + file.client);
  }

  /** What was whole and is not sent is let go of; what is half gives itself up, and the server removes what is forgotten in a day. */
  #drop({ object }: Attached): void {
    if (object) this.#deps.ports.command({ type: 'drop_object', object: object.id }).catch(() => undefined);
  }
}
