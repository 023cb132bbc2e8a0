import type { Command } from './api/Command.ts';
import { Refused, pauseAfter } from './refused.ts';

/**
 * How far was read, until the server knows it. A mark that got lost on the way would leave a chat unread on other devices,
 * and its author would never see *Read*.
 */
export class ReadMarks {
  readonly #send: (command: Command) => Promise<unknown>;
  /** The newest of each conversation. */
  readonly #waiting = new Map<string, string>();
  #later: ReturnType<typeof setTimeout> | undefined;

  constructor(send: (command: Command) => Promise<unknown>) {
    this.#send = send;
  }

  say(conversation: string, upto: string): void {
    this.#waiting.set(conversation, upto);
    if (this.#later === undefined) void this.#say(conversation, upto);
  }

  /** The connection is back. */
  again(): void {
    clearTimeout(this.#later);
    this.#later = undefined;
    for (const [conversation, upto] of this.#waiting) void this.#say(conversation, upto);
  }

  clear(): void {
    clearTimeout(this.#later);
    this.#later = undefined;
    this.#waiting.clear();
  }

  /** A refusal is an answer, unless the server only cannot take it just now. */
  async #say(conversation: string, upto: string): Promise<void> {
    try {
      await this.#send({ type: 'mark_read', conversation, upto });
    } catch (thrown) {
      if (Refused.from(thrown).code === 'offline') return;
      const pause = pauseAfter(thrown);
      if (pause !== undefined) {
        this.#later ??= setTimeout(() => this.again(), pause);
        return;
      }
    }
    if (this.#waiting.get(conversation) === upto) this.#waiting.delete(conversation);
  }
}
