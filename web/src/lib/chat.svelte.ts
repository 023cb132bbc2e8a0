import { SvelteMap } from 'svelte/reactivity';

import type { AccountId } from './api/AccountId.ts';
import type { Conversation } from './api/Conversation.ts';
import type { ConversationKind } from './api/ConversationKind.ts';
import type { Member } from './api/Member.ts';
import type { Message } from './api/Message.ts';
import type { MessageId } from './api/MessageId.ts';
import type { MessagePage } from './api/MessagePage.ts';
import type { Upto } from './api/Upto.ts';

/** Messages asked for at once. */
const PAGE = 50;
/** Messages kept for drawing; what is further away is read again when it is looked at. */
export const WINDOW = 300;
/** The largest number of unread messages that is counted: the server's bound. */
const COUNTED = 1_000;

export type Loading = 'no' | 'newest' | 'earlier' | 'later';

/** One conversation: a window on its messages, and the marks of its members. */
export class Chat {
  readonly id: string;
  kind = $state<ConversationKind>('cast');
  members = $state.raw<readonly Member[]>([]);
  /** The newest message, whether or not it is in the window. */
  last = $state.raw<Message>();
  unread = $state(0);
  /** By stamp, oldest first; a part of the conversation without gaps. */
  messages = $state.raw<readonly Message[]>([]);
  /** Whether the window was ever filled. */
  loaded = $state(false);
  loading = $state<Loading>('no');
  /** What did not load. */
  failed = $state<Loading>('no');
  earlier = $state(false);
  later = $state(false);
  draft = $state('');
  /** The draft as it was when the chat came here. */
  readonly keptDraft: string;
  /** Own message that is being edited. */
  editing = $state<MessageId>();
  /** Where "new since" stands while the conversation is open: the stamp of the last message read before. */
  newSince = $state<number>();
  readonly typing = new SvelteMap<AccountId, number>();

  /** What came by event while a page was on its way: the page may have been read before. */
  #come: readonly Message[] = [];
  readonly #get: <T>(path: string) => Promise<T>;
  readonly #me: AccountId;

  constructor(conversation: Conversation, me: AccountId, get: <T>(path: string) => Promise<T>) {
    this.id = conversation.id;
    this.#me = me;
    this.#get = get;
    this.keptDraft = this.draft = conversation.own.draft ?? '';
    this.update(conversation);
  }

  /** Takes what the server says of the conversation as a whole. */
  update(conversation: Conversation): void {
    this.kind = conversation.kind;
    this.members = conversation.members;
    this.unread = conversation.unread;
    if (conversation.last && conversation.last.stamp >= (this.last?.stamp ?? 0)) this.last = conversation.last;
  }

