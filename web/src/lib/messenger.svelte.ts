import { SvelteMap } from 'svelte/reactivity';

import type { Account } from './api/Account.ts';
import type { AccountId } from './api/AccountId.ts';
import type { Contact } from './api/Contact.ts';
import type { Conversation } from './api/Conversation.ts';
import type { ConversationPage } from './api/ConversationPage.ts';
import type { Done } from './api/Done.ts';
import type { Event } from './api/Event.ts';
import type { Found } from './api/Found.ts';
import type { Message } from './api/Message.ts';
import type { Presence } from './api/Presence.ts';
import type { PresenceList } from './api/PresenceList.ts';
import type { Profile } from './api/Profile.ts';
import type { Relate } from './api/Relate.ts';
import type { Snapshot } from './api/Snapshot.ts';
import type { Target } from './api/Target.ts';
import { Chat } from './chat.svelte.ts';
import type { Connection } from './connection.svelte.ts';
import { readContacts } from './contacts.ts';
import { DeviceNews } from './device-news.svelte.ts';
import { asSent, item as itemOf, type Words } from './outbox-item.ts';
import { Outbox, type Item } from './outbox.svelte.ts';
import { ReadMarks } from './read-marks.ts';
import { Refused } from './refused.ts';
import type { Store } from './settings.svelte.ts';
import { Typing } from './typing.svelte.ts';

/** What is drawn of somebody's presence. */
export type Shown = 'online' | 'away' | 'busy' | 'call' | 'offline' | 'invisible';

/** So many unread messages do not fit below the last one read on a page. */
const FAR = 20;
/** Chats whose messages stay in memory. */
const OPEN_CHATS = 8;

type Heard = (message: Message, chat: Chat) => void;

/** People and conversations, as one account sees them. */
export class Messenger {
  /** One's own account, once it is known. */
  account = $state.raw<Account>();
  readonly profiles = new SvelteMap<AccountId, Profile>();
  readonly contacts = new SvelteMap<AccountId, Contact>();
  readonly conversations = new SvelteMap<string, Chat>();
  readonly presence = new SvelteMap<AccountId, Presence>();
  /** Goes on after the chats that are here; absent at the end. */
  moreChats = $state<string>();
  outbox = $state.raw<Outbox>();
  /** What happens to one's own devices. */
  readonly devices: DeviceNews;
  /** The open conversation. */
  openChat = $state<string>();

  readonly #connection: Connection;
  readonly #store: Store & Pick<Storage, 'key' | 'length'>;
  readonly #newId: () => string;
  readonly #heardHandlers = new Set<Heard>();
  readonly #typing: Typing;
  readonly #reads = new ReadMarks((command) => this.#connection.command(command));
  #recent: string[] = [];

