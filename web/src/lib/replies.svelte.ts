import { SvelteMap } from 'svelte/reactivity';

import type { Message } from './api/Message.ts';
import type { Quoted } from './api/Quoted.ts';
import { calm, wordsOf } from './content.ts';

/** Code points of a quote's words: the server's bound. */
const LETTERS = 200;

/** Which message is being answered, by chat. */
export class Replies {
  readonly #quoted = new SvelteMap<string, Quoted>();

  /** What the next message of a chat answers. */
  of(conversation: string): Quoted | undefined {
    return this.#quoted.get(conversation);
  }

  begin(message: Message, name: string): void {
    this.#quoted.set(message.conversation, quotedOf(message, name));
  }

  /** It was sent, or the reader thought better of it. */
  end(conversation: string): void {
    this.#quoted.delete(conversation);
  }

  clear(): void {
    this.#quoted.clear();
  }
}

/** A message as it is shown above its answer, until the server says it. */
export function quotedOf(message: Message, name: string): Quoted {
  const letters = Array.from(calm(wordsOf(message.body)));
  return {
    message: message.id,
    author: message.author,
    name,
    stamp: message.stamp,
    words: letters.slice(0, LETTERS).join(''),
    cut: letters.length > LETTERS,
    deleted: message.deleted,
  };
}
