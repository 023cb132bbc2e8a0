import type { AccountId } from './api/AccountId.ts';
import type { Done } from './api/Done.ts';
import type { Event } from './api/Event.ts';
import type { Message } from './api/Message.ts';
import type { Snapshot } from './api/Snapshot.ts';
import type { Target } from './api/Target.ts';
import { ChatList } from './chat-list.svelte.ts';
import type { Chat } from './chat.svelte.ts';
import type { Connection } from './connection.svelte.ts';
import { readContacts } from './contacts.ts';
import { DeviceNews } from './device-news.svelte.ts';
import { readBySome } from './groups-read.ts';
import { asSent, bodyOf, item as itemOf, type Words } from './outbox-item.ts';
import { Outbox, type Item } from './outbox.svelte.ts';
import { People } from './people.svelte.ts';
import { ReadMarks } from './read-marks.ts';
import type { Ports as SearchPorts, Search } from './search.svelte.ts';
import type { Store } from './settings.svelte.ts';
import { Typing } from './typing.svelte.ts';

/** Chats whose messages stay in memory. */
const OPEN_CHATS = 8;

type Heard = (message: Message, chat: Chat) => void;

/**
 * People and conversations, as one account sees them: gives what comes from the server to those whom it concerns, and
 * what the reader does to the server.
 */
export class Messenger extends People {
  readonly list: ChatList;
  #search: Search | undefined;
  outbox = $state.raw<Outbox>();
  /** What happens to one's own devices. */
  readonly devices: DeviceNews;
  /** The open conversation. */
  openChat = $state<string>();

  readonly #store: Store & Pick<Storage, 'key' | 'length'>;
  readonly #newId: () => string;
  readonly #heardHandlers = new Set<Heard>();
  readonly #typing: Typing;
  readonly #reads = new ReadMarks((command) => this.connection.command(command));
  #recent: string[] = [];

