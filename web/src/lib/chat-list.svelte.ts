import { SvelteMap } from 'svelte/reactivity';

import type { AccountId } from './api/AccountId.ts';
import type { Conversation } from './api/Conversation.ts';
import type { Command } from './api/Command.ts';
import type { ConversationPage } from './api/ConversationPage.ts';
import type { Own } from './api/Own.ts';
import type { Target } from './api/Target.ts';
import { Chat } from './chat.svelte.ts';
import type { Connection } from './connection.svelte.ts';
import type { People } from './people.svelte.ts';
import { Refused } from './refused.ts';

/** One's own settings of a conversation that may be changed one by one. */
export type Change = Omit<Extract<Command, { type: 'set_own' }>, 'type' | 'conversation'>;

/** Pages that are looked through for chats that are kept on top: the thousand newest, as a search does. */
const LOOKED_THROUGH = 10;
const LOOK = 100;

/** The conversations of one account, as far as they were read. */
export class ChatList {
  readonly conversations = new SvelteMap<string, Chat>();
  /** Goes on after the chats that are here; absent at the end. */
  more = $state<string>();

  readonly #connection: Connection;
  readonly #people: Pick<People, 'me' | 'know'>;

  constructor(connection: Connection, people: Pick<People, 'me' | 'know'>) {
    this.#connection = connection;
    this.#people = people;
  }

  /** Counts whole states, so that what was read for an older one is dropped. */
  #state = 0;

  /** Those kept on top, then the newest first. Those without a message stand at the end. */
  readonly chats = $derived.by(() =>
    [...this.conversations.values()].sort(
      (a, b) => Number(b.own.pinned) - Number(a.own.pinned) || (b.last?.stamp ?? 0) - (a.last?.stamp ?? 0),
    ),
  );

  /** Those of the list. */
  readonly shown = $derived.by(() => this.chats.filter((chat) => !chat.own.archived));

  /** Those out of the way. */
  readonly archived = $derived.by(() => this.chats.filter((chat) => chat.own.archived));

  /** The conversation of the two, if there is one. */
  with(account: AccountId): Chat | undefined {
    return this.chats.find((chat) => chat.kind === 'cast' && chat.members.length <= 2 && chat.peer === account);
  }

  /** Takes what the server says of a conversation. */
  take(conversation: Conversation): Chat {
    let chat = this.conversations.get(conversation.id);
    if (chat) chat.update(conversation);
    else {
      chat = new Chat(conversation, this.#people.me, (path) => this.#connection.get(path), (profiles) => this.#people.know(profiles));
      this.conversations.set(chat.id, chat);
    }
    return chat;
  }

  /** Takes a whole new state: what was read of messages may have gaps now. */
  begin(conversations: readonly Conversation[], more: boolean): void {
    for (const chat of this.conversations.values()) chat.forget();
    for (const conversation of conversations) this.take(conversation);
    this.more = more ? '' : undefined;
    this.#state += 1;
    if (more) void this.#lookThrough(this.#state, new Set(conversations.map(({ id }) => id)));
  }

  /** Takes what was set on another device. */
  async takeOwn(conversation: string, own: Own): Promise<void> {
    const chat = this.conversations.get(conversation);
    if (chat) chat.own = own;
    // On top, wherever it was.
    else if (own.pinned) await this.open({ conversation });
  }

  /** Changes one's own settings of a chat. Rejects with `Refused`. */
  async set(chat: Chat, change: Change): Promise<void> {
    await this.#connection.command({ type: 'set_own', conversation: chat.id, ...change });
    chat.own = { ...chat.own, ...change };
  }

  /** Finds or opens a conversation. Rejects with `Refused`. */
  async open(to: Target): Promise<Chat> {
    const known = 'conversation' in to ? this.conversations.get(to.conversation) : this.with(to.account);
    if (known) return known;
    const done = await this.#connection.command({ type: 'open_conversation', to });
    if (done.value.type !== 'conversation') throw Refused.offline();
    return this.take(done.value.conversation);
  }

  /** Reads the next page. Rejects with `Refused`. */
  async loadMore(): Promise<void> {
    const after = this.more;
    if (after === undefined) return;
    const query = after === '' ? '' : `&after=${encodeURIComponent(after)}`;
    const page = await this.#connection.get<ConversationPage>(`/conversations?limit=50${query}`);
    this.#people.know(page.profiles);
    for (const conversation of page.conversations) this.take(conversation);
    this.more = page.next;
  }

  clear(): void {
    this.conversations.clear();
    this.more = undefined;
    this.#state += 1;
  }

  /**
   * A whole state has the newest chats only. Those kept on top may be older, and those known from before may have
   * changed. What does not come now comes with the next state.
   */
  async #lookThrough(state: number, fresh: ReadonlySet<string>): Promise<void> {
    const concerns = ({ id, own }: Conversation): boolean => !fresh.has(id) && (own.pinned || this.conversations.has(id));
    let after = '';
    try {
      for (let page = 0; page < LOOKED_THROUGH; page += 1) {
        const answer = await this.#connection.get<ConversationPage>(`/conversations?limit=${LOOK}${after}`);
        if (state !== this.#state) return;
        const found = answer.conversations.filter(concerns);
        if (found.length > 0) this.#people.know(answer.profiles);
        for (const conversation of found) this.take(conversation);
        if (answer.next === undefined) return;
        after = `&after=${encodeURIComponent(answer.next)}`;
      }
    } catch {
      // The connection broke, or the server is busy.
    }
  }
}