  constructor(connection: Connection, store: Store & Pick<Storage, 'key' | 'length'>, newId: () => string) {
    this.#connection = connection;
    this.#store = store;
    this.#newId = newId;
    this.#typing = new Typing(connection);
    this.devices = new DeviceNews(() => connection.clock.now());
    connection.onSnapshot((snapshot) => this.#snapshot(snapshot));
    connection.onEvent(({ event }) => this.#event(event));
    connection.onOnline(() => {
      void this.outbox?.flush();
      this.#reads.again();
      void this.#readPresence();
    });
  }

  /** The newest first. Those without a message stand at the end. */
  readonly chats = $derived.by(() =>
    [...this.conversations.values()].sort((a, b) => (b.last?.stamp ?? 0) - (a.last?.stamp ?? 0)),
  );

  /** Those who ask, the newest first. */
  readonly requests = $derived.by(() => this.#standing('incoming').sort((a, b) => b.since - a.since));

  /** Chats with something unread. */
  readonly unread = $derived.by(() => this.chats.filter((chat) => chat.unread > 0).length);

  /** There is a chat with somebody human. */
  readonly settled = $derived.by(() =>
    this.chats.some((chat) => chat.peer === undefined || this.profiles.get(chat.peer)?.kind !== 'service'),
  );

  /** Own id; empty before it is known. */
  get me(): AccountId {
    return this.account?.id ?? '';
  }

  /** Hears of every message of somebody else that is new. */
  onMessage(handler: Heard): () => void {
    this.#heardHandlers.add(handler);
    return () => this.#heardHandlers.delete(handler);
  }

  /** The name to show for somebody. */
  name(account: AccountId): string {
    if (account === this.me) return this.account?.display ?? '';
    const profile = this.profiles.get(account);
    return profile ? profile.display || profile.name : '…';
  }

  /** What is drawn of somebody's presence. Nothing is claimed while we are offline ourselves. */
  presenceOf(account: AccountId): Shown {
    if (this.#connection.status !== 'online') return 'offline';
    const presence = this.presence.get(account);
    if (!presence) return 'offline';
    if (presence.in_call && presence.availability !== 'offline') return 'call';
    return presence.availability;
  }

  /** Own presence as one is told of it. */
  get ownPresence(): Shown {
    return this.#connection.status === 'online' ? (this.account?.chosen ?? 'online') : 'offline';
  }

  /** Those one stands so to, by name. */
  standing(state: Contact['state']): Contact[] {
    return this.#standing(state).sort((a, b) => a.profile.display.localeCompare(b.profile.display));
  }

  /** Everything up to this stamp was read by all others. Who does not tell is not told. */
  readTo(chat: Chat): number {
    return this.account?.receipts === false ? 0 : chat.readByOthers;
  }

  /** Who types in a conversation. */
  typing(conversation: string): AccountId[] {
    if (this.#connection.status !== 'online') return [];
    return [...(this.conversations.get(conversation)?.typing.keys() ?? [])];
  }

  /** What is known of somebody. */
  profile(account: AccountId): Profile | undefined {
    return this.profiles.get(account);
  }

  /** The one other member of a conversation of two. */
  other(target: Target): AccountId | undefined {
    return 'account' in target ? target.account : this.conversations.get(target.conversation)?.peer;
  }

  /** The conversation of the two, if there is one. */
  chatWith(account: AccountId): Chat | undefined {
    return this.chats.find((chat) => chat.kind === 'cast' && chat.members.length <= 2 && chat.peer === account);
  }

  /** Finds or opens a conversation and gives its id. Rejects with `Refused`. */
  async open(to: Target): Promise<string> {
    if ('conversation' in to) return to.conversation;
    const known = this.chatWith(to.account);
    if (known) return known.id;
    const done = await this.#connection.command({ type: 'open_conversation', to });
    if (done.value.type !== 'conversation') throw Refused.offline();
    this.#conversation(done.value.conversation);
    return done.value.conversation.id;
  }

  /** Makes a chat the open one and fills its window. */
  async show(id: string): Promise<void> {
    this.openChat = id;
    let chat = this.conversations.get(id);
    if (!chat) {
      const done = await this.#connection.command({ type: 'open_conversation', to: { conversation: id } });
      if (done.value.type !== 'conversation') throw Refused.offline();
      chat = this.#conversation(done.value.conversation);
    }
    chat.newSince = chat.unread > 0 ? (chat.read?.stamp ?? 0) : undefined;
    this.#remember(id);
    if (chat.loaded && !chat.later) return;
    // More unread than one page holds: begin where the reader stopped.
    if (chat.read && chat.unread > FAR) await chat.loadAround(chat.read.message);
    else await chat.loadNewest();
  }

  /** The reader goes elsewhere: what was new is new no more. */
  leave(chat: Chat): void {
    this.stopTyping(chat);
    chat.newSince = undefined;
    chat.editing = undefined;
    chat.trim();
    if (this.openChat === chat.id) this.openChat = undefined;
  }

  /** Writes into a chat; the message shows at once. Says no when too much waits already. */
  write(chat: Chat, words: Words): boolean {
    this.stopTyping(chat);
    const written = this.#connection.clock.now();
    return this.outbox?.add(itemOf(words, { client: this.#newId(), conversation: chat.id, written })) ?? false;
  }

  /** Changes the words of an own message. */
  edit(message: Message, blocks: Words['blocks']): boolean {
    const waiting = this.outbox?.of(message.conversation).find((item) => item.edits === message.id);
    if (waiting) this.outbox?.remove(waiting.client);
    const written = this.#connection.clock.now();
    const place = { client: this.#newId(), conversation: message.conversation, written, edits: message.id };
    return this.outbox?.add(itemOf({ blocks }, place)) ?? false;
  }

  /** Removes an own message for everyone. Rejects with `Refused`. */
  async remove(message: Message): Promise<void> {
    await this.#connection.command({ type: 'delete', message: message.id });
  }

  /** Everything in the window was seen. */
  markRead(chat: Chat): void {
    const message = chat.toRead;
    if (!message) return;
    chat.markRead(this.me, { message: message.id, stamp: message.stamp });
    this.#reads.say(chat.id, message.id);
  }

  /** The reader writes; told to the others now and then. */
  typed(chat: Chat): void {
    this.#typing.own(chat);
  }

  /** The reader stopped writing. */
  stopTyping(chat: Chat): void {
    this.#typing.stop(chat);
  }

  /** Looks somebody up by exact name. Rejects with `Refused`. */
  async find(name: string): Promise<Contact | undefined> {
    const found = await this.#connection.get<Found>(`/find?name=${encodeURIComponent(name)}`);
    if (found.contact) this.profiles.set(found.contact.profile.id, found.contact.profile);
    return found.contact;
  }

  /** Changes how one stands to somebody. Rejects with `Refused`. */
  async relate(other: AccountId, change: Relate, greeting?: string): Promise<void> {
    await this.#connection.command({ type: 'relate', other, change, ...(greeting ? { greeting } : {}) });
  }

  /** Reads the next page of chats. */
  async loadMoreChats(): Promise<void> {
    const after = this.moreChats;
    if (after === undefined) return;
    const query = after === '' ? '' : `&after=${encodeURIComponent(after)}`;
    const page = await this.#connection.get<ConversationPage>(`/conversations?limit=50${query}`);
    for (const profile of page.profiles) this.profiles.set(profile.id, profile);
    for (const conversation of page.conversations) this.#conversation(conversation);
    this.moreChats = page.next;
  }

  /** Forgets everything: somebody signs out. */
  clear(): void {
    this.account = undefined;
    for (const each of [this.profiles, this.contacts, this.conversations, this.presence, this.#typing, this.#reads]) each.clear();
    this.outbox = undefined;
    this.devices.clear();
    this.moreChats = undefined;
    this.openChat = undefined;
    this.#recent = [];
  }

  #standing(state: Contact['state']): Contact[] {
    return [...this.contacts.values()].filter((contact) => contact.state === state && !contact.blocked);
  }

  async #readPresence(): Promise<void> {
    try {
      let page = await this.#connection.get<PresenceList>('/presence');
      const seen = [...page.presence];
      while (page.next) seen.push(...(page = await this.#connection.get<PresenceList>(`/presence?after=${page.next}`)).presence);
      this.presence.clear();
      for (const each of seen) this.presence.set(each.account, each);
    } catch {
      // The next connection asks again; events go on meanwhile.
    }
  }

  #snapshot(snapshot: Snapshot): void {
    const open = this.openChat;
    this.account = snapshot.account;
    this.outbox ??= new Outbox(
      this.#store,
      snapshot.account.id,
      (command) => this.#connection.command(command),
      (item, done) => this.#sent(item, done),
    );
    this.contacts.clear();
    for (const profile of snapshot.profiles) this.profiles.set(profile.id, profile);
    for (const contact of snapshot.contacts) this.#contact(contact);
    for (const chat of this.conversations.values()) chat.forget();
    for (const conversation of snapshot.conversations) this.#conversation(conversation);
    this.moreChats = snapshot.more_conversations ? '' : undefined;
    if (snapshot.more_contacts) void readContacts(this.#connection, (contact) => this.#contact(contact));
    if (open !== undefined) void this.conversations.get(open)?.loadNewest();
  }

  #conversation(conversation: Conversation): Chat {
    let chat = this.conversations.get(conversation.id);
    if (chat) chat.update(conversation);
    else {
      chat = new Chat(conversation, this.me, (path) => this.#connection.get(path));
      this.conversations.set(chat.id, chat);
    }
    return chat;
  }

  #contact(contact: Contact): void {
    this.profiles.set(contact.profile.id, contact.profile);
    if (contact.state === 'none' && !contact.blocked) this.contacts.delete(contact.profile.id);
    else this.contacts.set(contact.profile.id, contact);
    if (contact.state !== 'contact' || contact.blocked) this.presence.delete(contact.profile.id);
  }

  #event(event: Event): void {
    switch (event.type) {
      case 'message':
        // Its author comes without the mood, which is for contacts.
        this.profiles.set(event.author.id, { ...this.profiles.get(event.author.id), ...event.author });
        this.#message(event.message);
        break;
      case 'conversation':
        for (const each of event.profiles) this.profiles.set(each.id, { ...this.profiles.get(each.id), ...each });
        this.#conversation(event.conversation);
        break;
      case 'read':
        this.conversations.get(event.conversation)?.markRead(event.account, event.upto);
        break;
      case 'delivered':
        this.conversations.get(event.conversation)?.markDelivered(event.account, event.upto);
        break;
      case 'account':
        this.account = event.account;
        break;
      case 'contact':
        this.#contact(event.contact);
        break;
      case 'presence':
        this.presence.set(event.presence.account, event.presence);
        break;
      case 'typing':
        if (event.account === this.me) break;
        this.#typing.heard(this.conversations.get(event.conversation), event.account, event.typing);
        break;
      case 'device':
        this.devices.signedIn(event.device);
        break;
      case 'device_ended':
        this.devices.ended(event.device);
        break;
      // The calls listen for themselves; a record in the log is told anew with its message.
    }
  }

  #message(message: Message): void {
    if (message.client !== undefined) this.outbox?.remove(message.client);
    const chat = this.conversations.get(message.conversation);
    if (!chat) {
      // Its conversation is older than the pages that were read.
      void this.#adopt(message.conversation);
      return;
    }
    const isNew = chat.apply(message);
    if (chat.id !== this.openChat) chat.trim();
    if (isNew && message.author !== this.me) for (const handler of this.#heardHandlers) handler(message, chat);
  }

  async #adopt(conversation: string): Promise<void> {
    try {
      const done = await this.#connection.command({ type: 'open_conversation', to: { conversation } });
      if (done.value.type === 'conversation') this.#conversation(done.value.conversation);
    } catch {
      // It comes with the next snapshot.
    }
  }

  /** The server has it: the tick changes now, the event brings the rest. */
  #sent(item: Item, done: Done): void {
    const chat = this.conversations.get(item.conversation);
    const body: Message['body'] = { type: 'text', blocks: item.blocks };
    if (item.edits !== undefined) {
      const known = chat?.messages.find((message) => message.id === item.edits);
      if (known && !known.deleted) chat?.apply({ ...known, body, edited: known.edited ?? known.stamp });
      return;
    }
    const { value } = done;
    if (!chat || value.type !== 'message' || chat.messages.some((message) => message.id === value.id)) return;
    chat.apply(asSent(item, this.me, value.id, value.stamp));
  }

  #remember(id: string): void {
    this.#recent = [id, ...this.#recent.filter((each) => each !== id)];
    for (const old of this.#recent.splice(OPEN_CHATS)) this.conversations.get(old)?.forget();
  }
}