  constructor(connection: Connection, store: Store & Pick<Storage, 'key' | 'length'>, newId: () => string) {
    super(connection);
    this.list = new ChatList(connection, this);
    this.#store = store;
    this.#newId = newId;
    this.#typing = new Typing(connection);
    this.devices = new DeviceNews(() => connection.clock.now());
    connection.onSnapshot((snapshot) => this.#snapshot(snapshot));
    connection.onEvent(({ event }) => this.#event(event));
    connection.onOnline(() => {
      void this.outbox?.flush();
      this.#reads.again();
      void this.readPresence();
    });
  }

  /** The search for messages. It is made with its window, and outlives it. */
  search(make: (ports: SearchPorts) => Search): Search {
    this.#search ??= make({ get: (path) => this.connection.get(path), know: (profiles) => this.know(profiles) });
    return this.#search;
  }

  /** All that are known, by id. */
  get conversations(): ChatList['conversations'] {
    return this.list.conversations;
  }

  /** All that are known, in the order of the list. */
  get chats(): readonly Chat[] {
    return this.list.chats;
  }

  /** Chats with something unread. */
  readonly unread = $derived.by(() => this.chats.filter((chat) => chat.unread > 0).length);

  /** There is a chat with somebody human. */
  readonly settled = $derived.by(() =>
    this.chats.some((chat) => chat.peer === undefined || this.profiles.get(chat.peer)?.kind !== 'service'),
  );

  /** Hears of every message of somebody else that is new. */
  onMessage(handler: Heard): () => void {
    this.#heardHandlers.add(handler);
    return () => this.#heardHandlers.delete(handler);
  }

  /** Everything up to this stamp was read by all others. Who does not tell is not told. */
  readTo(chat: Chat): number {
    return this.account?.receipts === false ? 0 : chat.readByOthers;
  }

  /** Somebody else has read everything up to this stamp; 0 where not everybody is known, or one is not told. */
  readBySome(chat: Chat): number {
    return this.account?.receipts === false || !chat.whole ? 0 : readBySome(chat.everybody, this.me);
  }

  /** Who types in a conversation. */
  typing(conversation: string): AccountId[] {
    if (this.connection.status !== 'online') return [];
    return [...(this.conversations.get(conversation)?.typing.keys() ?? [])];
  }

  /** The one other member of a conversation of two. */
  other(target: Target): AccountId | undefined {
    return 'account' in target ? target.account : this.conversations.get(target.conversation)?.peer;
  }

  /** The conversation of the two, if there is one. */
  chatWith(account: AccountId): Chat | undefined {
    return this.list.with(account);
  }

  /** Finds or opens a conversation and gives its id. Rejects with `Refused`. */
  async open(to: Target): Promise<string> {
    return 'conversation' in to ? to.conversation : (await this.list.open(to)).id;
  }

  /** Makes a chat the open one and fills its window. Rejects with `Refused`. */
  async show(id: string): Promise<void> {
    this.openChat = id;
    // At once where it is known: whoever draws it begins at the line of new messages.
    const chat = this.conversations.get(id) ?? (await this.list.open({ conversation: id }));
    chat.newSince = chat.unread > 0 ? (chat.read?.stamp ?? 0) : undefined;
    this.#remember(id);
    // Where something is to be looked at, the window is filled around that.
    if (!chat.aim) await chat.begin();
  }

  /**
   * Has a message looked at, wherever it is: gives its chat, which is to be opened. Rejects with `Refused` where the chat
   * cannot be had.
   */
  async reveal(conversation: string, message: string): Promise<Chat> {
    const chat = await this.list.open({ conversation });
    void chat.show(message);
    return chat;
  }

  /** The reader goes elsewhere: what was new is new no more. */
  leave(chat: Chat): void {
    this.stopTyping(chat);
    chat.newSince = undefined;
    chat.editing = undefined;
    chat.seen();
    chat.trim();
    if (this.openChat === chat.id) this.openChat = undefined;
  }

  /** Writes into a chat; the message shows at once. Says no when too much waits already. */
  write(chat: Chat, words: Words, client = this.#newId()): boolean {
    this.stopTyping(chat);
    const written = this.connection.clock.now();
    return this.outbox?.add(itemOf(words, { client, conversation: chat.id, written })) ?? false;
  }

  /** Changes the words of an own message. */
  edit(message: Message, blocks: Words['blocks']): boolean {
    const carries = message.body.type === 'objects' ? { carries: message.body.ids } : {};
    const waiting = this.outbox?.of(message.conversation).find((item) => item.edits === message.id);
    if (waiting) this.outbox?.remove(waiting.client);
    const written = this.connection.clock.now();
    const place = { client: this.#newId(), conversation: message.conversation, written, edits: message.id, ...carries };
    return this.outbox?.add(itemOf({ blocks }, place)) ?? false;
  }

  /** Removes an own message for everyone. Rejects with `Refused`. */
  async remove(message: Message): Promise<void> {
    await this.connection.command({ type: 'delete', message: message.id });
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

  /** Forgets everything: somebody signs out. */
  clear(): void {
    this.forgetPeople();
    for (const each of [this.list, this.#search, this.#typing, this.#reads, this.devices]) each?.clear();
    this.outbox = undefined;
    this.openChat = undefined;
    this.#recent = [];
  }

  #snapshot(snapshot: Snapshot): void {
    const open = this.openChat;
    this.account = snapshot.account;
    this.outbox ??= new Outbox(
      this.#store,
      snapshot.account.id,
      (command) => this.connection.command(command),
      (item, done) => this.#sent(item, done),
    );
    this.contacts.clear();
    for (const profile of snapshot.profiles) this.profiles.set(profile.id, profile);
    for (const contact of snapshot.contacts) this.takeContact(contact);
    this.list.begin(snapshot.conversations, snapshot.more_conversations);
    if (snapshot.more_contacts) void readContacts(this.connection, (contact) => this.takeContact(contact));
    const chat = open === undefined ? undefined : this.conversations.get(open);
    if (chat?.aim) void chat.show(chat.aim.message);
    else void chat?.loadNewest();
  }

  #event(event: Event): void {
    switch (event.type) {
      case 'message':
        // Its author comes without the mood, which is for contacts.
        this.know([event.author, ...event.profiles]);
        this.#message(event.message);
        break;
      case 'conversation':
        this.know(event.profiles);
        this.list.take(event.conversation);
        break;
      case 'read':
        this.conversations.get(event.conversation)?.markRead(event.account, event.upto, event.left);
        break;
      case 'delivered':
        this.conversations.get(event.conversation)?.markDelivered(event.account, event.upto);
        break;
      case 'own':
        void this.list.takeOwn(event.conversation, event.own).catch(() => undefined);
        break;
      case 'account':
        this.account = event.account;
        break;
      case 'contact':
        this.takeContact(event.contact);
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
      void this.#adopt(message);
      return;
    }
    const isNew = chat.apply(message);
    if (chat.id !== this.openChat) chat.trim();
    if (isNew) this.#heard(message, chat);
  }

  #heard(message: Message, chat: Chat): void {
    if (message.author !== this.me) for (const handler of this.#heardHandlers) handler(message, chat);
  }

  async #adopt(message: Message): Promise<void> {
    try {
      const chat = await this.list.open({ conversation: message.conversation });
      // Not one of long ago that was edited.
      if (message.id === chat.last?.id && message.edited === undefined) this.#heard(message, chat);
    } catch {
      // It comes with the next snapshot.
    }
  }

  /** The server has it: the tick changes now, the event brings the rest. */
  #sent(item: Item, done: Done): void {
    const chat = this.conversations.get(item.conversation);
    if (item.edits !== undefined) {
      const known = chat?.messages.find((message) => message.id === item.edits);
      if (!known || known.deleted) return;
      const body: Message['body'] = known.body.type === 'objects' ? { ...known.body, blocks: item.blocks } : bodyOf(item);
      chat?.apply({ ...known, body, edited: known.edited ?? known.stamp });
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
