import type { Chat } from './chat.svelte.ts';
import type { Connection } from './connection.svelte.ts';
import { clean } from './content.ts';
import type { KeptDrafts } from './kept-drafts.ts';

/** So long after the last letter a draft is kept, in ms. */
const REST = 1_000;
/** While somebody goes on writing, it is kept this often, in ms. */
const MOST = 5_000;
/** Bytes of a draft: the server's bound. A longer one stays on this device. */
const BYTES = 8 * 1_024;
/** So long after a letter the words belong to whoever writes here, in ms. */
const HELD = 15_000;
/** Own words on their way that are known again when they come back. */
const ECHOES = 20;

type Known = {
  /** What the server has, as far as is known. */
  kept: string;
  /** Own words that were sent and have not come back as an event, oldest first. */
  echoes: string[];
  /** When the last letter was typed here. */
  typed: number;
  /** Something was typed here that the server does not have. */
  changed: boolean;
  /** When the first letter was typed that is not kept. */
  since: number | undefined;
  timer: ReturnType<typeof setTimeout> | undefined;
};

type Line = Pick<Connection, 'command' | 'onEvent' | 'onOnline' | 'onSnapshot' | 'status'>;

/** Drafts on every device: what is written here is kept on the server, what is written elsewhere is shown here. */
export class Drafts {
  readonly #line: Line;
  readonly #chat: (id: string) => Chat | undefined;
  readonly #now: () => number;
  readonly #known = new Map<string, Known>();

  readonly #device: Pick<KeptDrafts, 'read' | 'keep' | 'drop'> | undefined;

  constructor(
    line: Line, chat: (id: string) => Chat | undefined, now: () => number, device?: Pick<KeptDrafts, 'read' | 'keep' | 'drop'>,
  ) {
    this.#device = device;
    this.#line = line;
    this.#chat = chat;
    this.#now = now;
    line.onSnapshot(({ conversations }) => {
      for (const { id, own } of conversations) this.heard(id, own.draft ?? '');
    });
    line.onEvent(({ event }) => {
      if (event.type === 'own') this.heard(event.conversation, event.own.draft ?? '');
      else if (event.type === 'conversation') this.heard(event.conversation.id, event.conversation.own.draft ?? '');
    });
    line.onOnline(() => this.flushAll());
  }

  /** A letter was typed. Call it once the chat has the new words. */
  typed(chat: Chat): void {
    const known = this.#of(chat.id);
    const now = this.#now();
    known.typed = now;
    known.changed = true;
    known.since ??= now;
    this.#device?.keep(chat.id, chat.draft);
    clearTimeout(known.timer);
    const wait = Math.max(0, Math.min(REST, known.since + MOST - now));
    known.timer = setTimeout(() => this.flush(chat), wait);
  }

  /** The reader goes elsewhere: keeps what is there, and nobody writes here any more. */
  leave(chat: Chat): void {
    this.flush(chat);
    const known = this.#known.get(chat.id);
    if (known) known.typed = -Infinity;
  }

  /** The words were sent, or the writer rests: keeps what is there now, or takes what came meanwhile. */
  flush(chat: Chat): void {
    const known = this.#known.get(chat.id);
    if (!known) return;
    clearTimeout(known.timer);
    known.timer = undefined;
    if (!known.changed) {
      chat.draft = known.kept;
      return;
    }
    const draft = clean(chat.draft);
    if (this.#line.status !== 'online' || new TextEncoder().encode(draft).length > BYTES) return;
    known.changed = false;
    known.since = undefined;
    if (draft === known.kept) {
      this.#device?.drop(chat.id);
      return;
    }
    const before = known.kept;
    known.kept = draft;
    known.echoes = [...known.echoes, draft].slice(-ECHOES);
    const told = (): void => {
      if (!known.changed) this.#device?.drop(chat.id);
    };
    this.#line.command({ type: 'set_own', conversation: chat.id, draft }).then(told, () => {
      // Kept when the connection is back, or with the next letter.
      known.echoes = known.echoes.filter((each) => each !== draft);
      known.changed = true;
      if (known.kept === draft) known.kept = before;
    });
  }

  /** Keeps what waits: the page goes away, or the connection is back. */
  flushAll(): void {
    for (const id of this.#known.keys()) {
      const chat = this.#chat(id);
      if (chat) this.flush(chat);
    }
  }

  /** Takes what an earlier page could not tell the server: its words win, as they would have there. */
  restore(chat: Chat): void {
    const left = this.#known.has(chat.id) ? undefined : this.#device?.read(chat.id);
    if (left === undefined) return;
    this.#of(chat.id).changed = true;
    chat.draft = left;
  }

  /** The server has this draft. It is shown here unless somebody writes here. */
  heard(id: string, draft: string): void {
    const chat = this.#chat(id);
    if (!chat) return;
    this.restore(chat);
    const known = this.#of(id);
    const echo = known.echoes.indexOf(draft);
    if (echo >= 0) {
      // Own words: what was sent later is on its way still.
      known.echoes = known.echoes.slice(echo + 1);
      return;
    }
    known.kept = draft;
    if (known.changed || (chat.draft !== '' && this.#now() - known.typed < HELD)) return;
    chat.draft = draft;
  }

  clear(): void {
    for (const { timer } of this.#known.values()) clearTimeout(timer);
    this.#known.clear();
  }

  #of(id: string): Known {
    let known = this.#known.get(id);
    if (!known) {
      known = { kept: this.#chat(id)?.keptDraft ?? '', echoes: [], typed: -Infinity, changed: false, since: undefined, timer: undefined };
      this.#known.set(id, known);
    }
    return known;
  }
}