  /** The other one of two; oneself in the notes to oneself; nobody in a group. */
  get peer(): AccountId | undefined {
    if (this.kind !== 'cast' || this.members.length > 2) return undefined;
    return this.members.find((member) => member.account !== this.#me)?.account ?? this.#me;
  }

  /** Own read mark. */
  get read(): Upto | undefined {
    return this.members.find((member) => member.account === this.#me)?.read;
  }

  /** Everything up to this stamp was read by all others; 0 if not told. */
  get readByOthers(): number {
    return Math.min(...this.#others.map((member) => member.read?.stamp ?? 0));
  }

  /** Everything up to this stamp has reached all others. */
  get deliveredToOthers(): number {
    return Math.min(...this.#others.map((member) => Math.max(member.delivered?.stamp ?? 0, member.read?.stamp ?? 0)));
  }

  get #others(): readonly Member[] {
    const others = this.members.filter((member) => member.account !== this.#me);
    return others.length > 0 ? others : this.members;
  }

  /** Takes a message, new or changed. Says whether it is one that was not there before. */
  apply(message: Message): boolean {
    const isNew = message.stamp > (this.last?.stamp ?? 0);
    if (isNew || message.id === this.last?.id) this.last = newest(this.last, message);
    const change = (known: Message): Message => (known.id === message.id ? newest(known, message) : known);
    this.#come = this.#come.map(change);
    if (isNew && this.loading !== 'no') this.#come = [...this.#come, message];
    if (this.messages.some((known) => known.id === message.id)) this.messages = this.messages.map(change);
    else if (isNew && !this.later && this.loaded) this.messages = [...this.messages, message];
    if (isNew) {
      this.typing.delete(message.author);
      if (message.author === this.#me) this.#ownReadTo(message);
      else if (message.stamp > (this.read?.stamp ?? 0)) this.unread = Math.min(this.unread + 1, COUNTED);
    }
    return isNew;
  }

  /** Takes a read mark; marks only move forward. */
  markRead(account: AccountId, upto: Upto): void {
    if (!this.#move(account, 'read', upto)) return;
    if (account !== this.#me) return;
    if (upto.stamp >= (this.last?.stamp ?? 0)) this.unread = 0;
    else if (this.loaded && !this.later) this.unread = this.#countAfter(upto.stamp);
  }

  /** Takes a mark of what has reached somebody. */
  markDelivered(account: AccountId, upto: Upto): void {
    this.#move(account, 'delivered', upto);
  }

  /** The newest message of somebody else that is not marked as read. */
  get toRead(): Message | undefined {
    const read = this.read?.stamp ?? 0;
    if (this.later) return undefined;
    const message = this.messages.findLast((each) => each.author !== this.#me);
    return message && message.stamp > read ? message : undefined;
  }

  /** Fills the window with the newest messages. */
  async loadNewest(): Promise<void> {
    await this.#page('newest', `limit=${PAGE}`, (page) => this.#fill(page));
  }

  /** Fills the window with what stands around a message. */
  async loadAround(id: MessageId): Promise<void> {
    await this.#page('newest', `around=${encodeURIComponent(id)}&limit=${PAGE}`, (page) => this.#fill(page));
  }

  async loadEarlier(): Promise<void> {
    const first = this.messages[0];
    if (!first || !this.earlier) return;
    await this.#page('earlier', `before=${encodeURIComponent(first.id)}&limit=${PAGE}`, (page) => {
      const joined = merge(page.messages, this.messages);
      this.messages = joined.slice(0, WINDOW);
      this.earlier = page.earlier && page.messages.length > 0;
      if (joined.length > WINDOW) this.later = true;
    });
  }

  async loadLater(): Promise<void> {
    const end = this.messages.at(-1);
    if (!end || !this.later) return;
    await this.#page('later', `after=${encodeURIComponent(end.id)}&limit=${PAGE}`, (page) => {
      const joined = merge(this.messages, page.messages);
      this.messages = joined.slice(-WINDOW);
      this.later = page.later && page.messages.length > 0;
      if (joined.length > WINDOW) this.earlier = true;
    });
  }

  /** Leaves the window to be read again: what it showed may have gaps. */
  forget(): void {
    this.messages = [];
    this.loaded = false;
    this.earlier = false;
    this.later = false;
    this.typing.clear();
  }

  /** Keeps the window small where nobody looks. */
  trim(): void {
    if (this.later || this.messages.length <= WINDOW) return;
    this.messages = this.messages.slice(-WINDOW);
    this.earlier = true;
  }

  /** A window anew. */
  #fill(page: MessagePage): void {
    this.messages = page.messages;
    this.earlier = page.earlier;
    this.later = page.later;
    this.loaded = true;
  }

  async #page(what: Loading, query: string, take: (page: MessagePage) => void): Promise<void> {
    if (this.loading !== 'no') return;
    this.loading = what;
    this.failed = 'no';
    this.#come = [];
    try {
      take(await this.#get<MessagePage>(`/conversations/${encodeURIComponent(this.id)}/messages?${query}`));
      // A window that reaches the end has no gap before what came meanwhile.
      if (!this.later) this.messages = merge(this.messages, this.#come);
    } catch {
      this.failed = what;
    } finally {
      this.loading = 'no';
    }
  }

  #ownReadTo(message: Message): void {
    this.#move(this.#me, 'read', { message: message.id, stamp: message.stamp });
    this.unread = 0;
  }

  #countAfter(stamp: number): number {
    return this.messages.filter((message) => message.stamp > stamp && message.author !== this.#me).length;
  }

  #move(account: AccountId, mark: 'read' | 'delivered', upto: Upto): boolean {
    const member = this.members.find((each) => each.account === account);
    if (!member || upto.stamp <= (member[mark]?.stamp ?? 0)) return false;
    this.members = this.members.map((each) => (each === member ? { ...each, [mark]: upto } : each));
    return true;
  }
}

/** Of two states of one message, the later one; removing is final. */
function newest(known: Message | undefined, message: Message): Message {
  if (!known || known.id !== message.id) return message;
  if (known.deleted && !message.deleted) return known;
  return (message.edited ?? 0) >= (known.edited ?? 0) || message.deleted ? message : known;
}

/** Joins two runs of messages by stamp; where both have one, the latter counts. */
function merge(first: readonly Message[], second: readonly Message[]): Message[] {
  const byId = new Map([...first, ...second].map((message) => [message.id, message]));
  return [...byId.values()].sort((a, b) => a.stamp - b.stamp);
}
