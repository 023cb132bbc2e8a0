import { SvelteMap } from 'svelte/reactivity';

import type { AccountId } from './api/AccountId.ts';
import type { Conversation } from './api/Conversation.ts';
import type { ConversationPage } from './api/ConversationPage.ts';
import type { Target } from './api/Target.ts';
import { Chat } from './chat.svelte.ts';
import type { Connection } from './connection.svelte.ts';
import type { People } from './people.svelte.ts';
import { Refused } from './refused.ts';

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

  /** The newest first. Those without a message stand at the end. */
  readonly chats = $derived.by(() =>
    [...this.conversations.values()].sort((a, b) => (b.last?.stamp ?? 0) - (a.last?.stamp ?? 0)),
  );

  /** The conversation of the two, if there is one. */
  with(account: AccountId): Chat | undefined {
    return this.chats.find((chat) => chat.kind === 'cast' && chat.members.length <= 2 && chat.peer === account);
  }

  /** Takes what the server says of a conversation. */
  take(conversation: Conversation): Chat {
    let chat = this.conversations.get(conversation.id);
    if (chat) chat.update(conversation);
    else {
      chat = new Chat(conversation, this.#people.me, (path) => this.#connection.get(path));
      this.conversations.set(chat.id, chat);
    }
    return chat;
  }

  /** Takes a whole new state: what was read of messages may have gaps now. */
  begin(conversations: readonly Conversation[], more: boolean): void {
    for (const chat of this.conversations.values()) chat.forget();
    for (const conversation of conversations) this.take(conversation);
    this.more = more ? '' : undefined;
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
  }
}
